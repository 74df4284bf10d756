//! What tokens look like before they are signed.

use serde::Serializer as _;
use serde_json::{Value, json};

use crate::protocol::{Lifetime, Map, Scopes, SessionId, UnixTime};
use crate::tokens::{Alg, KeyChoice, REFRESH_TYP, TokenDraft, half_hash};
use crate::world::{
    Client, Introspection, Issuance, RefreshTokenFormat, Session, Settings, SignedInUser, SigningAlg, UserInfo,
    is_blank,
};

use super::Profile;
use super::person_claims::{from_elsewhere, known};
use super::spelling::{Claim, spelled};

/// What the answer that carries an ID token carries beside it: the ID token says the hash of each,
/// [Core §3.3.2.11](https://openid.net/specs/openid-connect-core-1_0.html#HybridIDToken).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Beside<'a> {
    /// The access token.
    pub access_token: Option<&'a str>,
    /// The code.
    pub code: Option<&'a str>,
    /// The `state`, where the answer comes by the browser,
    /// [FAPI 1.0 Advanced §5.2.2.1](https://openid.net/specs/openid-financial-api-part-2-1_0.html#id-token-as-detached-signature).
    pub state: Option<&'a str>,
}

/// The tokens of an answer, signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Signed {
    /// The access token.
    pub access: Option<String>,
    /// The ID token.
    pub id: Option<String>,
    /// The refresh token, where it is a JWT.
    pub refresh: Option<String>,
    /// The signed answer of UserInfo.
    pub userinfo: Option<String>,
    /// Introspection's answer as a token.
    pub introspection: Option<String>,
}

impl Profile {
    /// The access token, [RFC 9068 §2](https://www.rfc-editor.org/rfc/rfc9068#section-2); none where it is opaque.
    pub(crate) fn draft_access_token(
        &self,
        settings: &Settings,
        issuance: &Issuance,
        now: UnixTime,
    ) -> Option<TokenDraft> {
        let slot = issuance.access.as_ref()?;
        if slot.opaque {
            return None;
        }
        let token = Token { settings, issuance, now, until: slot.until, name: slot.name.as_str() };
        let mut claims = spelled(&self.claims.access_token, |claim| match claim {
            Claim::Aud => Some(one_or_many(&slot.audience)),
            other => token.claim(other),
        });
        let grant = &issuance.grant;
        let known = known(settings, grant);
        add_new(&mut claims, settings.unasked(Some(&issuance.client), |kinds| &kinds.access_token, &known));
        let key = KeyChoice::Current(settings.access_token_alg(&issuance.client));
        let typ = settings.access_token_typ(&issuance.client, &slot.audience, slot.names_resource);
        Some(TokenDraft { grant: Some(issuance.grant_id.clone()), ..TokenDraft::new(typed(typ.as_str()), claims, key) })
    }

    /// The ID token, [Core §2](https://openid.net/specs/openid-connect-core-1_0.html#IDToken); none where nobody asked who this is.
    pub(crate) fn draft_id_token(
        &self,
        settings: &Settings,
        issuance: &Issuance,
        beside: Beside<'_>,
        now: UnixTime,
    ) -> Option<TokenDraft> {
        let slot = issuance.id_token?;
        let (grant, client) = (&issuance.grant, &issuance.client);
        let alg = settings.id_token_alg(client);
        // What is unsigned names no hash; that of the default is as good as any.
        let hash = alg.signed().unwrap_or_default();
        let until = now.plus(settings.lifetimes(client).id_token);
        let token = Token { settings, issuance, now, until, name: "" };
        let mut claims = spelled(&self.claims.id_token, |claim| match claim {
            Claim::Aud => Some(grant.client.as_str().into()),
            Claim::Nonce => grant.nonce.as_deref().filter(|_| slot.says_nonce).map(Value::from),
            Claim::AtHash => beside.access_token.map(|token| half_hash(hash, token).into()),
            Claim::CHash => beside.code.map(|code| half_hash(hash, code).into()),
            Claim::SHash => beside.state.map(|state| half_hash(hash, state).into()),
            other => token.claim(other),
        });
        let known = known(settings, grant);
        let known: &Map = &known;
        add_new(&mut claims, told(&grant.person, known));
        add_new(&mut claims, asked_for(&grant.claims.id_token, known));
        if slot.says_scopes {
            let opened = issuance.scopes.iter().filter_map(|scope| settings.scopes.get(scope)).flatten();
            let opened = opened.map(|name| (name.clone(), Value::Null)).collect();
            add_new(&mut claims, asked_for(&opened, known));
        }
        let wanted = |name: &str| {
            slot.says_scopes && opens(settings, &issuance.scopes, name) || grant.claims.id_token.contains_key(name)
        };
        add_new(&mut claims, from_elsewhere(settings, grant, wanted));
        add_new(&mut claims, settings.unasked(Some(client), |kinds| &kinds.id_token, known));
        Some(TokenDraft::new(typed("JWT"), claims, key_for(client, alg)))
    }

    /// The refresh token, for an app that looks into it; none where it is opaque. Only its `jti` counts here.
    pub(crate) fn draft_refresh_token(
        &self,
        settings: &Settings,
        issuance: &Issuance,
        now: UnixTime,
    ) -> Option<TokenDraft> {
        let slot = issuance.refresh.as_ref()?;
        if settings.refresh_token_format(&issuance.client) == RefreshTokenFormat::Opaque {
            return None;
        }
        let token = Token { settings, issuance, now, until: slot.until, name: slot.value.as_str() };
        let claims = spelled(&self.claims.refresh_token, |claim| match claim {
            Claim::Aud => Some(settings.issuer.as_str().into()),
            other => token.claim(other),
        });
        let key = KeyChoice::Current(settings.access_token_alg(&issuance.client));
        Some(TokenDraft::new(typed(REFRESH_TYP), claims, key))
    }

    /// The logout token of a sign-in that is over, [Back-Channel Logout §2.4](https://openid.net/specs/openid-connect-backchannel-1_0.html#LogoutToken).
    pub(crate) fn draft_logout_token(
        &self,
        settings: &Settings,
        client: &Client,
        (sid, session): (&SessionId, &Session),
        (now, jti): (UnixTime, &str),
    ) -> TokenDraft {
        const LIVES: Lifetime = Lifetime::of_seconds(120);
        let claims = spelled(&self.claims.logout_token, |claim| match claim {
            Claim::Iss => Some(settings.issuer.as_str().into()),
            Claim::Sub => Some(settings.subject_for(&client.client_id(), &session.person.sub).as_str().into()),
            Claim::Aud => Some(client.id.as_str().into()),
            Claim::Iat => Some(now.0.into()),
            Claim::Exp => Some(now.plus(LIVES).0.into()),
            Claim::Jti => Some(jti.into()),
            Claim::Sid => Some(sid.as_str().into()),
            Claim::Events => Some(json!({ "http://schemas.openid.net/event/backchannel-logout": {} })),
            _ => None,
        });
        TokenDraft::new(typed("logout+jwt"), claims, key_for(client, settings.logout_token_alg(client).into()))
    }

    /// What UserInfo says, [Core §5.3.2](https://openid.net/specs/openid-connect-core-1_0.html#UserInfoResponse), written out
    /// from where it is kept.
    pub(crate) fn write_userinfo(&self, settings: &Settings, info: &UserInfo) -> Vec<u8> {
        let known = known(settings, &info.grant);
        let known: &Map = &known;
        let unasked = settings.unasked(info.client.as_deref(), |kinds| &kinds.userinfo, known);
        let own = spelled(&self.claims.userinfo, |claim| match claim {
            Claim::Iss => Some(settings.issuer.as_str().into()),
            Claim::Sub => Some(settings.subject_for(&info.grant.client, &info.grant.person.sub).as_str().into()),
            _ => None,
        });
        let mut said: Vec<(&str, &Value)> = Vec::with_capacity(own.len() + known.len() + unasked.len());
        said.extend(own.iter().map(|(name, value)| (name.as_str(), value)));
        let opened = info.access.scopes.iter().filter_map(|scope| settings.scopes.get(scope)).flatten();
        let asked = opened.chain(info.grant.claims.userinfo.keys()).chain(&info.grant.person.told);
        let asked = asked.filter_map(|name| Some((name.as_str(), known.get(name).filter(|value| !is_blank(value))?)));
        let grant = &info.grant;
        let wanted =
            |name: &str| opens(settings, &info.access.scopes, name) || grant.claims.userinfo.contains_key(name);
        let elsewhere = from_elsewhere(settings, grant, wanted);
        let asked = asked.chain(elsewhere.iter().map(|(name, value)| (name.as_str(), value)));
        for (name, value) in asked.chain(unasked.iter().map(|(name, value)| (name.as_str(), value))) {
            if said.iter().all(|(other, _)| *other != name) {
                said.push((name, value));
            }
        }
        let mut text = Vec::with_capacity(1024);
        let written = serde_json::Serializer::new(&mut text).collect_map(said);
        written.expect("a JSON object can always be written");
        text
    }

    /// UserInfo's answer as a token, for a client that registered `userinfo_signed_response_alg`.
    pub(crate) fn draft_signed_userinfo(&self, settings: &Settings, info: &UserInfo) -> Option<TokenDraft> {
        let client = info.client.as_deref()?;
        let alg = client.userinfo_signed_response_alg?;
        let written = self.write_userinfo(settings, info);
        let mut claims: Map = serde_json::from_slice(&written).expect("it was written as an object");
        claims.insert("iss".into(), settings.issuer.as_str().into());
        claims.insert("aud".into(), client.id.as_str().into());
        Some(TokenDraft::new(typed("JWT"), claims, key_for(client, alg)))
    }
}

impl Profile {
    /// Introspection's answer as a token, [RFC 9701 §5](https://www.rfc-editor.org/rfc/rfc9701#section-5), where it is asked for so.
    pub(crate) fn draft_introspection(
        settings: &Settings,
        answer: &Introspection,
        now: UnixTime,
    ) -> Option<TokenDraft> {
        let client = answer.client.as_ref();
        let mut claims = Map::new();
        claims.insert("iss".into(), settings.issuer.as_str().into());
        claims.insert("aud".into(), client.id.as_str().into());
        claims.insert("iat".into(), now.0.into());
        claims.insert("token_introspection".into(), answer.members.clone().into());
        let alg = client.introspection_signed_response_alg.unwrap_or_default();
        let draft = TokenDraft::new(typed("token-introspection+jwt"), claims, key_for(client, alg.into()));
        answer.as_jwt.then_some(draft)
    }
}

fn typed(typ: &str) -> Map {
    Map::from_iter([("typ".to_owned(), Value::from(typ))])
}

fn key_for(client: &Client, alg: SigningAlg) -> KeyChoice {
    match (&client.secret, alg.signed()) {
        (_, None) => KeyChoice::Unsigned,
        (Some(secret), Some(Alg::HS256)) => KeyChoice::Secret(secret.clone()),
        // A configuration that asks for HS256 without a secret is refused when it is read.
        (None, Some(Alg::HS256)) => KeyChoice::Current(Alg::RS256),
        (_, Some(alg)) => KeyChoice::Current(alg),
    }
}

/// What all tokens say in the same way.
struct Token<'a> {
    settings: &'a Settings,
    issuance: &'a Issuance,
    now: UnixTime,
    until: UnixTime,
    name: &'a str,
}

impl Token<'_> {
    fn claim(&self, claim: Claim) -> Option<Value> {
        let (settings, grant) = (self.settings, &self.issuance.grant);
        match claim {
            Claim::Iss => Some(settings.issuer.as_str().into()),
            Claim::Sub => Some(settings.subject_for(&grant.client, &grant.person.sub).as_str().into()),
            Claim::ClientId => Some(grant.client.as_str().into()),
            Claim::Exp => Some(self.until.0.into()),
            Claim::Iat => Some(self.now.0.into()),
            Claim::Jti => Some(self.name.into()),
            Claim::Scope if self.issuance.scopes.is_empty() => None,
            Claim::Scope => Some(self.issuance.scopes.to_string().into()),
            Claim::AuthTime => Some(grant.auth_time?.0.into()),
            Claim::Acr => Some(grant.acr.as_deref()?.into()),
            Claim::Amr if grant.amr.is_empty() => None,
            Claim::Amr => Some(grant.amr.clone().into()),
            Claim::Sid => Some(grant.session.as_ref()?.as_str().into()),
            // These belong to one kind of token, which says them itself.
            Claim::Aud | Claim::Nonce | Claim::AtHash | Claim::CHash | Claim::SHash | Claim::Events => None,
        }
    }
}

/// A claim of the provider's own is never overwritten: a lie is a fault, not a setting.
fn add_new(claims: &mut Map, more: Map) {
    for (name, value) in more {
        claims.entry(name).or_insert(value);
    }
}

/// Whether one of these scopes opens a claim.
fn opens(settings: &Settings, scopes: &Scopes, name: &str) -> bool {
    settings.scopes_opening(name).any(|scope| scopes.contains(scope))
}

fn asked_for(wishes: &Map, known: &Map) -> Map {
    let known = |name: &String| known.get(name).filter(|value| !is_blank(value)).cloned();
    wishes.keys().filter_map(|name| Some((name.clone(), known(name)?))).collect()
}

/// What somebody set for this one sign-in, which the app is told whatever the scope: that is why it was set.
fn told(person: &SignedInUser, known: &Map) -> Map {
    let known = |name: &String| known.get(name).cloned();
    person.told.iter().filter_map(|name| Some((name.clone(), known(name)?))).collect()
}

fn one_or_many(values: &[String]) -> Value {
    match values {
        [only] => only.as_str().into(),
        many => many.to_vec().into(),
    }
}
