//! What can be known of a request before it is decided, from the request itself and from the records that it names.

use crate::faults::{Case, Mark, Point};
use crate::protocol::{AccessId, ClientId, Params};
use crate::tokens::{Opened, OwnAccess};
use crate::world::{
    Asked, Credential, Decision, Endpoint, Grant, Issuance, Name, Outcome, Question, Record, Records, Settings,
};

/// The records that a request names by itself, so that most flows find all they need in one round.
pub(super) fn names(asked: &Asked, recognised: Option<&OwnAccess>) -> Vec<Name> {
    let shows = matches!(asked.endpoint, Endpoint::Introspection | Endpoint::Revocation | Endpoint::UserInfo);
    let mut names: Vec<Name> = asked.browser.clone().map(Name::Browser).into_iter().collect();
    if shows {
        names.extend(shown(&asked.params));
    }
    names.extend(named_by(&asked.params, asked.credential.as_ref(), recognised.map(|own| &own.id)));
    names.extend(recognised.and_then(|own| own.grant.clone()).map(Name::Grant));
    names
}

/// The records that a request names, whoever brings it: a page, a code, a token, a sign-in.
pub fn record_names(params: &Params, credential: Option<&Credential>) -> Vec<Name> {
    let hinted = params.get("id_token_hint").and_then(Opened::claimed_sid).map(|sid| Name::Session(sid.into()));
    named_by(params, credential, None).chain(shown(params)).chain(hinted).collect()
}

/// The records of a token that is shown in a form.
fn shown(params: &Params) -> impl Iterator<Item = Name> {
    let refresh = params.get("token").map(refresh_name);
    let access = params.get("token").or(params.get("access_token"));
    let access = access.map(|token| Name::Access(Opened::claimed_jti(token).unwrap_or_else(|| token.into()).into()));
    refresh.into_iter().chain(access)
}

fn named_by(
    params: &Params,
    credential: Option<&Credential>,
    recognised: Option<&AccessId>,
) -> impl Iterator<Item = Name> {
    let interaction = params.get("interaction").map(|id| Name::Interaction(id.into()));
    let code = params.get("code").map(|code| Name::Code(code.into()));
    let refresh = params.get("refresh_token").map(refresh_name);
    let access = match (credential, recognised) {
        (_, Some(id)) => Some(Name::Access(id.clone())),
        (Some(Credential::Bearer(token)), None) => {
            Some(Name::Access(Opened::claimed_jti(token).unwrap_or_else(|| token.clone()).into()))
        }
        _ => None,
    };
    [interaction, code, refresh, access].into_iter().flatten()
}

/// The name that a refresh token claims: a JWT's `jti`, or itself.
pub(super) fn refresh_name(token: &str) -> Name {
    Name::Refresh(Opened::claimed_jti(token).map_or_else(|| token.into(), Into::into))
}

/// The record that a record is about.
pub(super) fn points_to(record: &Record) -> Option<Name> {
    match record {
        Record::Browser(browser) => browser.session.clone().map(Name::Session),
        Record::Code(code) => Some(Name::Grant(code.grant.clone())),
        Record::Access(access) => Some(Name::Grant(access.grant.clone())),
        Record::Refresh(refresh) => Some(Name::Grant(refresh.grant.clone())),
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
fn named_client(asked: &Asked) -> ClientId {
    match (&asked.credential, asked.params.get("client_id"), asked.params.get("client_assertion")) {
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
pub(super) fn before(asked: &Asked, records: &Records, settings: &Settings) -> Case {
    let mut case = Case {
        point: point(asked.endpoint),
        client: named_client(asked),
        user: None,
        login_hint: asked.params.get("login_hint").map(str::to_owned),
        grant_type: asked.params.get("grant_type").filter(|_| asked.endpoint == Endpoint::Token).map(str::to_owned),
        marks: Vec::new(),
    };
    for record in records.iter() {
        match record {
            Record::Interaction(interaction) => {
                let request = Params::parse(interaction.request.as_bytes());
                case.client = request.get("client_id").unwrap_or_default().into();
                case.login_hint = request.get("login_hint").map(str::to_owned);
            }
            // An API that asks about a token is not the client that the token was given to.
            Record::Grant(grant) if asked.endpoint == Endpoint::Introspection => {
                let asking = case.client.clone();
                learn(&mut case, grant);
                case.client = asking;
            }
            // A code or token of another client, shown by this one, says nothing about whom the request is from.
            Record::Grant(grant) if !case.client.as_str().is_empty() && case.client != grant.client => {}
            Record::Grant(grant) => learn(&mut case, grant),
            Record::Session(session) if matches!(asked.endpoint, Endpoint::Consent) => {
                case.user = Some(session.person.sub.clone());
                case.marks = session.marks.iter().map(|mark| Mark::read(mark)).collect();
            }
            _ => {}
        }
    }
    if asked.endpoint == Endpoint::SignIn {
        let typed = asked.params.get("sub").or(asked.params.get("username"));
        let known = typed.and_then(|typed| settings.users.iter().find(|user| user.answers_to(typed)));
        case.user = known.map(|user| user.sub.clone());
    }
    case
}

/// What is known once the flow has decided.
pub(super) fn after(case: &mut Case, decision: &Decision) {
    if let Some(grant) = grant_of(decision) {
        learn(case, grant);
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

fn learn(case: &mut Case, grant: &Grant) {
    case.client = grant.client.clone();
    case.user = Some(grant.person.sub.clone());
    case.login_hint.clone_from(&grant.login_hint);
    case.marks = grant.marks.iter().map(|mark| Mark::read(mark)).collect();
}
