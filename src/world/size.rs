//! About how many bytes a record takes, so that what is kept can be bounded.

use serde_json::Value;

use crate::protocol::{AuthorizeRequest, Map};

use super::{Code, Grant, Interaction, Purpose, Record, Session, SignedInUser};

impl Record {
    /// About how many bytes it takes, its own text included.
    pub fn size(&self) -> usize {
        let text = match self {
            Self::Browser(browser) => browser.used.len() * 24,
            Self::Session(session) => of_session(session),
            Self::Interaction(interaction) => of_interaction(interaction),
            Self::Code(code) => of_code(code),
            Self::Grant(grant) => size_of::<Grant>() + of_grant(grant),
            Self::AccessToken(access) => {
                access.audience.iter().map(String::len).sum::<usize>() + access.scopes.size() + 192
            }
            Self::RefreshToken(_) | Self::Assertion(()) => 64,
            Self::RememberedConsent(standing) => standing.scopes.size(),
            Self::ClientKeys(keys) => of_value(keys),
            Self::Cookie(text) => text.len(),
        };
        size_of::<Self>() + text
    }
}

fn of_session(session: &Session) -> usize {
    of_person(&session.person)
        + session.clients.iter().map(|client| client.as_str().len() + 32).sum::<usize>()
        + texts(&session.amr)
        + texts(&session.tags)
}

fn of_interaction(interaction: &Interaction) -> usize {
    let request = match &interaction.purpose {
        Purpose::SignIn(request) => size_of::<AuthorizeRequest>() + request.params.size() + of_understood(request),
        Purpose::SignOut(request) => request.params.size(),
        Purpose::AskAgain(params) => params.size(),
    };
    request + interaction.agreed.as_ref().map_or(0, crate::protocol::Scopes::size) + 64
}

/// What was read out of the parameters, beside them.
fn of_understood(request: &AuthorizeRequest) -> usize {
    let claims = of_map(&request.claims.id_token) + of_map(&request.claims.userinfo);
    let challenge = request.challenge.as_ref().map_or(0, |challenge| challenge.value.len());
    request.scopes.size() + texts(&request.acr_values) + texts(&request.resource) + claims + challenge
}

fn of_code(code: &Code) -> usize {
    code.redirect_uri.len() + code.challenge.as_ref().map_or(0, |challenge| challenge.value.len() + 24)
}

fn of_grant(grant: &Grant) -> usize {
    let texts_of = texts(&grant.amr) + texts(&grant.resource) + texts(&grant.tags);
    let hint = grant.login_hint.as_ref().map_or(0, String::len);
    let claims = of_map(&grant.claims.id_token) + of_map(&grant.claims.userinfo);
    of_person(&grant.person) + grant.issuer.len() + grant.scopes.size() + texts_of + hint + claims + 64
}

fn of_person(person: &SignedInUser) -> usize {
    person.claims.as_ref().map_or(0, of_map) + texts(&person.told)
}

fn texts(texts: &[String]) -> usize {
    texts.iter().map(|text| text.len() + size_of::<String>() + 8).sum()
}

fn of_map(map: &Map) -> usize {
    map.iter().map(|(name, value)| name.len() + 96 + of_value(value)).sum()
}

fn of_value(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::String(text) => text.len() + 8,
            Value::Array(items) => items.iter().map(of_value).sum(),
            Value::Object(members) => of_map(members),
            _ => 0,
        }
}
