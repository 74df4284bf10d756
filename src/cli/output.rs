//! What is printed.

use std::io;

use super::exit::Exit;

/// Prints a line. Whoever closed the pipe has read enough.
pub(super) fn print(text: &str) -> Result<(), Exit> {
    use std::io::Write as _;
    match writeln!(io::stdout(), "{text}") {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(Exit::failed(format!("cannot print: {e}"))),
        _ => Ok(()),
    }
}
