//! The log, on stderr: every refusal with its reason. `STANDIN_LOG=debug` shows every exchange.

use std::io::{self, IsTerminal as _};

use tracing::level_filters::LevelFilter;

use super::Exit;
use super::sources::variable;

/// Starts logging.
pub(super) fn start(json: bool) -> Result<(), Exit> {
    let level = match variable("STANDIN_LOG")?.as_deref() {
        None => LevelFilter::WARN,
        Some(word) => word.parse().map_err(|_| {
            Exit::config(format!("STANDIN_LOG is `{word}`; it can be off, error, warn, info, debug or trace"))
        })?,
    };
    // `NO_COLOR` counts if it is there at all and not empty, see <https://no-color.org>.
    let colour = io::stderr().is_terminal() && variable("NO_COLOR")?.is_none();
    let log = tracing_subscriber::fmt().with_max_level(level).with_writer(io::stderr).with_ansi(colour).without_time();
    if json {
        log.json().init();
    } else {
        log.with_target(false).init();
    }
    Ok(())
}
