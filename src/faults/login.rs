//! Who signs in next, as a test says it.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::protocol::{Map, Scopes, nearest, words};
use crate::spec::Refusal;
use crate::world::{ConsentDecision, OWN_CLAIMS, Preset, Settings, User, UserDecision, wrong_sub};

use super::catalog::{FaultKind, find as fault};
use super::matching::{FaultTag, Match, Origin};
use super::options::Budget;

/// The answer to the next sign-in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Login {
    /// Which sign-in is meant; any, where nothing is said.
    #[serde(rename = "match")]
    pub when: Match,
    /// Who signs in, by `sub`, username or email. Somebody unknown needs `claims`.
    #[serde(rename = "as", skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Claims of this one sign-in, over the person's own; `null` leaves a claim out.
    pub claims: Map,
    /// The scopes that are agreed to, separated by spaces; all that are asked for, where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<Scopes>,
    /// The error by which the sign-in fails: `access_denied`, `interaction_required`, `login_required`, `server_error` or
    /// `temporarily_unavailable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, schema_with = "failures")]
    pub fail: Option<String>,
    /// Faults of the catalogue that this sign-in carries along: one id, or a list.
    #[serde(deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "OneOrMany")]
    pub fault: Vec<String>,
    /// How the person proved who they are, `amr`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amr: Option<Vec<String>>,
    /// How many seconds ago the person signed in.
    pub age: u32,
    /// Whether the page is shown, and whoever presses something on it is this person.
    pub page: bool,
    /// How often; once, where nothing is said.
    #[serde(flatten)]
    #[schemars(flatten)]
    pub budget: Budget,
}

fn failures(_: &mut SchemaGenerator) -> Schema {
    words(FAILURES.iter().map(|(name, _)| *name))
}

/// The name of a fault, or a list of names.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a fault's name, or a list of names")]
enum OneOrMany {
    /// One.
    One(#[schemars(schema_with = "super::fault_names")] String),
    /// Several.
    Many(Vec<String>),
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    })
}

/// The errors by which a sign-in can be told to fail.
pub const FAILURES: [(&str, Refusal); 5] = [
    ("access_denied", Refusal::UserDenied),
    ("interaction_required", Refusal::SecondFactorNeeded),
    ("login_required", Refusal::LoginRequired),
    ("server_error", Refusal::ProviderBroken),
    ("temporarily_unavailable", Refusal::ProviderBusy),
];

impl Login {
    /// This person signs in.
    pub fn by(user: &str) -> Self {
        Self { user: Some(user.to_owned()), ..Self::default() }
    }

    /// The sign-in fails with this error.
    pub fn fails(error: &str) -> Self {
        Self { fail: Some(error.to_owned()), ..Self::default() }
    }

    /// The person says no.
    pub fn declined() -> Self {
        Self::fails("access_denied")
    }

    /// Only at this client.
    #[must_use]
    pub fn at(mut self, client: &str) -> Self {
        self.when.client = Some(client.to_owned());
        self
    }

    /// Only for sign-ins that begin with this `login_hint`.
    #[must_use]
    pub fn hinted(mut self, login_hint: &str) -> Self {
        self.when.login_hint = Some(login_hint.to_owned());
        self
    }

    /// With this claim.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Agreeing to these scopes only.
    #[must_use]
    pub fn consenting_to(mut self, scopes: &str) -> Self {
        self.consent = Some(scopes.into());
        self
    }

    /// With a fault of the catalogue.
    #[must_use]
    pub fn with_fault(mut self, id: &str) -> Self {
        self.fault.push(id.to_owned());
        self
    }

    /// So many times.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.budget.times = Some(times);
        self
    }

    /// The mistakes that no single value shows: the field and what is wrong with it.
    pub fn check(&self, settings: &Settings) -> Result<(), (&'static str, String)> {
        for (field, said) in [
            ("match.user", self.when.user.is_some()),
            ("match.grant_type", self.when.grant_type.is_some()),
            ("match.endpoint", self.when.endpoint.is_some()),
        ] {
            if said {
                return Err((field, "a sign-in is matched by `client` and `login_hint`".into()));
            }
        }
        if let Some(error) = &self.fail {
            let known: Vec<&str> = FAILURES.iter().map(|(name, _)| *name).collect();
            if !known.contains(&error.as_str()) {
                let near = nearest(error, known.iter().copied()).map(|near| format!(" Did you mean `{near}`?"));
                let known = known.join(", ");
                return Err(("fail", format!("`{error}` is none of {known}.{}", near.unwrap_or_default())));
            }
            if self.user.is_some() {
                return Err(("fail", "a sign-in that fails is nobody's: leave out `as` or `fail`".into()));
            }
        } else if let Some(name) = &self.user {
            if settings.users.iter().all(|user| !user.answers_to(name)) && self.claims.is_empty() {
                return Err(("as", unknown_person(settings, name)));
            }
        } else if self.consent.is_none() {
            return Err(("as", "say who signs in, or `fail`, or `consent`".into()));
        }
        check_claims(&self.claims)?;
        self.fault.iter().try_for_each(|id| FaultKind::named(id).map(|_| ()).map_err(|e| ("fault", e)))
    }

    /// What is given in the person's place.
    pub fn preset(&self, settings: &Settings, origin: Origin) -> Preset {
        let consent = self.consent.clone().map(ConsentDecision::Only);
        let only_if_asked = origin == Origin::Config;
        Preset { answer: self.answer(settings, origin), consent, only_if_asked }
    }

    /// The claims that are set for this sign-in, and so reach the app whatever the scope.
    fn told(&self) -> Vec<String> {
        let set = self.claims.iter().filter(|(name, value)| !value.is_null() && *name != "sub");
        set.map(|(name, _)| name.clone()).collect()
    }

    /// Whether it says what is agreed to, and not who signs in.
    pub(super) fn is_consent_only(&self) -> bool {
        self.user.is_none() && self.fail.is_none()
    }

    fn answer(&self, settings: &Settings, origin: Origin) -> Option<UserDecision> {
        if let Some(error) = &self.fail {
            let failure = FAILURES.iter().find(|(name, _)| name == error);
            return failure.map(|(_, refusal)| UserDecision::Decline(*refusal));
        }
        let name = self.user.as_ref()?;
        let user = settings.users.iter().find(|user| user.answers_to(name)).cloned();
        let made_up = user.is_none();
        let user = user.unwrap_or_else(|| User::new(name));
        let sub = self.claims.get("sub").and_then(Value::as_str).map_or(user.sub, Into::into);
        let (mut over, told) = (self.claims.clone(), self.told());
        over.shift_remove("sub");
        let claims = (made_up || !self.claims.is_empty()).then(|| overlaid(user.claims, &over));
        let tags =
            self.fault.iter().filter_map(|id| fault(id)).map(|fault| FaultTag::write(origin, fault.id, fault.id));
        Some(UserDecision::SignIn {
            sub,
            claims,
            told,
            amr: self.amr.clone().unwrap_or_else(|| vec!["user".into()]),
            age: i64::from(self.age),
            tags: tags.collect(),
        })
    }
}

/// Nobody has this name: who is near, and who there is.
fn unknown_person(settings: &Settings, name: &str) -> String {
    let near = settings.nearest_person(name).map(|user| format!(" Did you mean `{}`?", user.sub)).unwrap_or_default();
    let known: Vec<&str> = settings.users.iter().take(20).map(|user| user.sub.as_str()).collect();
    let more = if settings.users.len() > known.len() { ", …" } else { "" };
    let known = known.join(", ");
    format!("Nobody here is called `{name}`.{near} There are {known}{more}; give `claims` to make someone up.")
}

/// Claims that the provider says of the sign-in itself are altered by a fault, or by a field of their own; `sub` may be another.
fn check_claims(claims: &Map) -> Result<(), (&'static str, String)> {
    let sub = claims.get("sub");
    if let Some((sub, why)) = sub.and_then(|sub| Some((sub, sub.as_str().map_or(Some("is no text"), wrong_sub)?))) {
        return Err(("claims.sub", format!("the sub {sub} {why}")));
    }
    let own = OWN_CLAIMS.iter().chain(&["amr"]).find(|name| **name != "sub" && claims.contains_key(**name));
    own.map_or(Ok(()), |own| {
        let instead = match *own {
            "amr" => "say `amr` beside `claims`",
            "auth_time" => "say by `age` how many seconds ago it was",
            _ => "a fault alters it, such as `idt.iss.wrong` or `idt.nonce.wrong`",
        };
        Err(("claims", format!("`{own}` is the provider's own: {instead}")))
    })
}

fn overlaid(mut claims: Map, over: &Map) -> Map {
    for (name, value) in over {
        if value.is_null() {
            claims.shift_remove(name);
        } else {
            claims.insert(name.clone(), value.clone());
        }
    }
    claims
}
