//! JWTs that a client signed, verified by its secret or by the keys that it registered.

use std::sync::Arc;

use serde_json::Value;

use crate::spec::{Check, FailedCheck, quoted};
use crate::tokens::{Alg, JweAlg, JweEnc, Opened, Recipient, Unverified, verify_with_jwk, verify_with_secret};
use crate::world::{Client, Ctx, Interrupt, RecordKey, Seen};

/// Opens a JWT of a client. `name` is the parameter that it came by; what is wrong with it is refused by `check`.
pub(super) fn open(
    ctx: &mut Ctx<'_>,
    client: &Client,
    (jwt, name): (&str, &str),
    check: Check,
) -> Result<Opened, Interrupt> {
    let opened = match (Opened::read(jwt).ok().and_then(|opened| opened.alg()), &client.secret) {
        (Some(Alg::HS256), Some(secret)) => verify_with_secret(jwt, secret),
        (Some(_), _) => match &client.jwks {
            Some(jwks) => verify_with_jwk(jwt, jwks),
            None => verify_with_fetched(ctx, client, (jwt, name), check)?,
        },
        (None, _) => Err(Unverified::Algorithm),
    };
    let why = opened.as_ref().err().copied();
    let nothing_registered = client.jwks.is_none() && client.jwks_uri.is_none();
    let refused = |refused: FailedCheck| match why {
        Some(Unverified::Key) if nothing_registered => {
            let app = quoted(client.shown_name());
            refused.says(format!("{name} is signed by a key, and {app} has registered none: neither jwks nor jwks_uri"))
        }
        Some(Unverified::Key) => refused.says(format!("{name} names a key that is not among those of the app")),
        why => refused.says(format!("{name} {}", why.map_or("", |why| why.sentence()))),
    };
    Ok(ctx.require_as(check, opened.ok(), refused)?)
}

/// Whom something is encrypted for, if it is at all: the client's key, before anything is written. `registered` is under which name that is
/// registered, and how.
pub(super) fn recipient(
    ctx: &mut Ctx<'_>,
    client: &Client,
    (name, alg, enc): (&str, Option<JweAlg>, Option<JweEnc>),
) -> Result<Option<Arc<Recipient>>, Interrupt> {
    let Some(alg) = alg else { return Ok(None) };
    let enc = enc.unwrap_or_default();
    let mut why = None;
    let found = match (&client.secret, &client.jwks, &client.jwks_uri) {
        (Some(secret), ..) if alg == JweAlg::Dir => Some(Recipient::with_secret(secret, enc)),
        (_, Some(jwks), _) => Recipient::among(jwks, alg, enc),
        (_, None, Some(uri)) => {
            let key = RecordKey::ClientKeys(uri.to_string());
            let fetched: Value = ctx.records.get(&key)?.unwrap_or_default();
            let found = Recipient::among(&fetched, alg, enc);
            if found.is_none() && fetched.get("stale").and_then(Value::as_bool) == Some(true) {
                return Err(Interrupt::Need(key));
            }
            why = fetched.get("error").and_then(Value::as_str).map(str::to_owned);
            found
        }
        (_, None, None) => None,
    };
    let found = ctx.require_as(Check::ClientKeyForEncryption, found, |refused| {
        let (app, alg) = (quoted(client.shown_name()), alg.as_str());
        let why = why.unwrap_or_else(|| format!("none of its keys is for {alg}"));
        refused
            .expected(alg)
            .says(format!("{app} is registered with {name}_alg {alg}, and nothing can be encrypted for it: {why}"))
    })?;
    ctx.see(Check::ClientKeyForEncryption, Seen::Value(alg.as_str().into()));
    Ok(Some(Arc::new(found)))
}

/// Whom its ID tokens are encrypted for.
pub(super) fn id_token_recipient(ctx: &mut Ctx<'_>, client: &Client) -> Result<Option<Arc<Recipient>>, Interrupt> {
    let [registered, ..] = client.encryption();
    recipient(ctx, client, registered)
}

/// Verifies by the keys behind `jwks_uri`. If they do not fit and were not fetched just now, they are fetched once more: the client may have a new key, [Core §10.1.1](https://openid.net/specs/openid-connect-core-1_0.html#RotateSigKeys).
fn verify_with_fetched(
    ctx: &mut Ctx<'_>,
    client: &Client,
    (jwt, name): (&str, &str),
    check: Check,
) -> Result<Result<Opened, Unverified>, Interrupt> {
    let Some(uri) = &client.jwks_uri else { return Ok(Err(Unverified::Key)) };
    let key = RecordKey::ClientKeys(uri.to_string());
    let fetched: Value = ctx.records.get(&key)?.unwrap_or_default();
    let error = fetched.get("error").and_then(Value::as_str).map(str::to_owned);
    if let Some(error) = error {
        let expected = format!("the client's keys at {uri}");
        let say = format!("{name} cannot be verified: {error}");
        return Err(ctx.refuse(check).got(error).expected(expected).says(say).into());
    }
    let opened = verify_with_jwk(jwt, &fetched);
    if opened.is_err() && fetched.get("stale").and_then(Value::as_bool) == Some(true) {
        return Err(Interrupt::Need(key));
    }
    Ok(opened)
}
