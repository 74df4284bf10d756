//! Who may use the console and the control API: this machine and its containers, never a page of another site.

use std::net::IpAddr;

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use subtle::ConstantTimeEq as _;

use crate::world::{BackChannel, Settings};

use super::extract::{is_local, same_place};

/// Why a caller was turned away: a status and a sentence.
pub(super) type TurnedAway = (u16, String);

/// A name that a stranger's DNS could point at this machine is no name for it: whoever uses one is a web page.
pub(super) fn local_host(headers: &HeaderMap, settings: &Settings) -> Result<(), TurnedAway> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let named = |url: &str| same_place(&format!("http://{host}"), url) || same_place(&format!("https://{host}"), url);
    let configured = named(&settings.issuer) || matches!(&settings.back_channel, BackChannel::At(url) if named(url));
    if configured || is_local(host) {
        return Ok(());
    }
    Err((
        403,
        format!("the Host header `{host}` is no name of this provider: use localhost, an IP address, or --public-url"),
    ))
}

/// A browser says which page a request comes from. Only our own may control us.
pub(super) fn own_origin(headers: &HeaderMap) -> Result<(), TurnedAway> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    match headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or("null")) {
        Some(origin)
            if !same_place(origin, &format!("http://{host}")) && !same_place(origin, &format!("https://{host}")) =>
        {
            Err((403, format!("a page of {origin} may not control this provider")))
        }
        _ => Ok(()),
    }
}

/// Beyond loopback a token is needed, and where the issuer's name is one that others reach; on loopback it is if one was set.
pub(super) fn control_token(
    headers: &HeaderMap,
    token: Option<&str>,
    (listening_on, issuer): (IpAddr, &Settings),
) -> Result<(), TurnedAway> {
    let Some(token) = token else {
        if listening_on.is_loopback() && is_local(&issuer.root.authority) {
            return Ok(());
        }
        return Err((
            403,
            "set STANDIN_CONTROL_TOKEN to control a provider that others than this machine can reach".into(),
        ));
    };
    let sent =
        headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|text| text.strip_prefix("Bearer "));
    if sent.is_some_and(|sent| bool::from(sent.as_bytes().ct_eq(token.as_bytes()))) {
        return Ok(());
    }
    Err((401, "send Authorization: Bearer with the value of STANDIN_CONTROL_TOKEN".into()))
}
