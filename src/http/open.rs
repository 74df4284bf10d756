//! Opening realms while the server runs: at a path, at a host name, on a port.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use std::{io, thread};

use crate::config::{Config, wrong_name};
use crate::protocol::Lifetime;
use crate::realm::{CloseGuard, Mount, NotOpened, Realm, RealmOptions, Remembered};
use crate::store::Room;

use super::realm_error::RealmError;
use super::state::AppState;
use super::{App, Server};

impl AppState {
    /// Opens a realm: `own` is what it has of its own, the rest is the first realm's.
    pub fn open(self: &Arc<Self>, own: &Config, ttl: Option<Lifetime>) -> Result<Arc<Realm>, RealmError> {
        let name = own.name.clone().unwrap_or_default();
        if let Some(why) = wrong_name(&name) {
            return Err(RealmError::Name(format!("`{name}` {why}")));
        }
        let root = self.realms.root.settings();
        let whole = self.realms.root.config().of_realm(own);
        let (issuer, mount, listener) = self.place(&name, &whole)?;
        let memory = whole.memory;
        let realm = Realm::open(RealmOptions {
            name: name.clone(),
            config: whole,
            source: format!("the realm {name}"),
            root_url: issuer,
            keys: root.keys.clone(),
            store: self.stores.open(&name, Room { mib: memory.records_mib, shared: true }),
            outbox: Arc::clone(&self.outbox),
            remembered: Remembered::of(&memory).small(),
        });
        let realm = Arc::new(realm.map_err(RealmError::Config)?);
        let (server, stop) = listener.map(|listener| Server::new(listener, self.tls.clone())).unzip();
        let guard = stop.map(|stop| Box::new(stop) as CloseGuard);
        let port = match &mount {
            Mount::Port(port) => Some(*port),
            _ => None,
        };
        self.realms.open(Arc::clone(&realm), (mount, guard), ttl).map_err(|why| match why {
            NotOpened::Taken => RealmError::Name(format!("there is a realm `{name}` already")),
            NotOpened::PlaceTaken(other) => RealmError::Place(format!("the realm `{other}` is there already")),
            NotOpened::Full => RealmError::Full,
        })?;
        if let Some((server, port)) = server.zip(port) {
            self.serve_port(server, port);
        }
        Ok(realm)
    }

    /// Where a realm is: its root, how it is reached, and what is listened on for it.
    fn place(&self, name: &str, config: &Config) -> Result<(String, Mount, Option<TcpListener>), RealmError> {
        let root = self.realms.root.settings();
        if let Some((text, url)) = config.public_url.clone().zip(config.own_place()) {
            let place = crate::world::RootUrl::of(&text);
            let path = url.path().trim_end_matches('/').to_owned();
            let reserved = ["/_control", "/_console", "/assets", "/ticket", "/.well-known"];
            let other_name = path.strip_prefix("/r/").is_some_and(|rest| rest != name);
            if other_name
                || reserved.iter().any(|taken| path.starts_with(taken))
                || root.routes.values().any(|route| *route == path)
            {
                return Err(RealmError::Place(format!("{path} is a place of the server's own, or of another name")));
            }
            if place.authority == root.root.authority && path == root.root.path {
                return Err(RealmError::Place("the first realm is there".into()));
            }
            let mount = if place.authority == root.root.authority {
                Mount::Path(path)
            } else {
                Mount::Host { authority: place.authority, path }
            };
            return Ok((text, mount, None));
        }
        let Some(port) = config.own_port() else {
            let path = format!("/r/{name}");
            return Ok((format!("{}{path}", root.root.origin), Mount::Path(path), None));
        };
        let (listener, port) =
            self.bind(port).map_err(|e| RealmError::Place(format!("cannot listen on port {port}: {e}")))?;
        let (scheme, rest) = root.root.origin.split_once("://").unwrap_or(("http", "localhost"));
        let host = rest.rsplit_once(':').map_or(rest, |(host, _)| host);
        Ok((format!("{scheme}://{host}:{port}"), Mount::Port(port), Some(listener)))
    }

    /// A realm that had the port until just now needs a moment to leave it.
    fn bind(&self, port: u16) -> io::Result<(TcpListener, u16)> {
        self.realms.forget_expired();
        let just_left = self.realms.was_left(port);
        let bind = || TcpListener::bind((self.listening_on, port));
        let mut bound = bind();
        for _ in 0..40 {
            if bound.is_ok() || !just_left {
                break;
            }
            // The port was left a moment ago; its own thread says when it is gone.
            thread::sleep(Duration::from_millis(25));
            bound = bind();
        }
        let listener = bound?;
        let port = listener.local_addr()?.port();
        Ok((listener, port))
    }

    /// A thread of its own for a port of its own.
    fn serve_port(self: &Arc<Self>, server: Server, port: u16) {
        let app = App::new(self, Some(port));
        let spawned = thread::Builder::new().name(format!("standin-{port}")).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(server.serve(app))
        });
        if let Err(e) = spawned {
            tracing::error!("no thread for port {port}: {e}");
        }
    }
}
