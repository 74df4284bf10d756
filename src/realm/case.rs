//! What can be known of a request before it is decided, from the request itself and from the records that it names.

use crate::faults::{FaultTag, MatchFacts, Point};
use crate::protocol::{AccessId, ClientId, Params};
use crate::tokens::{Opened, OwnAccess};
use crate::world::{
    Credential, Decision, Endpoint, Grant, Issuance, Outcome, Question, Record, RecordKey, Records, Request, Settings,
};

/// The records that a request names by itself, so that most flows find all they need in one round.
pub(super) fn names(request: &Request, recognised: Option<&OwnAccess>) -> Vec<RecordKey> {
    let shows = matches!(request.endpoint, Endpoint::Introspection | Endpoint::Revocation | Endpoint::UserInfo);
    let mut names: Vec<RecordKey> = request.browser.clone().map(RecordKey::Browser).into_iter().collect();
    if shows {
        names.extend(shown(&request.params));
    }
    names.extend(named_by(&request.params, request.credential.as_ref(), recognised.map(|own| &own.id)));
    names.extend(recognised.and_then(|own| own.grant.clone()).map(RecordKey::Grant));
    names
}

/// The records that a request names, whoever brings it: a page, a code, a token, a sign-in.
pub fn record_names(params: &Params, credential: Option<&Credential>) -> Vec<RecordKey> {
    let hinted = params.get("id_token_hint").and_then(Opened::claimed_sid).map(|sid| RecordKey::Session(sid.into()));
    named_by(params, credential, None).chain(shown(params)).chain(hinted).collect()
}

/// The records of a token that is shown in a form.
fn shown(params: &Params) -> impl Iterator<Item = RecordKey> {
    let refresh = params.get("token").map(refresh_name);
    let access = params.get("token").or(params.get("access_token"));
    let access =
        access.map(|token| RecordKey::AccessToken(Opened::claimed_jti(token).unwrap_or_else(|| token.into()).into()));
    refresh.into_iter().chain(access)
}

fn named_by(
    params: &Params,
    credential: Option<&Credential>,
    recognised: Option<&AccessId>,
) -> impl Iterator<Item = RecordKey> {
    let interaction = params.get("interaction").map(|id| RecordKey::Interaction(id.into()));
    let code = params.get("code").map(|code| RecordKey::Code(code.into()));
    let refresh = params.get("refresh_token").map(refresh_name);
    let access = match (credential, recognised) {
        (_, Some(id)) => Some(RecordKey::AccessToken(id.clone())),
        (Some(Credential::Bearer(token)), None) => {
            Some(RecordKey::AccessToken(Opened::claimed_jti(token).unwrap_or_else(|| token.clone()).into()))
        }
        _ => None,
    };
    [interaction, code, refresh, access].into_iter().flatten()
}

/// The name that a refresh token claims: a JWT's `jti`, or itself.
pub(super) fn refresh_name(token: &str) -> RecordKey {
    RecordKey::RefreshToken(Opened::claimed_jti(token).map_or_else(|| token.into(), Into::into))
}

/// The record that a record is about.
pub(super) fn points_to(record: &Record) -> Option<RecordKey> {
    match record {
        Record::Browser(browser) => browser.session.clone().map(RecordKey::Session),
        Record::Code(code) => Some(RecordKey::Grant(code.grant.clone())),
        Record::AccessToken(access) => Some(RecordKey::Grant(access.grant.clone())),
        Record::RefreshToken(refresh) => Some(RecordKey::Grant(refresh.grant.clone())),
        _ => None,
    }
}

/// The point at which an endpoint delivers.
const fn point(endpoint: Endpoint) -> Point {
    match endpoint {
        Endpoint::Discovery | Endpoint::ServerMetadata => Point::Discovery,
        Endpoint::Jwks => Point::Jwks,
        // Nothing is told at an address where nothing is but what is told everywhere.
        Endpoint::Authorize | Endpoint::SignIn | Endpoint::Consent | Endpoint::Elsewhere => Point::Authorize,
        Endpoint::Token => Point::Token,
        Endpoint::UserInfo => Point::Userinfo,
        Endpoint::Introspection => Point::Introspection,
        Endpoint::Revocation => Point::Revocation,
        Endpoint::EndSession | Endpoint::SignOut => Point::EndSession,
    }
}

/// The client that a request says it is about, believed or not.
fn named_client(request: &Request) -> ClientId {
    match (&request.credential, request.params.get("client_id"), request.params.get("client_assertion")) {
        (_, Some(id), _) => id.into(),
        (Some(Credential::Basic { id, .. }), None, _) => id.as_str().into(),
        (_, None, Some(assertion)) => {
            let opened = Opened::read(assertion).ok();
            opened.as_ref().and_then(|opened| opened.claim("sub")).unwrap_or_default().into()
        }
        _ => ClientId::default(),
    }
}

/// What is known before the flow runs.
pub(super) fn before(request: &Request, records: &Records, settings: &Settings) -> MatchFacts {
    let mut facts = MatchFacts {
        point: point(request.endpoint),
        client: named_client(request),
        user: None,
        login_hint: request.params.get("login_hint").map(str::to_owned),
        grant_type: request.params.get("grant_type").filter(|_| request.endpoint == Endpoint::Token).map(str::to_owned),
        tags: Vec::new(),
    };
    for record in records.iter() {
        match record {
            Record::Interaction(interaction) => {
                let request = Params::parse(interaction.request.as_bytes());
                facts.client = request.get("client_id").unwrap_or_default().into();
                facts.login_hint = request.get("login_hint").map(str::to_owned);
            }
            // An API that asks about a token is not the client that the token was given to.
            Record::Grant(grant) if request.endpoint == Endpoint::Introspection => {
                let asking = facts.client.clone();
                learn(&mut facts, grant);
                facts.client = asking;
            }
            // A code or token of another client, shown by this one, says nothing about whom the request is from.
            Record::Grant(grant) if !facts.client.as_str().is_empty() && facts.client != grant.client => {}
            Record::Grant(grant) => learn(&mut facts, grant),
            Record::Session(session) if matches!(request.endpoint, Endpoint::Consent) => {
                facts.user = Some(session.person.sub.clone());
                facts.tags = session.tags.iter().map(|tag| FaultTag::read(tag)).collect();
            }
            _ => {}
        }
    }
    if request.endpoint == Endpoint::SignIn {
        let typed = request.params.get("sub").or(request.params.get("username"));
        let known = typed.and_then(|typed| settings.users.iter().find(|user| user.answers_to(typed)));
        facts.user = known.map(|user| user.sub.clone());
    }
    facts
}

/// What is known once the flow has decided.
pub(super) fn after(facts: &mut MatchFacts, decision: &Decision) {
    if let Some(grant) = grant_of(decision) {
        learn(facts, grant);
    }
}

/// What the decision is about.
pub(super) fn grant_of(decision: &Decision) -> Option<&Grant> {
    match decision {
        Ok(Outcome::Issue(issuance)) => Some(&issuance.grant),
        Ok(Outcome::Return(answer)) => Some(&answer.grant),
        Ok(Outcome::UserInfo(info)) => Some(&info.grant),
        Ok(Outcome::Ask(Question::Consent { grant, .. })) => Some(grant),
        _ => None,
    }
}

/// The tokens that the decision gives.
pub(super) fn issuance_of(decision: &Decision) -> Option<&Issuance> {
    match decision {
        Ok(Outcome::Issue(issuance)) => Some(issuance),
        _ => None,
    }
}

fn learn(facts: &mut MatchFacts, grant: &Grant) {
    facts.client = grant.client.clone();
    facts.user = Some(grant.person.sub.clone());
    facts.login_hint.clone_from(&grant.login_hint);
    facts.tags = grant.tags.iter().map(|tag| FaultTag::read(tag)).collect();
}
