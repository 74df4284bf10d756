//! One realm of an emulator that runs.

use std::sync::Arc;
use std::time::Duration;

use crate::config::{Config, Mistake};
use crate::faults::{Fault, Login};
use crate::http::AppState;
use crate::protocol::{Lifetime, UnixTime};
use crate::realm::{
    Entry, Expectation, FlowView, Met, Minted, Realm, SessionView, Snapshot, SnapshotError, TokenSpec, Unmet,
};
use crate::store::Unavailable;
use crate::tokens::{Alg, KeyError};
use crate::world::{Client, Clock, User};

use super::{SignIn, SignInError, SignedIn};

/// A realm: a whole provider with people, apps, keys, clock, rules and journal of its own.
///
/// ```
/// use standin::{Emulator, Login};
///
/// let idp = Emulator::builder().start_blocking();
/// let worker = idp.realm("worker-3");
/// worker.next_login(Login::declined());
/// assert_eq!(worker.issuer(), format!("{}/r/worker-3", idp.issuer()));
/// ```
#[derive(Clone, Debug)]
pub struct RealmHandle {
    state: Arc<AppState>,
    realm: Arc<Realm>,
}

impl RealmHandle {
    pub(super) const fn new(state: Arc<AppState>, realm: Arc<Realm>) -> Self {
        Self { state, realm }
    }

    /// Its name; the first realm's is `default`.
    pub fn name(&self) -> &str {
        self.realm.name()
    }

    /// The issuer.
    pub fn issuer(&self) -> String {
        self.realm.settings().issuer.clone()
    }

    /// The provider itself.
    pub const fn provider(&self) -> &Arc<Realm> {
        &self.realm
    }

    /// Says who signs in next, or how that fails.
    ///
    /// ```
    /// # let idp = standin::Emulator::builder().start_blocking();
    /// use standin::Login;
    ///
    /// idp.next_login(Login::by("alice").at("notes-web").claim("email_verified", false));
    /// ```
    ///
    /// # Panics
    /// If it names nobody, a fault that there is not, or nothing at all.
    #[expect(clippy::needless_pass_by_value, reason = "it is handed over, as every value that a test builds is")]
    pub fn next_login(&self, login: Login) {
        if let Err((field, why)) = self.realm.next_login(&login) {
            panic!("{field}: {why}");
        }
    }

    /// Turns a fault on.
    ///
    /// ```
    /// # let idp = standin::Emulator::builder().start_blocking();
    /// use standin::Fault;
    ///
    /// idp.fault(Fault::wrong_nonce().at("notes-web").once());
    /// ```
    ///
    /// # Panics
    /// If there is no such fault.
    pub fn fault(&self, fault: Fault) {
        let _ = self.add(fault);
    }

    /// Turns a fault on until the guard is dropped.
    ///
    /// ```
    /// # let idp = standin::Emulator::builder().start_blocking();
    /// use standin::Fault;
    ///
    /// let broken = idp.scoped_fault(Fault::bad_signature());
    /// // Here every ID token is forged.
    /// drop(broken);
    /// ```
    ///
    /// # Panics
    /// If there is no such fault.
    pub fn scoped_fault(&self, fault: Fault) -> FaultGuard {
        let id = self.add(fault);
        FaultGuard { realm: Arc::clone(&self.realm), id }
    }

    fn add(&self, fault: Fault) -> u64 {
        let added = self.state.realms.resolve(&self.realm, fault).and_then(|fault| self.realm.fault(&fault));
        added.unwrap_or_else(|(field, why)| panic!("{field}: {why}"))
    }

    /// Adds a person, or replaces one of this `sub`, until the next reset.
    pub fn add_user(&self, user: User) -> Result<(), Box<Mistake>> {
        self.realm.change(|config| {
            let mut people = config.people();
            people.retain(|known| known.sub != user.sub);
            people.push(user);
            config.user = Some(people);
            Ok(())
        })
    }

    /// Registers an app, or replaces one of this id, until the next reset. From then on no other is accepted.
    pub fn add_client(&self, client: Client) -> Result<(), Box<Mistake>> {
        self.realm.change(|config| {
            config.client.retain(|known| known.id != client.id);
            config.client.push(client);
            Ok(())
        })
    }

    /// Changes anything that the configuration can say, until the next reset.
    pub fn change(&self, change: impl FnOnce(&mut Config)) -> Result<(), Box<Mistake>> {
        self.realm.change(|config| {
            change(config);
            Ok(())
        })
    }

    /// Moves the clock ahead, frozen or not. Counted in whole seconds.
    pub fn advance(&self, by: Duration) {
        let seconds = i64::try_from(by.as_secs()).unwrap_or(i64::MAX);
        self.realm.set_clock(|clock| clock.advanced(seconds));
    }

    /// Stops the clock at a moment.
    pub fn freeze(&self, at: UnixTime) {
        self.realm.set_clock(|_| Clock::Frozen(at));
    }

    /// Makes the clock the machine's.
    pub fn unfreeze(&self) {
        self.realm.set_clock(|_| Clock::default());
    }

    /// What time it is.
    pub fn now(&self) -> UnixTime {
        self.realm.now()
    }

    /// Signs with a new key from now on, of the realm's own algorithm; the old one stays published for an hour.
    pub fn rotate_keys(&self) -> Result<(), KeyError> {
        let alg = self.realm.settings().policy.signing_alg;
        self.rotate_keys_of(alg, Lifetime::of_seconds(3_600))
    }

    /// Signs with a new key for an algorithm; the old one stays published for `grace`.
    pub fn rotate_keys_of(&self, alg: Alg, grace: Lifetime) -> Result<(), KeyError> {
        self.realm.rotate_keys(alg, grace).map(|_| ())
    }

    /// Makes a token that the provider knows, without a sign-in.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let idp = standin::Emulator::start().await;
    /// use standin::TokenSpec;
    ///
    /// let spec = TokenSpec::access("alice").audience("api").claim("roles", vec!["admin"]);
    /// let bearer = idp.mint(&spec).await?.token;
    /// # assert_eq!(bearer.split('.').count(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn mint(&self, spec: &TokenSpec) -> Result<Minted, Unavailable> {
        self.realm.mint(spec).await
    }

    /// Signs in at an app as a browser would: follows its redirects, presses what there is to press, and brings back the page
    /// that the app shows then, with its cookies.
    pub async fn sign_in(&self, sign_in: SignIn) -> Result<SignedIn, SignInError> {
        super::sign_in::sign_in((&self.realm, &self.state.trusted()), sign_in).await
    }

    /// Waits until something has happened; the error says what came instead.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let idp = standin::Emulator::start().await;
    /// use standin::{Event, Expectation};
    ///
    /// let missing = idp.expect(&Expectation::of(Event::CodeRedeemed).at("notes-web")).await.expect_err("nobody signed in");
    /// assert!(missing.to_string().contains("nothing came at all"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn expect(&self, expectation: &Expectation) -> Result<Met, Unmet> {
        self.realm.expect(expectation).await
    }

    /// What happened, oldest first.
    pub fn journal(&self) -> Vec<Arc<Entry>> {
        self.realm.journal().entries()
    }

    /// The sign-ins, oldest first.
    pub fn flows(&self) -> Vec<FlowView> {
        self.realm.flows()
    }

    /// Who is signed in.
    pub async fn sessions(&self) -> Result<Vec<SessionView>, Unavailable> {
        self.realm.sessions().await
    }

    /// Makes it what it was at the start: people, apps, keys, clock, rules, journal.
    pub async fn reset(&self) -> Result<(), Unavailable> {
        self.realm.reset().await
    }

    /// Everything that decides what it answers, to be restored later.
    pub async fn snapshot(&self) -> Result<Snapshot, Unavailable> {
        self.realm.snapshot().await
    }

    /// Makes it what it was.
    pub async fn restore(&self, snapshot: &Snapshot) -> Result<(), SnapshotError> {
        self.realm.restore(snapshot).await
    }
}

/// A fault that is on until this is dropped.
#[must_use = "the fault ends when this is dropped: keep it, as in `let _broken = …`"]
#[derive(Debug)]
pub struct FaultGuard {
    realm: Arc<Realm>,
    id: u64,
}

impl Drop for FaultGuard {
    fn drop(&mut self) {
        self.realm.rules().forget(|rule| rule.id == self.id);
    }
}
