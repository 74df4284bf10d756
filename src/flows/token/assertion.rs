//! Clients that authenticate by a JWT, [RFC 7523 §3](https://www.rfc-editor.org/rfc/rfc7523#section-3).

use serde_json::Value;

use crate::flows::client_keys;
use crate::protocol::{Lifetime, UnixTime};
use crate::spec::{Check, quoted};
use crate::tokens::{Alg, Opened};
use crate::world::{AuthMethod, BackChannel, Client, Ctx, Endpoint, Interrupt, RecordKey, Request};

/// How far ahead of ours a client's clock may be.
const SKEW: Lifetime = Lifetime::of_seconds(60);

/// The longest that an assertion may be good for; its `jti` is remembered for as long.
const LONGEST: Lifetime = Lifetime::of_seconds(86_400);

/// Who an assertion says it is from, and by which method: nothing of it is believed yet.
pub(super) fn read(assertion: &str) -> (Option<String>, AuthMethod) {
    let opened = Opened::read(assertion).ok();
    let id = opened.as_ref().and_then(|opened| opened.claim("sub")).map(str::to_owned);
    let by_secret = opened.as_ref().and_then(Opened::alg) == Some(Alg::HS256);
    (id, if by_secret { AuthMethod::ClientSecretJwt } else { AuthMethod::PrivateKeyJwt })
}

/// Verifies signature, names, audience and time, and that it is used for the first time.
pub(super) fn verify(ctx: &mut Ctx<'_>, client: &Client, request: &Request, assertion: &str) -> Result<(), Interrupt> {
    let sent = Opened::read(assertion).ok().and_then(|opened| opened.alg());
    let registered = client.token_endpoint_auth_signing_alg.filter(|_| sent.is_some());
    ctx.check_as(Check::ClientAssertionValid, registered.is_none() || registered == sent, |refused| {
        let (sent, registered) = (sent.map_or("", Alg::as_str), registered.map_or("", Alg::as_str));
        let say = format!(
            "client_assertion is signed by {sent}, and {} is registered for {registered}",
            quoted(client.shown_name())
        );
        refused.got(sent).expected(registered).says(say)
    })?;
    let opened = client_keys::open(ctx, client, (assertion, "client_assertion"), Check::ClientAssertionValid)?;
    let valid = claims_hold(ctx, client, request, &opened);
    ctx.check_as(Check::ClientAssertionValid, valid.is_ok(), |refused| match &valid {
        Err((got, expected)) => {
            let say = format!("client_assertion has {}, where {expected} is expected", quoted(got));
            refused.got(got.as_str()).expected(expected.as_str()).says(say)
        }
        Ok(()) => refused,
    })?;
    let jti = opened.claim("jti").unwrap_or_default();
    let name = RecordKey::Assertion(client.client_id(), jti.to_owned());
    let used: Option<()> = ctx.records.get(&name)?;
    ctx.check_as(Check::ClientAssertionUnused, used.is_none(), |refused| {
        refused.got(jti).says(format!("client_assertion was used before: its jti {} is known", quoted(jti)))
    })?;
    let until = opened.time("exp").unwrap_or(ctx.now).plus(SKEW);
    ctx.records.put(name, (), until);
    Ok(())
}

/// What is wrong with the claims: what came, and what was expected.
fn claims_hold(ctx: &Ctx<'_>, client: &Client, request: &Request, opened: &Opened) -> Result<(), (String, String)> {
    let text = |name: &str| opened.claim(name).unwrap_or_default().to_owned();
    for name in ["iss", "sub"] {
        if text(name) != client.id {
            return Err((format!("{name}={}", text(name)), client.id.clone()));
        }
    }
    let settings = ctx.settings;
    let mut audiences =
        vec![settings.issuer.clone(), settings.url_of(Endpoint::Token), settings.url_of(request.endpoint)];
    let back = match &settings.back_channel {
        BackChannel::Issuer => None,
        BackChannel::Follow => Some(format!("{}{}", request.base, settings.root_path())),
        BackChannel::At(url) => Some(url.clone()),
    };
    if let Some(base) = back {
        audiences.extend([settings.url_below(&base, Endpoint::Token), settings.url_below(&base, request.endpoint)]);
    }
    let audiences: Vec<&str> = audiences.iter().map(String::as_str).collect();
    if !opened.is_for(&audiences) {
        let got = opened.claims.get("aud").map(Value::to_string).unwrap_or_default();
        return Err((format!("aud={got}"), format!("{} or {}", audiences[0], audiences[1])));
    }
    let in_time = |until: UnixTime| ctx.now < until.plus(SKEW) && until <= ctx.now.plus(LONGEST);
    if !opened.time("exp").is_some_and(in_time) {
        let got = opened.time("exp").map_or_else(|| "nothing".to_owned(), |exp| exp.to_string());
        return Err((format!("exp={got}"), format!("a time after {} and within a day", ctx.now)));
    }
    if opened.time("nbf").is_some_and(|from| ctx.now.plus(SKEW) < from) {
        return Err(("nbf in the future".into(), format!("a time before {}", ctx.now)));
    }
    if text("jti").is_empty() {
        return Err(("no jti".into(), "a jti that is new for each request".into()));
    }
    Ok(())
}
