//! Who holds a port.

use std::fs;
use std::path::Path;

/// Name and number of the process that listens on a port of this machine, where the system tells.
pub(super) fn holder(port: u16) -> Option<String> {
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"].into_iter().find_map(|table| listening_inode(table, port))?;
    let wanted = format!("socket:[{inode}]");
    for process in fs::read_dir("/proc").ok()?.flatten() {
        let number = process.file_name();
        let number = number.to_string_lossy();
        if number.bytes().all(|b| b.is_ascii_digit()) && has_open(&process.path(), &wanted) {
            let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!("{} (process {number})", name.trim()));
        }
    }
    None
}

fn has_open(process: &Path, wanted: &str) -> bool {
    let Ok(files) = fs::read_dir(process.join("fd")) else { return false };
    files.flatten().any(|file| fs::read_link(file.path()).is_ok_and(|link| link.to_string_lossy() == wanted))
}

/// Columns of the kernel's table: local address as `hex:hex` in the second, state in the fourth (`0A` is listening),
/// inode in the tenth.
fn listening_inode(table: &str, port: u16) -> Option<String> {
    let text = fs::read_to_string(table).ok()?;
    text.lines().skip(1).find_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let local = columns.get(1)?.rsplit(':').next()?;
        let listens = u16::from_str_radix(local, 16) == Ok(port) && columns.get(3) == Some(&"0A");
        listens.then(|| columns.get(9).map(|inode| (*inode).to_owned()))?
    })
}
