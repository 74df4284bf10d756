//! Tokens without a sign-in: for tests of APIs, and for a look at what a token would be.

use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

use crate::profile::{Beside, Profile};
use crate::protocol::{AccessId, GrantId, Map, Scopes, Span, UnixTime, nearest, words};
use crate::store::Unavailable;
use crate::tokens::TokenKind;
use crate::world::{
    AccessSlot, AccessToken, AccessTokenFormat, Client, Draw, Grant, IdTokenSlot, Issuance, RecordKey, Records,
    Settings, SignedInUser,
};

use super::Realm;

/// The token that is wanted. Who it is about and for whom need not exist in the configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TokenSpec {
    /// `sub`; the client, where nobody is named.
    #[serde(rename = "as")]
    pub user: Option<String>,
    /// `client_id`
    pub client: String,
    /// `scope`
    pub scope: Scopes,
    /// `aud` of an access token.
    pub audience: Option<String>,
    /// Claims to add or to overwrite.
    pub claims: Map,
    /// How long it is good for; the configured lifetime, where nothing is said. A negative span makes a token that has expired.
    pub ttl: Option<Span>,
    /// Access or ID token.
    #[serde(deserialize_with = "minted")]
    #[schemars(schema_with = "minted_kinds")]
    pub kind: TokenKind,
}

/// The kinds that can be had without a sign-in.
const MINTED: [&str; 2] = ["access", "id"];

fn minted_kinds(_: &mut SchemaGenerator) -> Schema {
    words(MINTED)
}

fn minted<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TokenKind, D::Error> {
    let name = String::deserialize(deserializer)?;
    match name.as_str() {
        "access" => Ok(TokenKind::Access),
        "id" => Ok(TokenKind::Id),
        other => Err(de::Error::unknown_variant(other, &MINTED)),
    }
}

impl TokenSpec {
    /// An access token about a person, for a client called `standin`.
    pub fn access(user: &str) -> Self {
        Self { user: Some(user.to_owned()), client: "standin".into(), ..Self::default() }
    }

    /// An access token of a client's own.
    pub fn of_client(client: &str) -> Self {
        Self { client: client.to_owned(), ..Self::default() }
    }

    /// An ID token about a person, for a client.
    pub fn id(user: &str, client: &str) -> Self {
        Self { user: Some(user.to_owned()), client: client.to_owned(), kind: TokenKind::Id, ..Self::default() }
    }

    /// For this client.
    #[must_use]
    pub fn client(mut self, client: &str) -> Self {
        client.clone_into(&mut self.client);
        self
    }

    /// With these scopes, separated by spaces.
    #[must_use]
    pub fn scope(mut self, scope: &str) -> Self {
        self.scope = scope.into();
        self
    }

    /// With this `aud`.
    #[must_use]
    pub fn audience(mut self, audience: &str) -> Self {
        self.audience = Some(audience.to_owned());
        self
    }

    /// With this claim.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }
}

/// A token and what it says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Minted {
    /// The token.
    pub token: String,
    /// Its claims, where it is a JWT.
    pub claims: Map,
    /// How many seconds it is good for; negative, if it has expired.
    pub expires_in: i64,
    /// What about it could not be had by a sign-in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// How much longer than a token its record is kept, so that an expired one is told from an unknown one.
const EXPIRED: crate::protocol::Lifetime = crate::protocol::Lifetime::of_seconds(3_600);

/// A token before it is signed, and the records that would make the provider know it.
struct Planned {
    issuance: Issuance,
    records: Records,
    issued_at: UnixTime,
    until: UnixTime,
}

impl Realm {
    /// Makes a token that this provider knows: UserInfo and introspection answer for it.
    pub async fn mint(&self, spec: &TokenSpec) -> Result<Minted, Unavailable> {
        if !matches!(spec.kind, TokenKind::Access | TokenKind::Id) {
            return Err(Unavailable("only access tokens and ID tokens can be had without a sign-in".into()));
        }
        let (settings, now) = (self.settings(), self.now());
        let (spec, notes) = resolved(&settings, spec);
        let planned = plan(&settings, &spec, now, self.entropy.draw());
        // Names are drawn by chance, so nobody else's record has one of these; a realm whose seed was begun anew may have.
        if !self.store.commit(planned.records.changes(), now).await? {
            return Err(Unavailable("a token of this name is kept already: ask again".into()));
        }
        Ok(Minted { notes, ..sign(&self.profile, &settings, &spec, &planned, now) })
    }
}

impl Realm {
    /// Why a wish is a slip: its person is nobody's name but almost somebody's, and nothing was said that would make them up.
    pub fn misspelt(&self, spec: &TokenSpec) -> Option<String> {
        let settings = self.settings();
        let name = spec.user.as_deref().filter(|_| spec.claims.is_empty())?;
        let known = settings.users.iter().any(|user| user.answers_to(name));
        let near = settings.nearest_person(name).filter(|_| !known)?;
        Some(format!("Nobody here is called `{name}`. Did you mean `{}`? With claims somebody is made up.", near.sub))
    }
}

/// The same wish with the person's `sub` for whatever name they go by, and with what is odd about it.
fn resolved(settings: &Settings, spec: &TokenSpec) -> (TokenSpec, Vec<String>) {
    let (mut spec, mut notes) = (spec.clone(), Vec::new());
    if let Some(name) = &spec.user {
        if let Some(user) = settings.users.iter().find(|user| user.answers_to(name)) {
            if user.locked {
                notes.push(format!("{} is locked: a sign-in would be refused", user.shown_name()));
            }
            spec.user = Some(user.sub.to_string());
        } else {
            let near = settings.nearest_person(name).map(|user| format!(" Did you mean {}?", user.sub));
            let near = near.unwrap_or_default();
            notes.push(format!("nobody here is called {name}, so the token has no claims of a person.{near}"));
        }
    }
    let client = settings.client(&spec.client);
    if client.is_none() {
        let near = nearest(&spec.client, settings.clients.keys().map(crate::protocol::ClientId::as_str));
        let near = near.map(|near| format!(" Did you mean {near}?")).unwrap_or_default();
        notes.push(format!("the client {} is not registered: a sign-in would be refused.{near}", spec.client));
    }
    let allowed = client.as_ref().and_then(|client| client.scope.as_ref());
    if allowed.is_some_and(|allowed| !spec.scope.is_within(allowed)) {
        notes.push(format!("the client {} may not ask for all of: {}", spec.client, spec.scope));
    }
    (spec, notes)
}

fn plan(settings: &Settings, spec: &TokenSpec, now: UnixTime, mut draw: Draw) -> Planned {
    let client = settings.client(&spec.client).unwrap_or_else(|| Arc::new(Client::unregistered(&spec.client)));
    let lifetimes = settings.lifetimes(&client);
    let configured = if spec.kind == TokenKind::Id { lifetimes.id_token } else { lifetimes.access_token };
    let until = spec.ttl.map_or_else(|| now.plus(configured), |ttl| ttl.after(now));
    let issued_at = if until <= now { UnixTime(until.0.saturating_sub(configured.seconds())) } else { now };
    let sub = spec.user.as_deref().unwrap_or(&spec.client);
    // UserInfo answers for somebody made up as well: with nothing but their name.
    let made_up = spec.user.is_some() && settings.user(&sub.into()).is_none();
    let person = SignedInUser { claims: made_up.then(Map::new), ..SignedInUser::known(sub.into()) };
    let grant = Arc::new(Grant {
        auth_time: spec.user.as_ref().map(|_| now),
        ..Grant::new(&settings.issuer, client.client_id(), person, spec.scope.clone())
    });
    let opaque = settings.access_token_format(&client) == AccessTokenFormat::Opaque;
    let access: AccessId = if opaque { draw.secret() } else { draw.id() }.into();
    let grant_id: GrantId = draw.id().into();
    let audience = spec.audience.clone().or_else(|| client.audience.clone()).unwrap_or_else(|| settings.issuer.clone());
    let mut records = Records::default();
    if spec.kind == TokenKind::Access {
        let record = AccessToken {
            grant: grant_id.clone(),
            scopes: spec.scope.clone(),
            audience: vec![audience.clone()],
            issued_at,
            until,
            opaque,
            revoked: false,
        };
        // An expired token is still known as one.
        let kept = until.max(now).plus(EXPIRED);
        records.put(RecordKey::AccessToken(access.clone()), record, kept);
        records.put(RecordKey::Grant(grant_id.clone()), Arc::clone(&grant), kept);
    }
    let audience = vec![audience];
    let access_slot = AccessSlot { name: access, audience, until, names_resource: false, opaque };
    let issuance = Issuance {
        client,
        grant,
        grant_id,
        scopes: spec.scope.clone(),
        access: (spec.kind == TokenKind::Access).then_some(access_slot),
        // Whoever made it by hand reads it.
        recipient: None,
        id_token: (spec.kind == TokenKind::Id).then_some(IdTokenSlot { says_nonce: true, says_scopes: false }),
        refresh: None,
    };
    Planned { issuance, records, issued_at, until }
}

fn sign(profile: &Profile, settings: &Settings, spec: &TokenSpec, planned: &Planned, now: UnixTime) -> Minted {
    let (issuance, issued_at) = (&planned.issuance, planned.issued_at);
    let expires_in = planned.until.since(now);
    let draft = match spec.kind {
        TokenKind::Id => profile.draft_id_token(settings, issuance, Beside::default(), issued_at),
        _ => profile.draft_access_token(settings, issuance, issued_at),
    };
    let Some(mut draft) = draft else {
        return Minted {
            token: issuance.access.as_ref().map(|slot| slot.name.to_string()).unwrap_or_default(),
            claims: Map::new(),
            expires_in,
            notes: Vec::new(),
        };
    };
    if spec.kind == TokenKind::Id {
        draft.claims.insert("exp".into(), planned.until.0.into());
        // Nobody asks UserInfo with an ID token that was made by hand: what the scopes open is in the token.
        let known = settings.claims_of(&issuance.grant.person).cloned().unwrap_or_default();
        draft.claims.extend(settings.opened_by(spec.scope.iter(), &known));
    }
    draft.claims.extend(spec.claims.clone());
    Minted { token: settings.keys.sign(&draft), claims: draft.claims, expires_in, notes: Vec::new() }
}
