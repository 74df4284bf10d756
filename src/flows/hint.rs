//! ID tokens that come back as hints.

use serde_json::Value;

use crate::protocol::{ClientId, Subject};
use crate::tokens::{Alg, Opened, Unverified, is_encrypted, verify_with_secret};
use crate::world::Ctx;

/// Opens an ID token of this provider; that it has expired is no matter,
/// [RP-Initiated Logout §4](https://openid.net/specs/openid-connect-rpinitiated-1_0.html#ValidationAndErrorHandling).
/// It must be signed as its client's ID tokens are, and have what every ID token has, or a signed answer of UserInfo would do.
pub(super) fn open(ctx: &Ctx<'_>, token: &str) -> Result<Opened, Unverified> {
    // An app whose ID tokens are encrypted may have encrypted one of them for this provider in turn, Core §3.1.2.1.
    let decrypted = if is_encrypted(token) { ctx.settings.keys.decrypt(token, None) } else { None };
    let token = decrypted.as_deref().unwrap_or(token);
    let read = Opened::read(token)?;
    let client = client_of(&read).and_then(|id| ctx.settings.client(id)).ok_or(Unverified::Key)?;
    if read.alg().is_none() || read.alg() != ctx.settings.id_token_alg(&client).signed() {
        return Err(Unverified::Algorithm);
    }
    let opened = match &client.secret {
        Some(secret) if read.alg() == Some(Alg::HS256) => verify_with_secret(token, secret)?,
        _ => ctx.settings.keys.open(token, ctx.now)?,
    };
    let ours = opened.claim("iss") == Some(ctx.settings.issuer.as_str());
    let typ = opened.header.get("typ").and_then(Value::as_str);
    let id_token = typ.is_none_or(|typ| typ.eq_ignore_ascii_case("jwt")) && opened.time("exp").is_some();
    if ours && id_token { Ok(opened) } else { Err(Unverified::Malformed) }
}

/// The person whom an ID token is about, as this provider knows them.
pub(super) fn person_of(ctx: &Ctx<'_>, opened: &Opened) -> Option<Subject> {
    let (client, sub) = (ClientId::from(client_of(opened)?), opened.claim("sub")?);
    Some(ctx.settings.person_behind(&client, sub))
}

/// The client that an ID token was issued to.
pub(super) fn client_of(opened: &Opened) -> Option<&str> {
    match opened.claims.get("aud") {
        Some(Value::String(one)) => Some(one),
        Some(Value::Array(many)) => many.first().and_then(Value::as_str),
        _ => None,
    }
}
