//! `standin check`: is this configuration right?

use std::path::PathBuf;

use serde_json::json;

use crate::config::Config;

use super::sources::Text;
use super::{Exit, print};

/// Reads the configuration as a start would, and says what is in it.
pub(super) fn check(file: Option<PathBuf>, as_json: bool) -> Result<(), Exit> {
    let text = Text::find(file)?;
    let config = match text.read() {
        Ok(config) => config,
        Err(mistake) if as_json => {
            let at = mistake.at.map(|(line, column)| json!({ "line": line, "column": column }));
            let told =
                json!({ "ok": false, "source": mistake.source, "at": at, "what": mistake.what, "help": mistake.help });
            print(&told.to_string())?;
            return Err(mistake.into());
        }
        Err(mistake) => return Err(mistake.into()),
    };
    if as_json {
        let (users, clients) = (config.people().len(), config.client.len());
        let told = json!({ "ok": true, "source": text.source(), "users": users, "clients": clients, "realms": config.realm.len() });
        return print(&told.to_string());
    }
    print(&format!("{}: no mistakes, {}", text.source(), summary(&config)))
}

/// What is in a configuration, in a line.
pub(super) fn summary(config: &Config) -> String {
    let counted = |count: usize, what: &str| if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") };
    let examples = if config.user.is_none() { " (the examples)" } else { "" };
    let open = if config.client.is_empty() && !config.strict { ", so any client is accepted" } else { "" };
    format!("{}{examples}, {}{open}", counted(config.people().len(), "user"), counted(config.client.len(), "client"))
}
