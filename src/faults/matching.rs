//! When a rule speaks: what was said about it, and what is known of a request.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use crate::protocol::{ClientId, ResponseType, Subject, words};
use crate::world::GrantType;

/// Who made a rule: the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The username or `login_hint` said so, as in `alice+bad-nonce@example.com`.
    TestIdentity,
    /// Whoever answered the sign-in page chose it there.
    SignInPage,
    /// A test said who signs in next.
    NextLogin,
    /// A test asked for a fault.
    Fault,
    /// The configuration has people sign in by themselves.
    Config,
}

/// When a rule speaks. Nothing said means always.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Match {
    /// Only for this client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Only about this person, by `sub`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Only for sign-ins that began with this `login_hint`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_hint: Option<String>,
    /// Only at this endpoint: `discovery`, `jwks`, `authorize`, `token`, `userinfo`, `introspection`, `revocation`, `check_session`, `registration`, `end_session`, `backchannel_logout`, `api`, `connection`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Point>,
    /// Only for tokens that are got in this way: `authorization_code`, `refresh_token`, `client_credentials`, `password`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, schema_with = "grant_types")]
    pub grant_type: Option<String>,
}

fn grant_types(_: &mut SchemaGenerator) -> Schema {
    words(GrantType::AT_TOKEN_ENDPOINT.map(GrantType::as_str))
}

/// A point at which answers are delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Point {
    /// Both metadata documents.
    Discovery,
    /// The key set.
    Jwks,
    /// Authorization, and the pages that belong to it.
    Authorize,
    /// The token endpoint.
    Token,
    /// UserInfo.
    Userinfo,
    /// Introspection.
    Introspection,
    /// Revocation.
    Revocation,
    /// The page that apps ask whether the sign-in is still the same.
    CheckSession,
    /// Where apps register themselves.
    Registration,
    /// Logout, and its page.
    EndSession,
    /// The message that an app gets when a sign-in is over.
    #[serde(rename = "backchannel_logout")]
    BackChannelLogout,
    /// The sample API.
    Api,
    /// A TLS handshake, before anything is asked.
    Connection,
}

impl Match {
    /// Whether everything that was said fits. What is not known yet does not fit.
    pub(super) fn fits(&self, facts: &MatchFacts) -> bool {
        let fits =
            |wanted: &Option<String>, is: Option<&str>| wanted.as_deref().is_none_or(|wanted| Some(wanted) == is);
        fits(&self.client, Some(facts.client.as_str()))
            && fits(&self.user, facts.user.as_ref().map(Subject::as_str))
            && fits(&self.login_hint, facts.login_hint.as_deref())
            && fits(&self.grant_type, facts.grant_type.as_deref())
            && self.endpoint.is_none_or(|point| point == facts.point)
    }
}

/// Whom an answer is for and about: what rules are matched against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchFacts {
    /// Where the answer is delivered.
    pub point: Point,
    /// `client_id`
    pub client: ClientId,
    /// `sub`, once it is known.
    pub user: Option<Subject>,
    /// The `login_hint` with which the sign-in began.
    pub login_hint: Option<String>,
    /// `grant_type`, at the token endpoint.
    pub grant_type: Option<String>,
    /// `response_type`, at the authorization endpoint.
    pub response_type: ResponseType,
    /// What was chosen for this sign-in: faults by id.
    pub tags: Vec<FaultTag>,
}

impl MatchFacts {
    /// Nothing is known but the point.
    pub fn at(point: Point) -> Self {
        let (client, tags) = (ClientId::default(), Vec::new());
        let response_type = ResponseType::default();
        Self { point, client, user: None, login_hint: None, grant_type: None, response_type, tags }
    }
}

/// A fault that a sign-in carries along, as it is written in the session: `i:` from a test identity, `p:` from the page, `n:` from
/// a next sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultTag {
    /// The fault's id.
    pub fault: String,
    /// Who chose it.
    pub origin: Origin,
    /// As whoever chose it wrote it, such as `+bad-nonce`.
    pub said: String,
}

impl FaultTag {
    /// A tag as the flows carry it.
    pub fn write(origin: Origin, said: &str, fault: &str) -> String {
        let letter = match origin {
            Origin::TestIdentity => 'i',
            Origin::NextLogin => 'n',
            _ => 'p',
        };
        format!("{letter}:{said}:{fault}")
    }

    /// Reads a tag; one without a letter comes from the page.
    pub fn read(text: &str) -> Self {
        let mut parts = text.splitn(3, ':');
        let (letter, said, fault) = (parts.next(), parts.next(), parts.next());
        match (letter, said, fault) {
            (Some(letter), Some(said), Some(fault)) => {
                let origin = match letter {
                    "i" => Origin::TestIdentity,
                    "n" => Origin::NextLogin,
                    _ => Origin::SignInPage,
                };
                Self { fault: fault.into(), origin, said: said.into() }
            }
            _ => Self { fault: text.into(), origin: Origin::SignInPage, said: text.into() },
        }
    }
}
