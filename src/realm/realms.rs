//! Several providers behind one door.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::faults::Fault;
use crate::protocol::nearest::closeness;
use crate::protocol::{Lifetime, UnixTime};
use crate::world::Clock;

use super::Realm;

/// Where a realm is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mount {
    /// Below a path of whatever host name the server has, such as `/r/worker-3`.
    Path(String),
    /// At a host name of its own, with or without a path.
    Host {
        /// Host and port, as the `Host` header says it.
        authority: String,
        /// The path, without `/` at its end.
        path: String,
    },
    /// On a port of its own.
    Port(u16),
}

/// A realm that is not the first one.
struct Named {
    realm: Arc<Realm>,
    mount: Mount,
    /// Until when, by the machine's clock.
    until: Option<UnixTime>,
    /// Whatever must end with the realm, such as the server of its port.
    _guard: Option<CloseGuard>,
}

/// Something that ends when it is dropped.
pub type CloseGuard = Box<dyn Any + Send + Sync>;

/// What a path leads to.
#[derive(Debug)]
pub enum Resolved {
    /// A realm.
    Here(Arc<Realm>),
    /// No realm of this name.
    Unknown(String),
}

/// Why a realm was not opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotOpened {
    /// There is one of this name.
    Taken,
    /// There is one at this place, of this name.
    PlaceTaken(String),
    /// There are too many.
    Full,
}

/// Every realm of one server.
pub struct Realms {
    /// The one at the root, which is always there.
    pub root: Arc<Realm>,
    named: RwLock<BTreeMap<String, Named>>,
    /// Ports that realms had once: their servers need a moment to leave them.
    left: Mutex<BTreeSet<u16>>,
}

impl Realms {
    /// The most realms beside the root.
    pub const MOST: usize = 4_000;

    /// A server with one realm.
    pub fn new(root: Arc<Realm>) -> Self {
        Self { root, named: RwLock::default(), left: Mutex::default() }
    }

    /// Opens a realm.
    pub fn open(
        &self,
        realm: Arc<Realm>,
        (mount, guard): (Mount, Option<CloseGuard>),
        ttl: Option<Lifetime>,
    ) -> Result<(), NotOpened> {
        self.forget_expired();
        let now = Clock::default().now();
        let mut named = self.named.write().unwrap_or_else(PoisonError::into_inner);
        if named.contains_key(realm.name()) {
            return Err(NotOpened::Taken);
        }
        if let Some((name, _)) = named.iter().find(|(_, other)| other.mount == mount) {
            return Err(NotOpened::PlaceTaken(name.clone()));
        }
        if named.len() >= Self::MOST {
            return Err(NotOpened::Full);
        }
        let until = ttl.map(|ttl| now.plus(ttl));
        named.insert(realm.name().to_owned(), Named { realm, mount, until, _guard: guard });
        Ok(())
    }

    /// Closes the realms whose time is over; how many there were.
    pub fn forget_expired(&self) -> usize {
        let mut named = self.named.write().unwrap_or_else(PoisonError::into_inner);
        let over: Vec<String> =
            named.iter().filter(|(_, named)| !named.lives()).map(|(name, _)| name.clone()).collect();
        over.iter().filter_map(|name| named.remove(name)).for_each(|named| self.ended(&named));
        over.len()
    }

    /// Closes a realm, with everything in it. `false` if there is none of this name.
    pub fn close(&self, name: &str) -> bool {
        let closed = self.named.write().unwrap_or_else(PoisonError::into_inner).remove(name);
        closed.inspect(|named| self.ended(named)).is_some_and(|named| named.lives())
    }

    fn ended(&self, named: &Named) {
        named.realm.journal.end();
        if let Mount::Port(port) = named.mount {
            self.left.lock().unwrap_or_else(PoisonError::into_inner).insert(port);
        }
    }

    /// Whether a realm had this port, so that it may be free in a moment.
    pub fn was_left(&self, port: u16) -> bool {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).contains(&port)
    }

    /// Closes every realm but the root.
    pub fn close_all(&self) {
        self.named.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Whether there is none but the root.
    pub fn is_single(&self) -> bool {
        self.with(BTreeMap::is_empty)
    }

    /// The realm of this name; the root is called `default`.
    pub fn get(&self, name: &str) -> Option<Arc<Realm>> {
        if name == self.root.name() {
            return Some(Arc::clone(&self.root));
        }
        self.with(|named| named.get(name).filter(|named| named.lives()).map(|named| Arc::clone(&named.realm)))
    }

    /// The other issuer of a mix-up, for a fault in `realm`; or what is wrong: the field and a sentence.
    pub fn resolve(&self, realm: &Realm, mut fault: Fault) -> Result<Fault, (&'static str, String)> {
        let other = match fault.with.realm.take() {
            Some(name) => {
                let near = self.near(&name).join(", ");
                let hint = if near.is_empty() { String::new() } else { format!("; did you mean {near}?") };
                Some(self.get(&name).ok_or_else(|| ("with.realm", format!("there is no realm `{name}`{hint}")))?)
            }
            None if fault.name.starts_with("mix.") && realm.name() != self.root.name() => Some(Arc::clone(&self.root)),
            None => None,
        };
        if let Some(other) = other {
            fault.with.issuer = Some(other.settings().issuer.clone());
        }
        Ok(fault)
    }

    /// Every realm, the first one included.
    pub fn all(&self) -> Vec<Arc<Realm>> {
        let others = self.list().into_iter().map(|(realm, ..)| realm);
        std::iter::once(Arc::clone(&self.root)).chain(others).collect()
    }

    /// Every realm but the root, with its place and until when it is open, by the machine's clock.
    pub fn list(&self) -> Vec<(Arc<Realm>, Mount, Option<UnixTime>)> {
        self.with(|named| {
            let open = named.values().filter(|named| named.lives());
            open.map(|named| (Arc::clone(&named.realm), named.mount.clone(), named.until)).collect()
        })
    }

    /// Names that are near to one that nobody has.
    pub fn near(&self, name: &str) -> Vec<String> {
        // No name is as long; comparing would cost more than it helps.
        if name.len() > 120 {
            return Vec::new();
        }
        let score = |known: &String| closeness(known, name);
        let mut scored: Vec<(f64, String)> = self.with(|named| {
            let open = named.iter().filter(|(_, named)| named.lives());
            open.map(|(known, _)| (score(known), known.clone())).filter(|(score, _)| *score > 0.5).collect()
        });
        scored.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        scored.into_iter().take(3).map(|(_, name)| name).collect()
    }

    /// What a request leads to, by the port that it came to, its `Host` and its path.
    pub fn find(&self, port: Option<u16>, host: &str, path: &str) -> Resolved {
        self.with(|named| {
            if named.is_empty() && port.is_none() {
                return self.at_root(path);
            }
            if let Some(port) = port {
                let own = named.values().find(|named| named.mount == Mount::Port(port) && named.lives());
                return own.map_or_else(
                    || Resolved::Unknown(format!("on port {port}")),
                    |named| Resolved::Here(Arc::clone(&named.realm)),
                );
            }
            by_path(named, path).or_else(|| by_host(named, host, path)).unwrap_or_else(|| self.at_root(path))
        })
    }

    fn at_root(&self, path: &str) -> Resolved {
        match path.strip_prefix("/r/") {
            Some(rest) if !self.root.settings().root_path().starts_with("/r/") => {
                let name = rest.split('/').next().unwrap_or_default();
                Resolved::Unknown(name.to_owned())
            }
            _ => Resolved::Here(Arc::clone(&self.root)),
        }
    }

    fn with<T>(&self, look: impl FnOnce(&BTreeMap<String, Named>) -> T) -> T {
        look(&self.named.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Realms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Realms").field("root", &self.root).finish_non_exhaustive()
    }
}

impl Named {
    fn lives(&self) -> bool {
        self.until.is_none_or(|until| Clock::default().now() < until)
    }
}

/// The realm at `/r/{name}`, the longest name that fits, or at a path of its own.
fn by_path(named: &BTreeMap<String, Named>, path: &str) -> Option<Resolved> {
    let here = |named: &Named| named.lives().then(|| Resolved::Here(Arc::clone(&named.realm)));
    if let Some(rest) = path.strip_prefix("/r/") {
        let ends = rest.match_indices('/').map(|(at, _)| at).chain([rest.len()]);
        let mut fitting = ends.filter_map(|end| {
            let name = &rest[..end];
            let named = named.get(name).filter(|named| named.mount == Mount::Path(format!("/r/{name}")))?;
            here(named)
        });
        if let Some(found) = fitting.next_back() {
            return Some(found);
        }
    }
    let fitting = named.values().filter_map(|named| match &named.mount {
        Mount::Path(own) if !own.starts_with("/r/") && is_below(path, own) => Some((own.len(), named)),
        _ => None,
    });
    fitting.max_by_key(|(length, _)| *length).and_then(|(_, named)| here(named))
}

fn by_host(named: &BTreeMap<String, Named>, host: &str, path: &str) -> Option<Resolved> {
    let fitting = named.values().filter_map(|named| match &named.mount {
        Mount::Host { authority, path: own } if authority.eq_ignore_ascii_case(host) && is_below(path, own) => {
            Some((own.len(), named))
        }
        _ => None,
    });
    let (_, named) = fitting.filter(|(_, named)| named.lives()).max_by_key(|(length, _)| *length)?;
    Some(Resolved::Here(Arc::clone(&named.realm)))
}

fn is_below(path: &str, own: &str) -> bool {
    path.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
