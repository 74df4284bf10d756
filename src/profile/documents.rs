//! Documents that are the same until the settings change, written once.

use std::sync::{Arc, Mutex, PoisonError};

use crate::protocol::{Map, UnixTime};
use crate::world::Settings;

use super::metadata;

/// The most hosts that metadata is kept for; more than a machine and its containers have.
const HOSTS: usize = 16;

/// What was written for one state of the settings.
#[derive(Debug, Default)]
pub struct Documents(Mutex<Written>);

#[derive(Debug, Default)]
struct Written {
    settings: Option<Arc<Settings>>,
    metadata: Vec<(String, Arc<str>)>,
    keys: Option<Arc<str>>,
}

impl Documents {
    /// Discovery as it is seen by this host.
    pub(super) fn metadata(&self, settings: &Arc<Settings>, base: &str) -> Arc<str> {
        let known = self.of(settings, |written| {
            written.metadata.iter().find(|(known, _)| known == base).map(|(_, text)| Arc::clone(text))
        });
        known.unwrap_or_else(|| {
            let text = text(&metadata::document(settings, base));
            self.of(settings, |written| {
                if written.metadata.len() == HOSTS {
                    written.metadata.clear();
                }
                written.metadata.push((base.to_owned(), Arc::clone(&text)));
            });
            text
        })
    }

    /// The key set. While a key is on its way out the set depends on the time, and is written anew.
    pub(super) fn keys(&self, settings: &Arc<Settings>, now: UnixTime) -> Arc<str> {
        if settings.keys.changes_with_time() {
            return text(&settings.keys.jwks(now));
        }
        let known = self.of(settings, |written| written.keys.clone());
        known.unwrap_or_else(|| {
            let text = text(&settings.keys.jwks(now));
            self.of(settings, |written| written.keys = Some(Arc::clone(&text)));
            text
        })
    }

    /// What is written for these very settings; nothing, if they are others than before.
    fn of<T>(&self, settings: &Arc<Settings>, act: impl FnOnce(&mut Written) -> T) -> T {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !written.settings.as_ref().is_some_and(|known| Arc::ptr_eq(known, settings)) {
            *written = Written { settings: Some(Arc::clone(settings)), ..Written::default() };
        }
        act(&mut written)
    }
}

fn text(members: &Map) -> Arc<str> {
    serde_json::to_string(members).expect("a JSON object can always be written").into()
}
