//! Apps that register themselves, [Dynamic Client Registration](https://openid.net/specs/openid-connect-registration-1_0.html) and
//! [RFC 7591](https://www.rfc-editor.org/rfc/rfc7591), and what they may do with their registration, [RFC 7592](https://www.rfc-editor.org/rfc/rfc7592).

use std::sync::Arc;

use serde_json::Value;
use url::Url;

use crate::protocol::Map;
use crate::spec::{Check, FailedCheck, quoted};
use crate::tokens::{Opened, verify_with_jwk};
use crate::world::{
    Client, ClientChange, Credential, Ctx, Failure, MetadataMistake, Outcome, Registered, Request, Settings,
};

use super::documents::readable;
use super::sign_in::same;

/// An app registers itself, [Registration §3](https://openid.net/specs/openid-connect-registration-1_0.html#ClientRegistration).
pub fn register(ctx: &mut Ctx<'_>, request: &Request) -> Result<Outcome, Failure> {
    readable(ctx, request)?;
    initial_token_matches(ctx, request)?;
    if ctx.settings.registration.refuses {
        return Err(ctx.refuse(Check::ClientMetadataUsable).says("Standin was told to refuse").on_purpose().into());
    }
    let mut client = described(ctx, request)?;
    let id = format!("{}{}", Client::ISSUED, ctx.entropy.id());
    client.id = ctx.settings.registration.issued_client_id.map_or(id, str::to_owned);
    client.secret = client.needs_secret().then(|| ctx.entropy.secret());
    client.registered = Some(Registered { at: ctx.now, access_token: ctx.entropy.secret() });
    goes_together(ctx, &client)?;
    Ok(Outcome::Client(ClientChange::Added(Box::new(client))))
}

/// An app looks at what is registered, [RFC 7592 §2.1](https://www.rfc-editor.org/rfc/rfc7592#section-2.1).
pub fn show_client(ctx: &mut Ctx<'_>, request: &Request) -> Result<Outcome, Failure> {
    let client = managed(ctx, request)?;
    Ok(Outcome::Client(ClientChange::Shown(client)))
}

/// An app describes itself anew: what it leaves out is not registered any more, [RFC 7592 §2.2](https://www.rfc-editor.org/rfc/rfc7592#section-2.2).
pub fn replace_client(ctx: &mut Ctx<'_>, request: &Request) -> Result<Outcome, Failure> {
    let before = managed(ctx, request)?;
    let sent = |name: &str| request.json.as_ref().and_then(|said| said.get(name));
    let id = sent("client_id").and_then(Value::as_str);
    ctx.check_as(Check::ClientMetadataUsable, id == Some(&before.id), |refused| {
        let got = id.map_or_else(|| "missing".to_owned(), quoted);
        refused.expected(before.id.as_str()).says(format!("client_id is {got}, not {}", quoted(&before.id)))
    })?;
    let secret = sent("client_secret").and_then(Value::as_str);
    let kept = secret.is_none_or(|sent| before.secret.as_deref().is_some_and(|secret| same(secret, sent)));
    ctx.check_as(Check::ClientMetadataUsable, kept, |refused| {
        refused.says("client_secret is not the one that was issued, and an app cannot choose its own")
    })?;
    let of_answer =
        ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"];
    let odd = of_answer.into_iter().find(|name| sent(name).is_some());
    ctx.check_as(Check::ClientMetadataUsable, odd.is_none(), |refused| {
        refused.says(format!("{} is the provider's to say, and was sent", odd.unwrap_or_default()))
    })?;
    let mut client = described(ctx, request)?;
    client.id.clone_from(&before.id);
    client.registered.clone_from(&before.registered);
    client.secret = before.secret.clone().filter(|_| client.needs_secret());
    if client.needs_secret() && client.secret.is_none() {
        client.secret = Some(ctx.entropy.secret());
    }
    goes_together(ctx, &client)?;
    Ok(Outcome::Client(ClientChange::Replaced(Box::new(client))))
}

/// An app is registered no more, and nothing that it was given counts, [RFC 7592 §2.3](https://www.rfc-editor.org/rfc/rfc7592#section-2.3).
pub fn remove_client(ctx: &mut Ctx<'_>, request: &Request) -> Result<Outcome, Failure> {
    let client = managed(ctx, request)?;
    Ok(Outcome::Client(ClientChange::Removed(client.client_id())))
}

/// Where an app that registers says that its sector is written down, and whether that may be looked at: it may bring in the hosts that it
/// is sent back to. What is no place to look is told when that is checked.
pub(super) fn sector_reference(settings: &Settings, request: &Request) -> Option<(Url, bool)> {
    let said = request.json.as_ref()?;
    let stated = said.get("software_statement").and_then(Value::as_str).and_then(|jwt| Opened::read(jwt).ok());
    let stated = stated.as_ref().and_then(|stated| stated.claim("sector_identifier_uri"));
    let sent = stated.or_else(|| said.get("sector_identifier_uri")?.as_str())?;
    let url = Url::parse(sent).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let own = said.get("redirect_uris").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let own = own.filter_map(|uri| Url::parse(uri).ok()).any(|uri| uri.host_str() == url.host_str());
    let may_call = own || settings.may_call(&url);
    Some((url, may_call))
}

/// The bearer token of a request.
fn bearer(request: &Request) -> &str {
    match &request.credential {
        Some(Credential::Bearer(token)) => token,
        _ => "",
    }
}

/// [RFC 7591 §3](https://www.rfc-editor.org/rfc/rfc7591#section-3): who may register at all was told so beforehand, where not everybody may.
fn initial_token_matches(ctx: &mut Ctx<'_>, request: &Request) -> Result<(), FailedCheck> {
    let known = &ctx.settings.registration.initial_access_tokens;
    if known.is_empty() {
        return Ok(());
    }
    let sent = bearer(request);
    let matches = known.iter().fold(false, |found, known| same(known, sent) | found);
    ctx.check_as(Check::InitialAccessTokenMatches, matches, |refused| match sent {
        "" => refused,
        _ => refused.says("The initial access token is none of those that this provider was told"),
    })
}

/// The client that a request is about, if whoever asks was given its token.
fn managed(ctx: &mut Ctx<'_>, request: &Request) -> Result<Arc<Client>, FailedCheck> {
    readable(ctx, request)?;
    let id = request.params.get("client_id").unwrap_or_default();
    let settings = ctx.settings;
    let client = settings.clients.get(id);
    let right = client.and_then(|client| client.registered.as_ref());
    let matches = right.is_some_and(|right| same(&right.access_token, bearer(request)));
    // Whoever shows no token, or a wrong one, does not learn which clients there are.
    let found = client.filter(|_| matches).cloned();
    ctx.require_as(Check::RegistrationTokenMatches, found, |refused| {
        let aside = match (right, id) {
            (_, "") => "client_id is missing in the address".to_owned(),
            (None, id) => format!("no app registered itself as {}", quoted(id)),
            (Some(_), id) => format!("it is not the one of {}", quoted(id)),
        };
        refused.aside(aside)
    })
}

/// What an app says of itself. Where somebody vouches for it, that counts more.
fn described(ctx: &mut Ctx<'_>, request: &Request) -> Result<Client, FailedCheck> {
    let said = request.json.clone().unwrap_or_default();
    let metadata = stated(ctx, said)?;
    let described = Client::described(&metadata);
    if let Err(mistake) = described.as_ref() {
        return Err(mistaken(ctx, mistake));
    }
    let client = described.unwrap_or_default();
    if let Err(mistake) = client.check_described(ctx.settings.strict) {
        return Err(mistaken(ctx, &mistake));
    }
    sector_lists_redirect_uris(ctx, &client)?;
    Ok(client)
}

fn mistaken(ctx: &mut Ctx<'_>, mistake: &MetadataMistake) -> FailedCheck {
    let check = if mistake.in_redirect_uris { Check::ClientRedirectUrisUsable } else { Check::ClientMetadataUsable };
    ctx.refuse(check).says(mistake.what.clone())
}

/// The same is checked of a client in the configuration.
fn goes_together(ctx: &mut Ctx<'_>, client: &Client) -> Result<(), FailedCheck> {
    let wrong = client.check(ctx.settings.policy.signing_alg).err();
    let in_uris = client.odd_redirect_uri().is_some();
    let check = if in_uris { Check::ClientRedirectUrisUsable } else { Check::ClientMetadataUsable };
    ctx.check_as(check, wrong.is_none(), |refused| match wrong {
        Some((what, help)) => refused.says(format!("{what}: {help}")),
        None => refused,
    })
}

/// [RFC 7591 §2.3](https://www.rfc-editor.org/rfc/rfc7591#section-2.3)
fn stated(ctx: &mut Ctx<'_>, mut said: Map) -> Result<Map, FailedCheck> {
    let policy = &ctx.settings.registration.software_statements;
    let sent = said.shift_remove("software_statement");
    let Some(statement) = sent.as_ref().and_then(Value::as_str) else {
        let fine = sent.is_none() && !policy.required;
        if fine {
            return Ok(said);
        }
        let say = match sent {
            Some(_) => "software_statement is no text",
            None => "software_statement is missing, and this provider registers no app without one",
        };
        return Err(ctx.refuse(Check::SoftwareStatementValid).says(say));
    };
    let Some(keys) = &policy.jwks else {
        return Err(ctx
            .refuse(Check::SoftwareStatementTrusted)
            .says("software_statement was sent, and this provider was told nobody's keys to believe one by"));
    };
    let opened = verify_with_jwk(statement, keys);
    let why = opened.as_ref().err().map_or("", |why| why.sentence());
    let opened = ctx.require_as(Check::SoftwareStatementValid, opened.ok(), |refused| {
        refused.says(format!("software_statement {why}"))
    })?;
    let over = opened.claims.contains_key("exp") && opened.time("exp").is_none_or(|exp| ctx.now >= exp);
    ctx.check_as(Check::SoftwareStatementValid, !over, |refused| refused.says("software_statement has expired"))?;
    said.extend(opened.claims);
    Ok(said)
}

/// [Registration §5](https://openid.net/specs/openid-connect-registration-1_0.html#SectorIdentifierValidation)
fn sector_lists_redirect_uris(ctx: &mut Ctx<'_>, client: &Client) -> Result<(), FailedCheck> {
    let Some(uri) = &client.sector_identifier_uri else { return Ok(()) };
    let fetched = ctx.understood.sector.clone().unwrap_or_else(|| Err(format!("{uri} was not looked at")));
    let listed = fetched.and_then(|text| {
        serde_json::from_str::<Vec<String>>(&text).map_err(|_| format!("{uri} is no JSON array of addresses"))
    });
    let why = listed.as_ref().err().cloned().unwrap_or_default();
    let listed = ctx.require_as(Check::SectorListsRedirectUris, listed.ok(), |refused| {
        refused.says(format!("sector_identifier_uri: {why}"))
    })?;
    let missing = client.redirect_uris.iter().find(|uri| !listed.contains(uri));
    ctx.check_as(Check::SectorListsRedirectUris, missing.is_none(), |refused| {
        let missing = missing.map_or("", String::as_str);
        refused.got(missing).says(format!("{uri} does not list {}, which is among the redirect_uris", quoted(missing)))
    })
}
