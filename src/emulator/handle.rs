//! An emulator that runs.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::config::{Config, Mistake};
use crate::faults::{Fault, Login};
use crate::http::{AppState, RealmError, Stop};
use crate::protocol::{Lifetime, UnixTime};
use crate::realm::{Entry, Expectation, FlowView, Met, Minted, Realm, TokenSpec, Unmet};
use crate::store::Unavailable;
use crate::tokens::{Alg, KeyError};

use super::{FaultGuard, RealmHandle, SignIn, SignInError, SignedIn};

/// A running provider. Dropping it stops it.
///
/// ```
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let idp = standin::Emulator::start().await;
/// println!("point your app at {}", idp.issuer());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Emulator {
    state: Arc<AppState>,
    root: RealmHandle,
    address: SocketAddr,
    http_port: Option<u16>,
    stop: Stop,
    threads: Vec<Serving>,
}

/// A thread that answers requests.
pub(super) type Serving = JoinHandle<std::io::Result<()>>;

impl Emulator {
    pub(super) fn new(
        state: Arc<AppState>,
        (address, http_port): (SocketAddr, Option<u16>),
        stop: Stop,
        threads: Vec<Serving>,
    ) -> Self {
        let root = RealmHandle::new(Arc::clone(&state), Arc::clone(&state.realms.root));
        Self { state, root, address, http_port, stop, threads }
    }

    /// The first realm, which is at the root. What follows here is said of it.
    pub const fn default_realm(&self) -> &RealmHandle {
        &self.root
    }

    /// A realm of this name at `/r/{name}`, opened if there is none: like the first one, and on its own.
    ///
    /// # Panics
    /// If no realm can have this name.
    pub fn realm(&self, name: &str) -> RealmHandle {
        let own = Config { name: Some(name.to_owned()), ..Config::default() };
        match self.state.realms.get(name) {
            Some(realm) => RealmHandle::new(Arc::clone(&self.state), realm),
            None => self.open_realm(&own).unwrap_or_else(|e| match self.state.realms.get(name) {
                // Somebody else was faster, and meant the same.
                Some(realm) => RealmHandle::new(Arc::clone(&self.state), realm),
                None => panic!("{e}"),
            }),
        }
    }

    /// Opens a realm: `own` is what it has of its own, its name at least.
    pub fn open_realm(&self, own: &Config) -> Result<RealmHandle, RealmError> {
        let realm = self.state.open(own, own.ttl)?;
        Ok(RealmHandle::new(Arc::clone(&self.state), realm))
    }

    /// Closes a realm, with everything in it. `false` if there is none of this name.
    pub fn close_realm(&self, name: &str) -> bool {
        self.state.realms.close(name)
    }

    /// The issuer.
    pub fn issuer(&self) -> String {
        self.root.issuer()
    }

    /// The address that is listened on.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The second port, which speaks http where the first speaks https.
    pub const fn http_port(&self) -> Option<u16> {
        self.http_port
    }

    /// The certificate of the local authority, in PEM, where it speaks https with one that the authority vouches for.
    pub fn ca_pem(&self) -> Option<&str> {
        self.state.ca.as_deref()
    }

    /// The provider itself.
    pub const fn provider(&self) -> &Arc<Realm> {
        self.root.provider()
    }

    /// See [`RealmHandle::next_login`].
    pub fn next_login(&self, login: Login) {
        self.root.next_login(login);
    }

    /// See [`RealmHandle::fault`].
    pub fn fault(&self, fault: Fault) {
        self.root.fault(fault);
    }

    /// See [`RealmHandle::scoped_fault`].
    pub fn scoped_fault(&self, fault: Fault) -> FaultGuard {
        self.root.scoped_fault(fault)
    }

    /// See [`RealmHandle::advance`].
    pub fn advance(&self, by: Duration) {
        self.root.advance(by);
    }

    /// See [`RealmHandle::freeze`].
    pub fn freeze(&self, at: UnixTime) {
        self.root.freeze(at);
    }

    /// See [`RealmHandle::now`].
    pub fn now(&self) -> UnixTime {
        self.root.now()
    }

    /// See [`RealmHandle::rotate_keys`].
    pub fn rotate_keys(&self) -> Result<(), KeyError> {
        self.root.rotate_keys()
    }

    /// See [`RealmHandle::rotate_keys_of`].
    pub fn rotate_keys_of(&self, alg: Alg, grace: Lifetime) -> Result<(), KeyError> {
        self.root.rotate_keys_of(alg, grace)
    }

    /// See [`RealmHandle::mint`].
    pub async fn mint(&self, spec: &TokenSpec) -> Result<Minted, Unavailable> {
        self.root.mint(spec).await
    }

    /// See [`RealmHandle::sign_in`].
    pub async fn sign_in(&self, sign_in: SignIn) -> Result<SignedIn, SignInError> {
        self.root.sign_in(sign_in).await
    }

    /// See [`RealmHandle::expect`].
    pub async fn expect(&self, expectation: &Expectation) -> Result<Met, Unmet> {
        self.root.expect(expectation).await
    }

    /// See [`RealmHandle::journal`].
    pub fn journal(&self) -> Vec<Arc<Entry>> {
        self.root.journal()
    }

    /// See [`RealmHandle::flows`].
    pub fn flows(&self) -> Vec<FlowView> {
        self.root.flows()
    }

    /// See [`RealmHandle::reset`].
    pub async fn reset(&self) -> Result<(), Unavailable> {
        self.root.reset().await
    }

    /// Takes a changed configuration; see [`Reconfigure::reconfigure`].
    pub fn reconfigure(&self, config: &Config, source: &str) -> Result<Vec<String>, Box<Mistake>> {
        self.reconfigure_handle().reconfigure(config, source)
    }

    /// What another thread needs to change the configuration.
    pub fn reconfigure_handle(&self) -> Reconfigure {
        Reconfigure(Arc::clone(&self.state))
    }

    /// Takes no new request and waits until the open ones are answered.
    pub fn stop(mut self) {
        self.stop.stop();
        self.state.realms.close_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Drop for Emulator {
    /// A test that fails shows what happened at its provider.
    fn drop(&mut self) {
        self.state.realms.close_all();
        if thread::panicking() {
            let entries = self.journal();
            eprintln!("what happened at {}:", self.issuer());
            entries.iter().rev().take(12).rev().for_each(|entry| eprint!("{entry}"));
        }
    }
}

/// Changes the configuration of an emulator that runs.
#[derive(Clone, Debug)]
pub struct Reconfigure(Arc<AppState>);

impl Reconfigure {
    /// Takes a changed configuration; who is signed in stays signed in, and what was changed while it ran stays until the next reset: what that
    /// is, in words. Host, port, keys, seed and issuer stay what they are.
    /// One with a mistake is not taken, and the console says so.
    pub fn reconfigure(&self, config: &Config, source: &str) -> Result<Vec<String>, Box<Mistake>> {
        let taken = self.0.realms.root.configure(config, source);
        self.refuse_config(taken.as_ref().err().map(ToString::to_string));
        taken
    }

    /// Whether any client id and secret will do.
    pub fn accepts_any_client(&self) -> bool {
        self.0.realms.root.settings().accepts_any_client()
    }

    /// What holds now: the file's, and what was changed while it ran.
    pub fn config(&self) -> Config {
        self.0.realms.root.config()
    }

    /// Has the console say that a change of the configuration was not taken, and why.
    pub fn refuse_config(&self, why: Option<String>) {
        *self.0.refused_config.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }
}
