//! Standin: a fake identity provider that is honest by default, lies on request, and shows everything it does.
//!
//! An [`Emulator`] is an OpenID provider in your own process, on a port of its own, ready when it is returned:
//!
//! ```
//! use standin::{Client, Emulator};
//!
//! let idp = Emulator::builder()
//!     .client(Client::confidential("notes-web", "s3cret").redirects_to("http://localhost:3000/callback"))
//!     .start_blocking();
//! // Point your app at this, and sign in as alice.
//! println!("{}", idp.issuer());
//! ```
//!
//! A test says who signs in next ([`Login`]), what the provider gets wrong ([`Fault`]), and what time it is; then it drives the app
//! ([`SignIn`]) and asks what happened ([`Expectation`]). Each test can have a realm of its own ([`Emulator::realm`]), and all of it is
//! done by plain values:
//!
//! ```
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
//! # runtime.block_on(async {
//! use standin::{Emulator, Event, Expectation, Fault, Login, TokenSpec};
//!
//! let idp = Emulator::start().await;
//! let worker = idp.realm("worker-1");
//! worker.next_login(Login::by("alice").claim("roles", vec!["admin"]));
//! worker.fault(Fault::wrong_nonce().once());
//! let token = worker.mint(&TokenSpec::access("alice").scope("openid")).await.expect("a token");
//! assert!(worker.expect(&Expectation::of(Event::CodeRedeemed)).await.is_err(), "nobody signed in {}", token.token);
//! # });
//! ```
//!
//! The same provider is a command, `standin`, whose control API says the same in any language.

// # The house
//
// 8 cli                                        commands
// 7 emulator │ demo                            the provider in your process · two sample apps and an API that know only its issuer
// 6 http                                       axum and askama: requests become values, replies become responses; the console
// 5 explain                                    what happened, for people: diagrams, values followed, why something failed
// 4 realm                                      where flows, profile, faults, store and keys meet
// 3 flows │ profile │ faults │ store │ config  strangers to each other
// 2 world                                      people, apps and promises: what a flow may see, and what it may say
// 1 tokens │ reply                             keys and signatures · answers as data
// 0 protocol │ spec                            words on the wire · what is checked, and where that is written
//
// A module names only lower floors; neighbours are strangers, `protocol` and `spec` excepted. What strangers must share lies below them:
// what a flow may say lives in `world`, and a profile hands flows plain settings. No two files name each other in a circle.
//
// # What never happens
//
// 1. Below floor 4 nothing is `async`, the backends of `store` excepted. Below floor 6 nothing knows HTTP's machinery.
// 2. Flows do not know that faults, vendors or the journal exist.
// 3. No vendor's name occurs outside `profile/catalog/`, but in the list that `profile/catalog.rs` reads it by.
// 4. Nobody reads the machine's clock, dice or environment but `world/clock.rs`, `world/entropy.rs` (keys are made in
//    `tokens/generate.rs` and `tokens/jwe.rs`) and `cli`.
// 5. There are no statics. Everything that can change belongs to one `Realm`.
// 6. A `ReturnAddress` comes only from its checking constructor, an `AuthenticatedClient` only from `verify_client`.
// 7. Nothing is locked while signing, sleeping or sending.
//
// `tests/it/architecture.rs` keeps these.
//
// # A code flow, by file
//
// 1. `http/app.rs` finds the realm of `GET /authorize` and its endpoint; `http/routes.rs` has the flow for each endpoint.
// 2. `http/extract/` turns the request into a `world::Request`; whatever is wrong with it is for the flow to refuse.
// 3. `realm/exchange.rs` is one request from end to end. Each step adds to the `Exchange` of `realm/context.rs`: what the request is
//    about (`flows/understand.rs`, read once for flows, rules and journal), which rules fit (`realm/match_facts.rs`), what is decided.
// 4. `realm/decide.rs` loads the records that the request names, runs `flows/authorize.rs` on them, and commits what it changed, or
//    runs it again if another request was faster.
// 5. `flows/visit.rs` finds client, way back and parameters; `flows/next_step.rs` decides what comes next: a page, or the
//    answer of the response type. Every check is a row of `spec/check.rs`; what failed is told by `spec/failed_check.rs`.
// 6. `profile/response.rs` turns the decision into a `reply::Reply`, and `http/pages.rs` that into the sign-in page.
// 7. The form comes back to `flows/sign_in.rs`, `next_step` gives a code, and `flows/token/authorization_code.rs` redeems it:
//    `flows/issue.rs` fills the slots of an `Issuance`, which any answer can carry.
// 8. `profile/claims.rs` drafts the tokens, `realm/seams.rs` has faults alter them, `tokens/ring.rs` signs.
// 9. `http/handle.rs` keeps the order: decided, held (`realm/unsent.rs`), rendered, noted (`realm/note.rs`, `realm/journal.rs`), sent.
//
// # A fault, by file
//
// 1. `faults/fault.rs` is the wish, the same in JSON and Rust; `faults/rule.rs` keeps it with its budget.
// 2. `faults/matching.rs` says when it speaks; `faults/plan.rs` chooses the rules that do in one request.
// 3. `faults/catalog/` says what each alters, at one of the seams of `faults/effect.rs`: settings, person, code, claims, draft,
//    signature, reply. `realm/seams.rs` calls the plan at each seam, in this order.
//
// # Where something new goes
//
// a response type                      protocol/authorize.rs `ResponseType::ALL`, and its slots in flows/next_step.rs `respond`; what it
//                                      demands is a check in flows/visit.rs; which faults reach it, faults/effect.rs
// a grant type (device, exchange)      a file in flows/token/, a row of world/client.rs `GrantType`
// where a sign-in leads (a device)     world/destination.rs; flows/visit.rs makes it, flows/next_step.rs `respond` and
//                                      world/decision.rs `refuse` answer it
// an endpoint (device)                 world/request.rs, its flow in flows/, http/routes.rs (`READ_JSON` for a JSON body), its path in
//                                      profile/catalog/, its name in profile/metadata.rs, its point in realm/match_facts.rs
// an outcome                           world/decision.rs, told by profile/response.rs, named by realm/event.rs
// a page                               world/decision.rs `Question`, profile/pages.rs, reply/page.rs, http/pages.rs, a template
// a record                             protocol/ids.rs, world/records.rs, world/size.rs; realm/record_keys.rs loads it unasked
// what a client registers              world/client.rs with world/client_values.rs, what cannot be in world/client_check.rs; by itself,
//                                      flows/register.rs and world/client_metadata.rs; clients are configuration, not records: a flow says
//                                      what is to change, world/client_change.rs, and realm/exchange.rs changes it
// a way of sending parameters          flows/understand.rs merges them, as flows/request_object.rs does a JWT's; world/understood.rs carries
//                                      them, flows/visit.rs has them verified; what is to be fetched first, realm/exchange.rs fetches;
//                                      http/which_realm.rs looks at a `login_hint` earlier, to find the realm
// client authentication                flows/token/verify_client.rs, for introspection and revocation too; http/extract/credentials.rs
// a proof of possession (DPoP)         a file in flows/, called by flows/token/ and flows/userinfo.rs; what a token is bound to is in
//                                      world/records.rs `AccessToken` and `RefreshToken`, and said by flows/introspect.rs
// a claim, a token kind                profile/claims.rs with profile/spelling.rs; tokens/draft.rs `TokenKind`; tokens/ring.rs signs
// encryption                           tokens/jwe.rs encrypts, tokens/decryption.rs decrypts; flows/client_keys.rs `recipient` finds the
//                                      client's key before anything is written, realm/seams.rs encrypts when all is signed
// a subject identifier                 `subject_type` in profile/catalog/; world/settings.rs `subject_for` and `person_behind`
// a call that goes out                 world/errand.rs says why, realm/logout_call.rs makes it, http/outbox.rs sends it; sessions end in
//                                      world/working_set.rs, and know who took part by flows/visit_state.rs
// a vendor                             one file in profile/catalog/, and its row in profile/catalog.rs
// a store                              a file in store/, with store/suite.rs; whoever starts hands in `Stores` (emulator/builder.rs)
// a fault                              one row in faults/catalog/; a seam of its own: faults/effect.rs, faults/plan.rs, realm/seams.rs
// an answer that is held               realm/step_through.rs, called by realm/unsent.rs between decision and bytes, which http/handle.rs keeps apart
// how a connection is made             http/door.rs takes it, http/tls.rs makes it safe, http/authority.rs vouches for it; what fails on request
//                                      is realm/handshake.rs; outgoing calls are http/outbox.rs, and world/settings.rs `may_call` says to whom
// a console view                       http/console/ `VIEWS`, a file and a template in templates/console/, its place in frame.html; what it
//                                      does is an operation of http/control/, called by http/console/call.rs
// a message in the diagram             explain/narration.rs says what it is, explain/draw.rs between whom; what its parameters mean,
//                                      explain/words.rs; a value that is followed, explain/thread.rs
// a reason why a sign-in fails         explain/rules.rs, with a test in tests/it/diagnosis.rs that a real client makes
// settings for a library               a file in templates/snippets/, its name in http/snippets.rs
// what an app watches a sign-in by     world/session_state.rs; the cookie is set in http/handle.rs, templates/assets/check-session.js looks at it
// a lesson                             a file in templates/lessons/, or one that somebody puts there while it runs
// a control operation                  http/control/, one file for each kind of thing
// a check                              one row of spec/check.rs and mostly one of spec/refusal.rs, called in a flow

// In the order in which they are best read. What is not handed on below is nobody's but this crate's own and its tests'.
#[doc(hidden)]
pub mod protocol;
#[doc(hidden)]
pub mod spec;
#[doc(hidden)]
pub mod tokens;

mod reply;
#[doc(hidden)]
pub mod world;

#[doc(hidden)]
pub mod flows;

mod profile;

#[doc(hidden)]
pub mod faults;

#[doc(hidden)]
pub mod store;

#[doc(hidden)]
pub mod config;

#[doc(hidden)]
pub mod realm;

#[doc(hidden)]
pub mod explain;

#[doc(hidden)]
pub mod http;

#[doc(hidden)]
pub mod emulator;

#[cfg(feature = "demo")]
#[doc(hidden)]
pub mod demo;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;

pub use emulator::{Builder, Emulator, FaultGuard, RealmHandle, SignIn, SignInError, SignedIn, StartError};
pub use faults::{Fault, FaultOptions, Login};
pub use protocol::{Lifetime, UnixTime};
pub use realm::{Event, Expectation, Minted, TokenSpec, Unmet, Where};
pub use spec::{Check, Refusal};
pub use tokens::TokenKind;
pub use world::{Client, User};

pub use config::Config;

/// What a [`Config`], a [`Client`] and a [`Fault`] are made of.
pub mod configuration {
    pub use crate::config::{Format, MemoryConfig, Mistake, RefreshConfig, ResourceConfig, parse};
    pub use crate::faults::{Budget, Match, Point};
    pub use crate::protocol::{Map, Scopes, Span};
    pub use crate::tokens::Alg;
    pub use crate::world::{
        AccessTokenFormat, AccessTokenTyp, ApplicationType, AuthMethod, ClaimPick, Consent, GrantType, Lifetimes,
        RefreshTokenFormat, TokenClaims,
    };
}

/// What a provider says about itself: what happened, who is signed in, with which keys.
pub mod report {
    pub use crate::faults::{Applied, Origin};
    pub use crate::realm::{CheckView, Entry, ExchangeView, FlowView, KeyView, Met, SessionView, Snapshot};
}

/// The README's Rust is compiled and run with the other examples.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
