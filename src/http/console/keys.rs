//! The keys: which signs, which are still published, and until when.

use askama::Template;
use axum::response::Response;

use crate::realm::{Event, KeyView};
use crate::tokens::KeyState;

use super::frame::{Frame, Visit, page, span};

#[derive(Template)]
#[template(path = "console/keys.html")]
struct Keys<'a> {
    frame: Frame<'a>,
    published: Vec<KeyView>,
    /// When an app read the key set last: the exchange's number.
    read: Option<u64>,
}

impl Keys<'_> {
    /// What a key still verifies.
    fn verifies(&self, key: &KeyView) -> String {
        match (key.state, key.published_until) {
            (KeyState::Signing, _) => "signs what is signed by its algorithms, and verifies that".to_owned(),
            (KeyState::Announced, _) => "signs nothing yet; apps can learn it before the rotation".to_owned(),
            (KeyState::Retired, Some(until)) => {
                format!("signs no more; verifies older tokens for another {}", span(until.since(self.frame.now).max(0)))
            }
            (KeyState::Retired, None) => "signs no more; verifies older tokens".to_owned(),
        }
    }
}

/// The list.
pub(super) async fn keys(visit: &Visit<'_>) -> Response {
    let entries = visit.realm.journal().entries();
    let read = entries.iter().rev().find(|entry| entry.events.contains(&Event::KeysRead)).map(|entry| entry.number);
    page(&Keys { frame: visit.frame("keys"), published: visit.realm.keys(), read })
}
