//! `standin check`: is this configuration right?

use std::path::PathBuf;

use super::sources::Text;
use super::{Exit, print};

/// Reads the configuration as a start would, and says what is in it.
pub(super) fn check(file: Option<PathBuf>) -> Result<(), Exit> {
    let text = Text::find(file)?;
    let config = text.read()?;
    let (users, clients) = (config.people().len(), config.client.len());
    let examples = if config.user.is_none() { " (the examples)" } else { "" };
    let open = if clients == 0 && !config.strict { ", so any client is accepted" } else { "" };
    print(&format!("{} is fine: {users} users{examples}, {clients} clients{open}", text.source()))
}
