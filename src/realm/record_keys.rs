//! The records that a request names by itself, so that most flows find all they need in one round.

use crate::flows::AGAIN;
use crate::protocol::{AccessId, Params};
use crate::tokens::{Opened, OwnAccess};
use crate::world::{Credential, Endpoint, Record, RecordKey, Request};

/// The records that a request names by itself, so that most flows find all they need in one round.
pub(super) fn of_request(request: &Request, recognised: Option<&OwnAccess>) -> Vec<RecordKey> {
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
pub fn record_keys(params: &Params, credential: Option<&Credential>) -> Vec<RecordKey> {
    let hinted = params.get("id_token_hint").and_then(Opened::claimed_sid).map(|sid| RecordKey::Session(sid.into()));
    named_by(params, credential, None).chain(shown(params)).chain(hinted).collect()
}

/// The records of a token that is shown in a form.
fn shown(params: &Params) -> impl Iterator<Item = RecordKey> {
    let refresh = params.get("token").map(refresh_key);
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
    // A request that waits to be asked again is kept as a page is.
    let interaction = params.get("interaction").or(params.get(AGAIN));
    let interaction = interaction.map(|id| RecordKey::Interaction(id.into()));
    let code = params.get("code").map(|code| RecordKey::Code(code.into()));
    let refresh = params.get("refresh_token").map(refresh_key);
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
pub(super) fn refresh_key(token: &str) -> RecordKey {
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
