//! Which browser is this? A cookie answers, and that is all it does: who is signed in is the realm's to know.

use std::sync::Arc;

use async_trait::async_trait;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record as CookieRecord};
use tower_sessions::session_store::{Error, Result as StoreResult};
use tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore};

use crate::protocol::{BrowserId, Lifetime};
use crate::realm::Realm;
use crate::world::{Endpoint, Name, Record, Settings};

const BROWSER: &str = "browser";

/// How long a browser is remembered that does nothing. The cookie itself ends with the browser.
const REMEMBERED: Lifetime = Lifetime::of_seconds(30 * 86_400);

/// The layer that reads and sets the cookie.
pub(in crate::http) fn cookies(realm: &Arc<Realm>, settings: &Settings) -> SessionManagerLayer<Cookies> {
    let https = settings.issuer.starts_with("https:");
    let path = settings.issuer_path().to_owned();
    SessionManagerLayer::new(Cookies(Arc::clone(realm)))
        .with_name(cookie_name(realm, settings))
        .with_path(if path.is_empty() { "/".to_owned() } else { path })
        // Strict would lose the sign-in on the way from the app; None is only for https, where hidden frames can use it.
        .with_same_site(if https { SameSite::None } else { SameSite::Lax })
        .with_secure(https)
        .with_expiry(Expiry::OnSessionEnd)
}

/// Cookies do not keep the ports of one host apart, nor does a path keep out those of the paths above it, so the name does both: two
/// providers on one machine must not sign each other out. A realm that answers in another's name has a cookie of its own as well.
pub(in crate::http) fn cookie_name(realm: &Realm, settings: &Settings) -> String {
    let port = settings.place.authority.rsplit_once(':').map_or("", |(_, port)| port);
    let guest = if realm.settings().issuer == settings.issuer { "" } else { realm.name() };
    let parts = [port, settings.issuer_path().trim_start_matches('/'), guest];
    let parts = parts.into_iter().filter(|part| !part.is_empty()).map(|part| part.replace('/', "."));
    std::iter::once("standin".to_owned()).chain(parts).collect::<Vec<_>>().join("-")
}

/// The browser of a request. One that was never seen gets a name where a page is about to be shown to it.
pub(in crate::http) async fn of(realm: &Realm, endpoint: Endpoint, session: Option<&Session>) -> Option<BrowserId> {
    let session = session?;
    if let Ok(Some(known)) = session.get::<BrowserId>(BROWSER).await {
        return Some(known);
    }
    if !matches!(endpoint, Endpoint::Authorize | Endpoint::EndSession) {
        return None;
    }
    let new: BrowserId = realm.entropy().draw().secret().into();
    session.insert(BROWSER, &new).await.ok().map(|()| new)
}

/// Cookies are kept where every other record is, by the realm's clock.
#[derive(Clone, Debug)]
pub(in crate::http) struct Cookies(Arc<Realm>);

impl Cookies {
    async fn write(&self, id: Id, contents: Option<String>) -> StoreResult<()> {
        let (now, name) = (self.0.now(), Name::Cookie(id.to_string()));
        let failed = |e: crate::store::Unavailable| Error::Backend(e.to_string());
        // Two requests of one browser may write its cookie at once; they write the same browser's name.
        for _ in 0..8 {
            let seen = self.0.store().load(std::slice::from_ref(&name), now).await.map_err(failed)?;
            let seen = seen.first().map_or(0, |versioned| versioned.version);
            let record = contents.clone().map(|contents| Arc::new(Record::from(contents)));
            let change = (record, now.plus(REMEMBERED));
            if self.0.store().commit(vec![(name.clone(), seen, change)], now).await.map_err(failed)? {
                return Ok(());
            }
        }
        Err(Error::Backend("the cookie's record keeps changing".into()))
    }
}

fn contents(record: &CookieRecord) -> StoreResult<String> {
    serde_json::to_string(record).map_err(|e| Error::Encode(e.to_string()))
}

#[async_trait]
impl SessionStore for Cookies {
    /// The id comes from the realm's entropy, so that a seeded run repeats it.
    async fn create(&self, record: &mut CookieRecord) -> StoreResult<()> {
        let drawn = self.0.entropy().draw().bytes();
        record.id = Id(i128::from_be_bytes(std::array::from_fn(|at| drawn[at])));
        self.write(record.id, Some(contents(record)?)).await
    }

    async fn save(&self, record: &CookieRecord) -> StoreResult<()> {
        self.write(record.id, Some(contents(record)?)).await
    }

    async fn load(&self, id: &Id) -> StoreResult<Option<CookieRecord>> {
        let name = Name::Cookie(id.to_string());
        let loaded = self.0.store().load(&[name], self.0.now()).await.map_err(|e| Error::Backend(e.to_string()))?;
        match loaded.into_iter().next().and_then(|versioned| versioned.record).as_deref() {
            Some(Record::Cookie(text)) => {
                serde_json::from_str(text).map(Some).map_err(|e| Error::Decode(e.to_string()))
            }
            _ => Ok(None),
        }
    }

    async fn delete(&self, id: &Id) -> StoreResult<()> {
        self.write(*id, None).await
    }
}
