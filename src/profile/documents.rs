//! Documents that are the same until the settings change, written once.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::protocol::{Map, UnixTime};
use crate::world::{AccessToken, Grant, Settings, UserInfo};

use super::metadata;

/// The most hosts that metadata is kept for; more than a machine and its containers have.
const HOSTS: usize = 16;

/// The most answers of UserInfo that are kept: as many as there are pairs of person and app that a run of tests asks about.
const ANSWERS: usize = 64;

/// What was written for one state of the settings.
#[derive(Debug, Default)]
pub(crate) struct Documents(Mutex<Written>);

#[derive(Debug, Default)]
struct Written {
    settings: Option<Arc<Settings>>,
    metadata: Vec<(String, Bytes)>,
    keys: Option<Bytes>,
    userinfo: Vec<Said>,
}

/// What UserInfo said on a token.
#[derive(Debug)]
struct Said {
    grant: Arc<Grant>,
    access: Arc<AccessToken>,
    text: Bytes,
}

impl Said {
    /// Whether the same is to be said again: by the same settings, and about the person as the configuration has them.
    fn fits(&self, info: &UserInfo) -> bool {
        let (one, other) = (&self.grant, &info.grant);
        one.person.sub == other.person.sub
            && one.client == other.client
            && self.access.scopes == info.access.scopes
            && one.claims.userinfo == other.claims.userinfo
            && one.claims.locales == other.claims.locales
    }
}

impl Documents {
    /// Discovery as it is seen by this host.
    pub(super) fn metadata(&self, settings: &Arc<Settings>, base: &str) -> Bytes {
        let known = self.of(settings, |written| {
            written.metadata.iter().find(|(known, _)| known == base).map(|(_, text)| text.clone())
        });
        known.unwrap_or_else(|| {
            let text = text(&metadata::document(settings, base));
            self.of(settings, |written| {
                if written.metadata.len() == HOSTS {
                    written.metadata.clear();
                }
                written.metadata.push((base.to_owned(), text.clone()));
            });
            text
        })
    }

    /// The key set. While a key is on its way out the set depends on the time, and is written anew.
    pub(super) fn keys(&self, settings: &Arc<Settings>, now: UnixTime) -> Bytes {
        if settings.keys.changes_with_time() {
            return text(&settings.keys.jwks_for(now, |alg| settings.signs_by(alg), |alg| settings.encrypted_by(alg)));
        }
        let known = self.of(settings, |written| written.keys.clone());
        known.unwrap_or_else(|| {
            let text =
                text(&settings.keys.jwks_for(now, |alg| settings.signs_by(alg), |alg| settings.encrypted_by(alg)));
            self.of(settings, |written| written.keys = Some(text.clone()));
            text
        })
    }

    /// What UserInfo says, which tests and apps ask again and again.
    pub(super) fn userinfo(&self, settings: &Arc<Settings>, info: &UserInfo, write: impl FnOnce() -> Vec<u8>) -> Bytes {
        if info.grant.person.claims.is_some() {
            return write().into();
        }
        let known = self
            .of(settings, |written| written.userinfo.iter().find(|said| said.fits(info)).map(|said| said.text.clone()));
        known.unwrap_or_else(|| {
            let text = Bytes::from(write());
            self.of(settings, |written| {
                if written.userinfo.len() == ANSWERS {
                    written.userinfo.clear();
                }
                let (grant, access) = (Arc::clone(&info.grant), Arc::clone(&info.access));
                written.userinfo.push(Said { grant, access, text: text.clone() });
            });
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

fn text(members: &Map) -> Bytes {
    serde_json::to_string(members).expect("a JSON object can always be written").into()
}
