//! A shell script that sends the same requests again.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::realm::Entry;
use crate::world::Endpoint;

/// Headers that curl writes itself, or that belong to one connection.
const LEFT_OUT: [&str; 5] = ["host", "content-length", "connection", "accept-encoding", "user-agent"];

/// The exchanges as a script for `sh`. It holds the secrets that were sent.
pub fn curl(base: &str, entries: &[Arc<Entry>]) -> String {
    let mut text = "#!/bin/sh\n# Sends the same requests again, with the secrets that were sent. Codes and refresh tokens are used up.\nset -eu\n".to_owned();
    let _ = writeln!(text, "STANDIN_URL=${{STANDIN_URL:-{}}}", quoted(base));
    for entry in entries {
        // What this provider sent itself is nobody's to send again.
        let own = entry.endpoint == Endpoint::BackChannelLogout;
        let Some(wire) = entry.wire.as_ref().filter(|_| !own) else { continue };
        let head = wire.request.head_text();
        let mut lines = head.lines();
        let mut first = lines.next().unwrap_or_default().split(' ');
        let (method, target) = (first.next().unwrap_or("GET"), first.next().unwrap_or("/"));
        // An API that told of its calls is somewhere else.
        let base = if target.starts_with("http") { "" } else { "\"$STANDIN_URL\"" };
        let (number, status) = (entry.number, entry.status);
        let _ = write!(text, "\n# #{number} → {status}\ncurl -sS -i -X {} {base}{}", quoted(method), quoted(target));
        let headers = lines.filter_map(|line| line.split_once(": "));
        for (name, value) in headers.filter(|(name, _)| !LEFT_OUT.contains(&name.to_ascii_lowercase().as_str())) {
            let _ = write!(text, " \\\n  -H {}", quoted(&format!("{name}: {value}")));
        }
        if !wire.request.body.is_empty() {
            let _ = write!(text, " \\\n  --data-raw {}", quoted(&String::from_utf8_lossy(&wire.request.body)));
        }
        text.push('\n');
    }
    text
}

/// One word for the shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
