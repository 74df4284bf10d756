//! What a lie does, and so at which seam: plain functions on plain values.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use crate::protocol::{Map, ResponseType, UnixTime};
use crate::reply::Reply;
use crate::tokens::{TokenDraft, TokenKind};
use crate::world::{Client, Code, ConsentDecision, Draw, Grant, Records, Request, Settings};

use super::matching::{MatchFacts, Point};
use super::options::FaultOptions;
use crate::spec::Refusal;

/// What stays the same through one exchange while faults look at it.
#[derive(Clone, Copy, Debug)]
pub struct FaultContext<'a> {
    /// The realm's time.
    pub now: UnixTime,
    /// What the realm is told to be.
    pub settings: &'a Settings,
    /// The request.
    pub request: &'a Request,
    /// Whom the answer is for and about.
    pub facts: &'a MatchFacts,
}

/// What an edit may look at beside the thing that it alters.
#[derive(Debug)]
pub struct EditContext<'a> {
    /// The exchange.
    pub context: FaultContext<'a>,
    /// The rule's own numbers.
    pub options: &'a FaultOptions,
    /// The rule's own chance.
    pub draw: &'a mut Draw,
}

impl<'a> Deref for EditContext<'a> {
    type Target = FaultContext<'a>;

    fn deref(&self) -> &Self::Target {
        &self.context
    }
}

impl EditContext<'_> {
    /// The client that the answer is for, as a copy to be altered.
    pub fn client(&self) -> Option<Client> {
        self.settings.client(self.facts.client.as_str()).map(Arc::unwrap_or_clone)
    }

    /// The rule's number of seconds.
    pub fn seconds(&self, default: i64) -> i64 {
        self.options.seconds.unwrap_or(default)
    }
}

/// What a flow takes for true: the settings and the time of one request.
#[derive(Debug)]
pub struct Overrides<'a> {
    /// What the realm is told to be.
    pub settings: &'a mut Settings,
    /// What time it is.
    pub now: &'a mut UnixTime,
    /// The records that the request names.
    pub records: &'a Records,
}

/// How often and when an app is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallTiming {
    /// So many times, with the same message.
    pub times: usize,
    /// So long after the browser got its answer; at once, and before it, where this is nothing.
    pub delay: Duration,
    /// So long between the first half of the message and the second.
    pub pause: Duration,
}

impl Default for CallTiming {
    fn default() -> Self {
        Self { times: 1, delay: Duration::ZERO, pause: Duration::ZERO }
    }
}

/// What is wrong with a TLS handshake, or with the certificate that is shown in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsFlaw {
    /// Nobody was told of the authority that vouches for it.
    Untrusted,
    /// It was good until an hour ago.
    Expired,
    /// It is for another host.
    WrongHost,
    /// The server speaks nothing newer than TLS 1.0.
    OldVersion,
    /// The server says that it knows no host of this name.
    UnknownName,
}

impl Effect {
    /// Whether there can be something to alter in answers of this point; at the authorization endpoint, to requests of these
    /// response types.
    pub(super) fn may_speak_at(&self, point: Point, asked: &[ResponseType]) -> bool {
        let tokens = || asked.iter().any(|asked| asked.has_tokens());
        match self {
            // Before anything is asked there is no answer to alter.
            Self::Override(_) | Self::AnyReply(_) => point != Point::Connection,
            Self::Handshake(_) => point == Point::Connection,
            Self::Decline(_) | Self::Consent(_) | Self::Code(_) | Self::TellEarly => point == Point::Authorize,
            Self::Claims(_) => matches!(point, Point::Token | Point::Userinfo) || point == Point::Authorize && tokens(),
            Self::Draft(kind, _) | Self::Spoil(kind, _) => carries(point, *kind, asked),
            Self::Publish(_) => matches!(point, Point::Jwks | Point::Token) || point == Point::Authorize && tokens(),
            Self::Reply(at, _) => *at == point,
            Self::Call(_) => point == Point::BackChannelLogout,
        }
    }
}

/// Which tokens the answers of a point carry. An authorization response carries those that its response type asks for.
fn carries(point: Point, kind: TokenKind, asked: &[ResponseType]) -> bool {
    match kind {
        TokenKind::Id if point == Point::Authorize => asked.iter().any(|asked| asked.id_token),
        TokenKind::Access if point == Point::Authorize => asked.iter().any(|asked| asked.token),
        TokenKind::Id | TokenKind::Access | TokenKind::Refresh => point == Point::Token,
        TokenKind::UserInfo => point == Point::Userinfo,
        TokenKind::Introspection => point == Point::Introspection,
        TokenKind::Logout => point == Point::BackChannelLogout,
    }
}

/// One change at one seam. Each function says whether there was something to alter.
#[derive(Clone, Copy, Debug)]
pub enum Effect {
    /// Seam Settings, before the flow: it decides in a world that is a little different.
    Override(fn(&mut Overrides<'_>, &mut EditContext<'_>) -> bool),
    /// Seam Person: the person says no.
    Decline(Refusal),
    /// Seam Person: the person agrees to less, or to nothing.
    Consent(fn() -> ConsentDecision),
    /// Seam Code, before the commit: the code will give something else than what the person agreed to.
    Code(fn(&mut Code, &mut Grant, &mut EditContext<'_>) -> bool),
    /// Seam Claims: another person than the one who signed in.
    Claims(fn(&mut Map, &mut EditContext<'_>) -> bool),
    /// Seam Draft: a token says something else.
    Draft(TokenKind, fn(&mut TokenDraft, &mut EditContext<'_>) -> bool),
    /// Seam Signature: a token's text is spoilt.
    Spoil(TokenKind, fn(&mut String, &mut EditContext<'_>) -> bool),
    /// Seam Call: an app is called otherwise: more often, later, or not at all.
    Call(fn(&mut CallTiming, &mut EditContext<'_>) -> bool),
    /// Seam Call: an app that gets a code is told before it has it that the sign-in is over.
    TellEarly,
    /// Before there is a request: the connection does not become safe.
    Handshake(TlsFlaw),
    /// Seam Reply: the key set has a key more.
    Publish(fn() -> Option<Map>),
    /// Seam Reply: the answer at this point is another.
    Reply(Point, fn(&mut Reply, &mut EditContext<'_>) -> bool),
    /// Seam Reply: the answer at any point is another.
    AnyReply(fn(&mut Reply, &mut EditContext<'_>) -> bool),
}
