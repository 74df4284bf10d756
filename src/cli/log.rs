//! The log, on stderr: every refusal with its reason, as a warning unless it was wished for. `STANDIN_LOG=debug` shows every exchange.

use std::io::{self, IsTerminal as _};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use super::exit::Exit;
use super::sources::variable;

/// The time of the day, in UTC: what happened long ago is in the journal.
struct Clock;

impl FormatTime for Clock {
    fn format_time(&self, w: &mut Writer<'_>) -> std::fmt::Result {
        let seconds = crate::world::Clock::default().now().0.rem_euclid(86_400);
        write!(w, "{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
    }
}

/// Starts logging.
pub(super) fn start(json: bool) -> Result<(), Exit> {
    let level = match variable("STANDIN_LOG")?.as_deref() {
        None => LevelFilter::INFO,
        Some(word) => word.parse().map_err(|_| {
            Exit::config(format!("STANDIN_LOG is `{word}`; it can be off, error, warn, info, debug or trace"))
        })?,
    };
    // `NO_COLOR` counts if it is there at all and not empty, see <https://no-color.org>.
    let colour = io::stderr().is_terminal() && variable("NO_COLOR")?.is_none();
    let log =
        tracing_subscriber::fmt().with_max_level(level).with_writer(io::stderr).with_ansi(colour).with_timer(Clock);
    if json {
        log.json().init();
    } else {
        log.with_target(false).init();
    }
    Ok(())
}
