//! How an emulator is set up.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, TcpListener, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::thread;

use url::Url;

use crate::config::{Config, Format, Mistake, parse};
use crate::http::{
    App, AppState, Authority, HttpOutbox, RealmError, Server, Tls, TlsError, authorities, tell_of_silence,
};
use crate::realm::{Outbox, ROOT, Realm, RealmOptions, Realms, Remembered};
use crate::store::{InMemory, Room, Stores};
use crate::tokens::{KeyFiles, KeyFolderError};
use crate::world::{Client, User};

use super::Emulator;
use super::handle::Serving;

/// Why an emulator did not start.
#[derive(Debug)]
pub enum StartError {
    /// The configuration has a mistake.
    Config(Box<Mistake>),
    /// The address cannot be listened on.
    Address {
        /// Host and port.
        address: String,
        /// What the system says.
        cause: io::Error,
    },
    /// The keys cannot be read or made.
    Keys(KeyFolderError),
    /// There can be no TLS.
    Tls(TlsError),
    /// The file cannot be read.
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// A realm of the configuration cannot be opened.
    Realm(RealmError),
    /// No thread or runtime can be had.
    System(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(mistake) => mistake.fmt(f),
            Self::Address { address, cause } => write!(f, "cannot listen on {address}: {cause}"),
            Self::Keys(e) => e.fmt(f),
            Self::Tls(e) => e.fmt(f),
            Self::File { path, cause } => write!(f, "cannot read {}: {cause}", path.display()),
            Self::Realm(e) => e.fmt(f),
            Self::System(e) => write!(f, "cannot start a thread: {e}"),
        }
    }
}

impl std::error::Error for StartError {}

impl From<Box<Mistake>> for StartError {
    fn from(mistake: Box<Mistake>) -> Self {
        Self::Config(mistake)
    }
}

/// An emulator before it starts.
///
/// ```
/// use standin::{Client, Emulator, User};
///
/// let idp = Emulator::builder()
///     .user(User::new("alice").claim("email", "alice@example.com"))
///     .client(Client::confidential("notes-web", "s3cret").redirects_to("http://localhost:3000/callback"))
///     .seed(7)
///     .start_blocking();
/// assert!(idp.issuer().starts_with("http://localhost:"));
/// ```
#[derive(Debug)]
pub struct Builder {
    config: Config,
    source: String,
    listener: Option<TcpListener>,
    stores: Arc<dyn Stores>,
    control_token: Option<String>,
    workers: usize,
}

impl Default for Builder {
    fn default() -> Self {
        let config = Config { port: 0, ..Config::default() };
        Self {
            config,
            source: "the builder".into(),
            listener: None,
            stores: Arc::new(InMemory),
            control_token: None,
            workers: 1,
        }
    }
}

impl Builder {
    /// Takes a whole configuration. `source` is what a mistake calls it.
    #[must_use]
    pub fn config(mut self, config: Config, source: &str) -> Self {
        self.config = config;
        source.clone_into(&mut self.source);
        self
    }

    /// Reads the same file as the binary. Its `port` counts as well.
    pub fn config_file(self, path: impl AsRef<Path>) -> Result<Self, StartError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|cause| StartError::File { path: path.to_owned(), cause })?;
        let source = path.display().to_string();
        let format = Format::of_name(&source).unwrap_or_else(|| Format::of_text(&text));
        let config = parse(&source, &text, format)?;
        Ok(self.config(config, &source))
    }

    /// Adds a person; the example people are left out then.
    #[must_use]
    pub fn user(mut self, user: User) -> Self {
        self.config.user.get_or_insert_default().push(user);
        self
    }

    /// Registers a client; from then on no other is accepted.
    #[must_use]
    pub fn client(mut self, client: Client) -> Self {
        self.config.client.push(client);
        self
    }

    /// Adds a realm beside the first one: `own` is what it has of its own, its name at least.
    #[must_use]
    pub fn realm(mut self, own: Config) -> Self {
        self.config.realm.push(own);
        self
    }

    /// Makes codes, tokens and ids repeat themselves from run to run.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.config.seed = Some(seed);
        self
    }

    /// Changes anything else that the file can say.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// Listens on a socket that is bound already.
    #[must_use]
    pub fn listener(mut self, listener: TcpListener) -> Self {
        self.listener = Some(listener);
        self
    }

    /// Keeps the records of every realm elsewhere than in memory.
    #[must_use]
    #[doc(hidden)]
    pub fn stores(mut self, stores: Arc<dyn Stores>) -> Self {
        self.stores = stores;
        self
    }

    /// What a caller of the control API must show.
    #[must_use]
    pub fn control_token(mut self, token: Option<String>) -> Self {
        self.control_token = token;
        self
    }

    /// How many threads answer requests; one, where nothing is said.
    #[must_use]
    pub const fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }

    /// Starts.
    ///
    /// # Panics
    /// Where [`Self::try_start`] fails.
    #[expect(
        clippy::unused_async,
        reason = "waiting for it is what callers expect, and leaves room to wait for a store"
    )]
    pub async fn start(self) -> Emulator {
        self.start_blocking()
    }

    /// Starts, for tests without a runtime.
    ///
    /// # Panics
    /// Where [`Self::try_start`] fails.
    pub fn start_blocking(self) -> Emulator {
        match self.try_start() {
            Ok(emulator) => emulator,
            Err(e) => panic!("standin did not start: {e}"),
        }
    }

    /// Starts, or says why not. The socket is bound before this returns, so nobody needs to poll.
    pub fn try_start(self) -> Result<Emulator, StartError> {
        crate::tokens::seed_randomness();
        self.config.check(&self.source)?;
        let (tls, ca) = self.tls()?;
        let (mut server, stop) = Server::new(self.listen(self.config.port)?, tls.clone());
        let address = server.address().map_err(StartError::System)?;
        let mut http_port = None;
        if let Some(port) = self.config.http_port {
            let listener = self.listen(port)?;
            http_port = listener.local_addr().ok().map(|address| address.port());
            server = server.also(listener, None);
        }
        let issuer = self.issuer(address.port())?;
        let outbox: Arc<dyn Outbox> = Arc::new(HttpOutbox::trusting(self.believed(ca.as_deref())?));
        let keys = self.key_files(address.ip()).open().map_err(StartError::Keys)?;
        let realm = Realm::open(RealmOptions {
            name: ROOT.into(),
            config: self.config.clone(),
            source: self.source.clone(),
            root_url: issuer,
            keys,
            store: self.stores.open(ROOT, Room { mib: self.config.memory.records_mib, shared: false }),
            outbox: Arc::clone(&outbox),
            remembered: Remembered::of(&self.config.memory),
        })?;
        let realms = Realms::new(Arc::new(realm));
        let state = Arc::new(AppState::new(realms, self.stores, self.control_token, (address.ip(), tls, ca), outbox));
        for realm in &self.config.realm {
            state.open(realm, realm.ttl).map_err(StartError::Realm)?;
        }
        let app = App::new(&state, None);
        let threads = serve(server, &app, self.workers, Arc::downgrade(&state)).map_err(StartError::System)?;
        Ok(Emulator::new(state, (address, http_port), stop, threads))
    }

    /// The URL by which it is reached.
    fn issuer(&self, port: u16) -> Result<String, StartError> {
        let scheme = if self.config.speaks_tls() { "https" } else { "http" };
        let issuer = self.config.public_url.clone().unwrap_or_else(|| issuer(scheme, &self.config.host, port));
        let host = Url::parse(&issuer).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        if self.config.tls && self.config.tls_cert.is_none() && !Authority::vouches_for(&host) {
            let what = format!("the local authority cannot vouch for `{host}`, only for names of this machine");
            let help = "give a certificate of its own by tls_cert and tls_key, or use a name under localhost, test, internal, local or home.arpa";
            return Err(StartError::Config(Box::new(Mistake::new(&self.source, what).help(help).word(host))));
        }
        Ok(issuer)
    }

    /// How connections are made safe, and the certificate of the authority that vouches for it.
    fn tls(&self) -> Result<(Option<Tls>, Option<String>), StartError> {
        if let (Some(certificate), Some(key)) = (&self.config.tls_cert, &self.config.tls_key) {
            return Ok((Some(Tls::with_files(certificate.as_ref(), key.as_ref()).map_err(StartError::Tls)?), None));
        }
        if !self.config.tls {
            return Ok((None, None));
        }
        let authority = match &self.config.ca_folder {
            Some(folder) => Authority::in_folder(folder.as_ref()),
            None => Authority::fresh(),
        };
        let authority = authority.map_err(|e| StartError::Tls(e.into()))?;
        let pem = authority.pem().to_owned();
        Ok((Some(Tls::by(authority).map_err(StartError::Tls)?), Some(pem)))
    }

    /// The authorities that are believed where others are called: its own as well, since its realms are others to each other.
    fn believed(&self, own: Option<&str>) -> Result<Vec<reqwest::Certificate>, StartError> {
        let mut all = own.map(|pem| authorities(pem.as_bytes()).unwrap_or_default()).unwrap_or_default();
        for file in &self.config.outgoing_ca {
            let fail = |cause: io::Error| StartError::File { path: file.into(), cause };
            let pem = std::fs::read(file).map_err(fail)?;
            all.extend(authorities(&pem).map_err(|why| fail(io::Error::other(why)))?);
        }
        Ok(all)
    }

    fn listen(&self, port: u16) -> Result<TcpListener, StartError> {
        if let Some(listener) = self.listener.as_ref().filter(|_| port == self.config.port) {
            return listener.try_clone().map_err(StartError::System);
        }
        let host = self.config.host.trim_matches(['[', ']']);
        let fail = |cause| StartError::Address { address: format!("{host}:{port}"), cause };
        let addresses: Vec<_> = (host, port).to_socket_addrs().map_err(fail)?.collect();
        TcpListener::bind(&addresses[..]).map_err(fail)
    }

    /// The development keys are everybody's, so they are for loopback only.
    fn key_files(&self, listening_on: IpAddr) -> KeyFiles {
        match &self.config.keys {
            Some(folder) => KeyFiles::Folder(PathBuf::from(folder)),
            None if listening_on.is_loopback() => KeyFiles::Development,
            None => KeyFiles::Fresh,
        }
    }
}

impl Emulator {
    /// A provider on a free port, with the example people, for any client.
    pub async fn start() -> Self {
        Builder::default().start().await
    }

    /// A provider to be set up first.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

/// Starts the threads, each with a runtime of its own. A connection stays with the thread that took it: threads that share a
/// runtime wake each other for every request, which costs more than most answers do.
fn serve(server: Server, app: &App, workers: usize, state: Weak<AppState>) -> io::Result<Vec<Serving>> {
    let mut servers = vec![server];
    for _ in 1..workers {
        servers.push(servers[0].try_clone()?);
    }
    // One of them looks now and then for what nobody asks about.
    let mut looking = Some(tell_of_silence(state));
    let start = |server: Server| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        looking.take().map(|looking| runtime.spawn(looking));
        let app = app.clone();
        thread::Builder::new().name("standin".into()).spawn(move || runtime.block_on(server.serve(app)))
    };
    servers.into_iter().map(start).collect()
}

/// The URL by which a provider is reached that listens at this host. Browsers keep cookies for a name; `localhost` is the one that
/// every app writes down. A port that a URL need not name is not named, since libraries would leave it out.
pub(crate) fn issuer(scheme: &str, host: &str, port: u16) -> String {
    let host = host.trim_matches(['[', ']']);
    let name = match host.parse::<IpAddr>() {
        Ok(address) if address.is_unspecified() => "localhost".into(),
        // Whoever listens at ::1 alone is not reached where `localhost` means 127.0.0.1.
        Ok(IpAddr::V4(Ipv4Addr::LOCALHOST)) => "localhost".into(),
        Ok(IpAddr::V4(v4)) => v4.to_string(),
        Ok(IpAddr::V6(v6)) => format!("[{v6}]"),
        Err(_) => host.to_owned(),
    };
    match (scheme, port) {
        ("http", 80) | ("https", 443) => format!("{scheme}://{name}"),
        _ => format!("{scheme}://{name}:{port}"),
    }
}

/// Whether a host that is listened at can be reached by this machine alone.
#[cfg(feature = "cli")]
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host.parse::<IpAddr>().map_or(host == "localhost" || host.ends_with(".localhost"), |address| address.is_loopback())
}
