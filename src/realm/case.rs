//! What can be known of a request before it is decided, from the request itself and from the records that it names.

use crate::faults::{Case, Mark, Point};
use crate::protocol::{AccessId, Params};
use crate::tokens::Opened;
use crate::world::{Asked, Credential, Endpoint, Grant, Issuance, Name, Outcome, Question, Record, Records};

use super::exchange::Decision;

/// The records that a request names by itself, so that most flows find all they need in one round.
pub(super) fn names(asked: &Asked, recognised: Option<&AccessId>) -> Vec<Name> {
    let browser = asked.browser.clone().map(Name::Browser);
    browser.into_iter().chain(named_by(&asked.params, asked.credential.as_ref(), recognised)).collect()
}

/// The records that a request names, whoever brings it: a page, a code, a token.
pub fn record_names(params: &Params, credential: Option<&Credential>) -> Vec<Name> {
    let shown = params.get("token").or(params.get("access_token"));
    let refresh = params.get("token").map(|token| Name::Refresh(token.into()));
    let access = shown.map(|token| Name::Access(Opened::claimed_jti(token).unwrap_or_else(|| token.into()).into()));
    named_by(params, credential, None).chain(refresh).chain(access).collect()
}

fn named_by(
    params: &Params,
    credential: Option<&Credential>,
    recognised: Option<&AccessId>,
) -> impl Iterator<Item = Name> {
    let interaction = params.get("interaction").map(|id| Name::Interaction(id.into()));
    let code = params.get("code").map(|code| Name::Code(code.into()));
    let refresh = params.get("refresh_token").map(|token| Name::Refresh(token.into()));
    let access = match (credential, recognised) {
        (_, Some(id)) => Some(Name::Access(id.clone())),
        (Some(Credential::Bearer(token)), None) => {
            Some(Name::Access(Opened::claimed_jti(token).unwrap_or_else(|| token.clone()).into()))
        }
        _ => None,
    };
    [interaction, code, refresh, access].into_iter().flatten()
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
        Endpoint::Authorize | Endpoint::SignIn | Endpoint::Consent => Point::Authorize,
        Endpoint::Token => Point::Token,
        Endpoint::UserInfo => Point::Userinfo,
        Endpoint::Introspection => Point::Introspection,
        Endpoint::Revocation => Point::Revocation,
        Endpoint::EndSession | Endpoint::SignOut => Point::EndSession,
    }
}

/// The client that a request says it is about, believed or not.
pub(super) fn named_client(asked: &Asked) -> &str {
    match (&asked.credential, asked.params.get("client_id")) {
        (_, Some(id)) => id,
        (Some(Credential::Basic { id, .. }), None) => id,
        _ => "",
    }
}

/// What is known before the flow runs.
pub(super) fn before(asked: &Asked, records: &Records) -> Case {
    let mut case = Case {
        point: point(asked.endpoint),
        client: named_client(asked).to_owned(),
        user: None,
        login_hint: asked.params.get("login_hint").map(str::to_owned),
        grant_type: asked.params.get("grant_type").filter(|_| asked.endpoint == Endpoint::Token).map(str::to_owned),
        marks: Vec::new(),
    };
    for record in records.iter() {
        match record {
            Record::Interaction(interaction) => {
                let request = Params::parse(interaction.request.as_bytes());
                request.get("client_id").unwrap_or_default().clone_into(&mut case.client);
                case.login_hint = request.get("login_hint").map(str::to_owned);
            }
            Record::Grant(grant) => learn(&mut case, grant),
            Record::Session(session) if matches!(asked.endpoint, Endpoint::Consent) => {
                case.user = Some(session.person.sub.to_string());
                case.marks = session.marks.iter().map(|mark| Mark::read(mark)).collect();
            }
            _ => {}
        }
    }
    if asked.endpoint == Endpoint::SignIn {
        case.user = asked.params.get("sub").or(asked.params.get("username")).map(str::to_owned);
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
    case.client = grant.client.to_string();
    case.user = Some(grant.person.sub.to_string());
    case.login_hint.clone_from(&grant.login_hint);
    case.marks = grant.marks.iter().map(|mark| Mark::read(mark)).collect();
}
