//! Standin: a fake identity provider that is honest by default, lies on request, and shows everything it does.
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
//! # The house
//!
//! ```text
//! 7 cli                                        commands
//! 6 emulator │ demo                            the provider in your process · a sample app that knows only its issuer
//! 5 http                                       axum and askama: requests become values, replies become responses
//! 4 realm                                      where flows, profile, faults, store and keys meet
//! 3 flows │ profile │ faults │ store │ config  strangers to each other
//! 2 world                                      people, apps and promises: what a flow may see, and what it may say
//! 1 tokens │ reply                             keys and signatures · answers as data
//! 0 protocol │ spec                            words on the wire · what is checked, and where that is written
//! ```
//!
//! A module names only lower floors; neighbours are strangers, `protocol` and `spec` excepted. What strangers must share
//! lies below them: the things that a flow may *say* live in [`world`], and a profile hands flows plain settings.
//!
//! # What never happens
//!
//! 1. Below floor 4 nothing is `async`, the backends of [`store`] excepted. Below floor 5 nothing knows HTTP's machinery.
//! 2. Flows do not know that faults, vendors or the journal exist.
//! 3. No vendor's name occurs outside `profile/catalog/`.
//! 4. Nobody reads the machine's clock, dice or environment but `world/clock.rs`, `world/entropy.rs` (keys are made in
//!    `tokens/generate.rs`) and [`cli`].
//! 5. There are no statics. Everything that can change belongs to one [`realm::Realm`].
//! 6. A [`world::ReturnAddress`] comes only from its checking constructor, a [`flows::AuthenticatedClient`] only from
//!    [`flows::verify_client`].
//! 7. Nothing is locked while signing, sleeping or sending.
//!
//! `tests/it/architecture.rs` keeps these.
//!
//! # A code flow, by file
//!
//! 1. `http/front_door.rs` hands `GET /authorize` to `http/routes.rs`, whose table names the flow for each door.
//! 2. `http/extract/` turns the request into a [`world::Request`]; whatever is wrong with it is for the flow to refuse.
//! 3. `realm/exchange.rs` is one request from end to end; for it `realm/decide.rs` loads the records that the request names, runs
//!    `flows/authorize.rs` on them, and commits what it changed, or runs it again if another request was faster.
//! 4. `flows/visit.rs` finds client, way back and parameters; `flows/next_step.rs` decides what comes next. Every check is a
//!    row of `spec/check.rs` with its rule and its breach; what failed is told in the words of the case by `spec/refused.rs`.
//! 5. `profile/word.rs` turns the decision into a [`reply::Reply`], and `http/pages.rs` that into the sign-in page.
//! 6. The form comes back to `flows/sign_in.rs`, `next_step` gives a code, and `flows/token/authorization_code.rs` redeems it.
//! 7. `profile/shape.rs` drafts the tokens, `faults/plan.rs` alters them if a rule says so, `tokens/ring.rs` signs.
//! 8. `http/record.rs` adds the bytes, and `realm/journal.rs` threads the exchange into its flow.
//!
//! # A lie, by file
//!
//! 1. `faults/fault.rs` is the wish, the same in JSON and Rust; `faults/rule.rs` keeps it with its budget.
//! 2. `realm/case.rs` knows whom a request is about, and `faults/plan.rs` chooses the rules that speak.
//! 3. `realm/rules.rs` takes wishes and says which can never speak. `faults/catalog/` says what each alters, at one of the seams of `faults/effect.rs`: premise, person, code, claims, draft, signature,
//!    reply. `realm/exchange.rs` and `realm/lies.rs` call the plan at each seam, in this order.
//! 4. `http/delivery.rs` sends the answer late, in pieces, or not at all.

// In the order in which they are best read.
pub mod protocol;
pub mod spec;
pub mod tokens;

pub mod reply;
pub mod world;

pub mod flows;

pub mod profile;

pub mod faults;

pub mod store;

pub mod config;

pub mod realm;

pub mod http;

pub mod emulator;

#[cfg(feature = "demo")]
pub mod demo;

#[cfg(feature = "cli")]
pub mod cli;

pub use config::Config;
pub use emulator::{Builder, Emulator, FaultGuard, RealmHandle, SignIn, SignInError, SignedIn};
pub use faults::{Fault, Login};
pub use protocol::UnixTime;
pub use realm::{Event, Expectation, TokenSpec};
pub use spec::{Check, Refusal};
pub use tokens::TokenKind;
pub use world::{Client, User};

/// The README's Rust is compiled and run with the other examples.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
