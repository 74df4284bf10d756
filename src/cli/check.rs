//! `standin check`: is this configuration right?

use std::path::PathBuf;

use crate::config::Config;

use super::sources::Text;
use super::{Exit, print};

/// Reads the configuration as a start would, and says what is in it.
pub(super) fn check(file: Option<PathBuf>) -> Result<(), Exit> {
    let text = Text::find(file)?;
    let config = text.read()?;
    print(&format!("{}: no mistakes, {}", text.source(), summary(&config)))
}

/// What is in a configuration, in a line.
pub(super) fn summary(config: &Config) -> String {
    let counted = |count: usize, what: &str| if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") };
    let examples = if config.user.is_none() { " (the examples)" } else { "" };
    let open = if config.client.is_empty() && !config.strict { ", so any client is accepted" } else { "" };
    format!("{}{examples}, {}{open}", counted(config.people().len(), "user"), counted(config.client.len(), "client"))
}
