//! Which browser is this? A cookie answers, and that is all it does: who is signed in is the realm's to know.

use std::sync::Arc;

use async_trait::async_trait;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record as CookieRecord};
use tower_sessions::session_store::{Error, Result as StoreResult};
use tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore};

use crate::protocol::{BrowserId, Lifetime};
use crate::realm::Realm;
use crate::world::{Endpoint, Record, RecordKey, Settings, Versioned};

const BROWSER: &str = "browser";

/// Which browser a cookie stood for before its sign-in replaced it: a form that is posted twice shows it the second time.
const FORMER: &str = "former_browser";

/// How long a cookie is known that was replaced.
const REPLACED: Lifetime = Lifetime::of_seconds(60);

/// How long a browser is remembered that does nothing. The cookie itself ends with the browser.
const REMEMBERED: Lifetime = Lifetime::of_seconds(30 * 86_400);

/// The layer that reads and sets the cookie.
pub(in crate::http) fn cookies(realm: &Arc<Realm>, settings: &Settings) -> SessionManagerLayer<Cookies> {
    let https = settings.issuer.starts_with("https:");
    let path = settings.root_path().to_owned();
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
    let port = settings.root.authority.rsplit_once(':').map_or("", |(_, port)| port);
    let guest = if realm.settings().issuer == settings.issuer { "" } else { realm.name() };
    let parts = [port, settings.root_path().trim_start_matches('/'), guest];
    let parts = parts.into_iter().filter(|part| !part.is_empty()).map(|part| part.replace('/', "."));
    std::iter::once("standin".to_owned()).chain(parts).collect::<Vec<_>>().join("-")
}

/// The name of the cookie by which apps watch the sign-in, which scripts can read.
pub(in crate::http) fn state_cookie(realm: &Realm, settings: &Settings) -> String {
    format!("{}-state", cookie_name(realm, settings))
}

/// The browser of a request, and whether it is known by a cookie that was replaced since. One that was never seen gets a name where a page
/// is about to be shown to it.
pub(in crate::http) async fn of(
    realm: &Realm,
    endpoint: Endpoint,
    session: Option<&Session>,
) -> (Option<BrowserId>, bool) {
    let Some(session) = session else { return (None, false) };
    if let Ok(Some(known)) = session.get::<BrowserId>(BROWSER).await {
        return (Some(known), false);
    }
    if !matches!(endpoint, Endpoint::Authorize | Endpoint::EndSession) {
        let former = session.get::<BrowserId>(FORMER).await.ok().flatten();
        return (former.clone(), former.is_some());
    }
    let new: BrowserId = realm.entropy().draw().secret().into();
    (session.insert(BROWSER, &new).await.ok().map(|()| new), false)
}

/// Gives the browser a new cookie: whoever planted one before the sign-in must not share it afterwards. `former` is the browser, if it
/// showed a cookie that was replaced before.
pub(in crate::http) async fn renew(session: &Session, former: Option<&BrowserId>) {
    if let Some(browser) = former {
        let _ = session.remove::<BrowserId>(FORMER).await;
        let _ = session.insert(BROWSER, browser).await;
    }
    let _ = session.cycle_id().await;
}

/// Cookies are kept where every other record is, by the realm's clock.
#[derive(Clone, Debug)]
pub(in crate::http) struct Cookies(Arc<Realm>);

impl Cookies {
    async fn seen(&self, key: &RecordKey) -> StoreResult<Versioned> {
        let loaded = self.0.store().load(std::slice::from_ref(key), self.0.now()).await;
        Ok(loaded.map_err(|e| Error::Backend(e.to_string()))?.pop().unwrap_or_default())
    }

    /// Writes what `change` makes of what is there; `seen` is that, as far as it is known. Two requests of one browser may write its
    /// cookie at once; they write the same browser's name.
    async fn write(
        &self,
        id: Id,
        mut seen: Versioned,
        change: impl Fn(&Versioned) -> Option<String> + Send + Sync,
        kept: Lifetime,
    ) -> StoreResult<()> {
        let (now, key) = (self.0.now(), key(&id));
        for _ in 0..8 {
            let record = change(&seen).map(|contents| Arc::new(Record::from(contents)));
            let changes = vec![(key.clone(), seen.version, (record, now.plus(kept)))];
            if self.0.store().commit(changes, now).await.map_err(|e| Error::Backend(e.to_string()))? {
                return Ok(());
            }
            seen = self.seen(&key).await?;
        }
        Err(Error::Backend("the cookie's record keeps changing".into()))
    }
}

fn key(id: &Id) -> RecordKey {
    RecordKey::Cookie(id.to_string())
}

/// The record of a cookie that is replaced: it opens nothing any more, but which browser it stood for is known a little longer.
fn replaced(seen: &Versioned) -> Option<String> {
    let Some(Record::Cookie(text)) = seen.record.as_deref() else { return None };
    let mut record: CookieRecord = serde_json::from_str(text).ok()?;
    let browser = record.data.remove(BROWSER).or_else(|| record.data.remove(FORMER))?;
    record.data = std::iter::once((FORMER.to_owned(), browser)).collect();
    contents(&record).ok()
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
        let text = contents(record)?;
        // A name that chance has just made is nobody's.
        self.write(record.id, Versioned::default(), |_| Some(text.clone()), REMEMBERED).await
    }

    async fn save(&self, record: &CookieRecord) -> StoreResult<()> {
        let text = contents(record)?;
        self.write(record.id, self.seen(&key(&record.id)).await?, |_| Some(text.clone()), REMEMBERED).await
    }

    async fn load(&self, id: &Id) -> StoreResult<Option<CookieRecord>> {
        match self.seen(&key(id)).await?.record.as_deref() {
            Some(Record::Cookie(text)) => {
                serde_json::from_str(text).map(Some).map_err(|e| Error::Decode(e.to_string()))
            }
            _ => Ok(None),
        }
    }

    async fn delete(&self, id: &Id) -> StoreResult<()> {
        self.write(*id, self.seen(&key(id)).await?, replaced, REPLACED).await
    }
}
