//! An emulator that runs.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::config::{Config, Mistake};
use crate::faults::{Effect, Match, Origin, Rule};
use crate::http::{Door, Stop};
use crate::protocol::{Lifetime, UnixTime};
use crate::realm::{Entry, Minted, Realm, TokenSpec};
use crate::store::Unavailable;
use crate::tokens::{Alg, KeyError};
use crate::world::{Clock, PersonAnswer};

use super::Builder;

/// A running provider. Dropping it stops it.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let idp = standin::Emulator::start().await;
/// println!("point your app at {}", idp.issuer());
/// # });
/// ```
#[derive(Debug)]
pub struct Emulator {
    door: Arc<Door>,
    address: SocketAddr,
    stop: Stop,
    threads: Vec<Serving>,
}

/// A thread that answers requests.
pub(super) type Serving = JoinHandle<std::io::Result<()>>;

impl Emulator {
    pub(super) const fn new(door: Arc<Door>, address: SocketAddr, stop: Stop, threads: Vec<Serving>) -> Self {
        Self { door, address, stop, threads }
    }

    /// A provider on a free port, with the example people, for any client.
    pub async fn start() -> Self {
        Builder::default().start().await
    }

    /// A provider to be set up first.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The issuer.
    pub fn issuer(&self) -> String {
        self.realm().settings().issuer.clone()
    }

    /// The address that is listened on.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The provider itself.
    pub fn realm(&self) -> &Arc<Realm> {
        &self.door.realm
    }

    /// What happened, oldest first.
    pub fn journal(&self) -> Vec<Arc<Entry>> {
        self.realm().journal.entries()
    }

    /// Moves the provider's clock.
    pub fn advance(&self, by: Duration) {
        let seconds = i64::try_from(by.as_secs()).unwrap_or(i64::MAX);
        self.realm().set_clock(|clock| clock.advanced(seconds));
    }

    /// Stops the provider's clock at a moment.
    pub fn freeze(&self, at: UnixTime) {
        self.realm().set_clock(|_| Clock::Frozen(at));
    }

    /// Signs with a new key from now on; the old one stays published for `grace`.
    pub fn rotate_keys(&self, alg: Alg, grace: Lifetime) -> Result<(), KeyError> {
        self.realm().rotate_keys(alg, grace)
    }

    /// Answers the next sign-in in the person's place, so that no page is shown.
    pub fn next_login(&self, answer: PersonAnswer) {
        let rule = Rule::new("next-login", Origin::NextLogin, Effect::Person(answer));
        self.realm().rules.add(rule.times(1));
    }

    /// Tells a lie from the catalogue, for one client or for all, so many times.
    ///
    /// # Panics
    /// If there is no fault of this id.
    pub fn fault(&self, id: &str, client: Option<&str>, times: u32) {
        let rule = Rule::of_fault(id, Origin::Fault).unwrap_or_else(|| panic!("there is no fault `{id}`"));
        let when = Match { client: client.map(str::to_owned), ..Match::default() };
        self.realm().rules.add(rule.when(when).times(times));
    }

    /// Makes a token that the provider knows, without a sign-in.
    pub async fn mint(&self, spec: &TokenSpec) -> Result<Minted, Unavailable> {
        self.realm().mint(spec).await
    }

    /// Takes a changed configuration; see [`Reconfigure::reconfigure`].
    pub fn reconfigure(&self, config: &Config, source: &str) -> Result<(), Box<Mistake>> {
        self.reconfigure_handle().reconfigure(config, source)
    }

    /// What another thread needs to change the configuration.
    pub fn reconfigure_handle(&self) -> Reconfigure {
        Reconfigure(Arc::clone(&self.door))
    }

    /// Takes no new request and waits until the open ones are answered.
    pub fn stop(mut self) {
        self.stop.stop();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Drop for Emulator {
    /// A test that fails shows what happened at its provider.
    fn drop(&mut self) {
        if thread::panicking() {
            let entries = self.journal();
            eprintln!("what happened at {}:", self.issuer());
            entries.iter().rev().take(12).rev().for_each(|entry| eprint!("{entry}"));
        }
    }
}

/// Changes the configuration of an emulator that runs.
#[derive(Clone, Debug)]
pub struct Reconfigure(Arc<Door>);

impl Reconfigure {
    /// Takes a changed configuration; who is signed in stays signed in. Host, port, keys, seed and issuer stay what they are.
    /// One with a mistake is not taken, and the console says so.
    pub fn reconfigure(&self, config: &Config, source: &str) -> Result<(), Box<Mistake>> {
        let now = self.0.realm.settings();
        let taken = config.settings(source, &now.issuer, now.keys.clone());
        self.refuse_config(taken.as_ref().err().map(ToString::to_string));
        taken.map(|settings| self.0.realm.configure(settings))
    }

    /// Has the console say that a change of the configuration was not taken, and why.
    pub fn refuse_config(&self, why: Option<String>) {
        *self.0.refused_config.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }
}
