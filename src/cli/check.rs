//! `standin check`: is this configuration right?

use std::path::PathBuf;

use serde_json::json;

use crate::config::{Config, Note};
use crate::profile::Profile;

use super::exit::Exit;
use super::output::print;
use super::sources::Text;

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
        let notes: Vec<String> = notes(&config).iter().map(ToString::to_string).collect();
        let told = json!({
            "ok": true, "source": text.source(), "users": users, "clients": clients, "realms": config.realm.len(), "notes": notes,
        });
        return print(&told.to_string());
    }
    print(&format!("{}: no mistakes, {}", text.source(), summary(&config)))?;
    notes(&config).iter().try_for_each(|note| print(&format!("note: {note}")))
}

/// What is odd about a configuration, those of its realms included.
pub(super) fn notes(config: &Config) -> Vec<Note> {
    let Ok(profile) = Profile::named(config.profile.as_deref()) else { return Vec::new() };
    let scopes = profile.scopes_with(&config.scopes);
    let of_realms = config.realm.iter().flat_map(|realm| realm.notes(&scopes));
    config.notes(&scopes).into_iter().chain(of_realms).collect()
}

/// What is in a configuration, in a line.
pub(super) fn summary(config: &Config) -> String {
    let counted = |count: usize, what: &str| if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") };
    let examples = if config.user.is_none() { " (the examples)" } else { "" };
    let open = if config.client.is_empty() && !config.strict { ", so any client is accepted" } else { "" };
    format!("{}{examples}, {}{open}", counted(config.people().len(), "user"), counted(config.client.len(), "client"))
}
