//! Who may use the console and the control API: this machine and its containers, never a page of another site.

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use subtle::ConstantTimeEq as _;

use crate::world::{BackChannel, Settings};

use super::extract::{cookie, is_local, same_place};
use super::state::AppState;

/// Why a caller was turned away: a status and a sentence.
pub(super) type TurnedAway = (u16, String);

/// A name that a stranger's DNS could point at this machine is no name for it: whoever uses one is a web page.
fn local_host(headers: &HeaderMap, settings: &Settings) -> Result<(), TurnedAway> {
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
fn own_origin(headers: &HeaderMap) -> Result<(), TurnedAway> {
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

/// Who may use the control API.
pub(super) fn admitted(state: &AppState, headers: &HeaderMap) -> Result<(), TurnedAway> {
    let root = state.realms.root.settings();
    of_this_machine(headers, &root)?;
    control_token(state, headers, &root)
}

/// Who may look at the console: the same, and a browser that showed the control token once. The cookie is good for nothing else.
pub(super) fn admitted_to_console(state: &AppState, headers: &HeaderMap, realm: &Settings) -> Result<(), TurnedAway> {
    of_this_machine(headers, realm)?;
    let shown = cookie(headers, &console_cookie(realm));
    if shown.is_some_and(|shown| same(shown, &state.console_secret)) {
        return Ok(());
    }
    control_token(state, headers, &state.realms.root.settings())
}

/// A request by a name of this provider, and from no other site's page.
pub(super) fn of_this_machine(headers: &HeaderMap, settings: &Settings) -> Result<(), TurnedAway> {
    local_host(headers, settings)?;
    own_origin(headers)
}

/// Beyond loopback a token is needed, and where the issuer's name is one that others reach; on loopback it is if one was set.
fn control_token(state: &AppState, headers: &HeaderMap, root: &Settings) -> Result<(), TurnedAway> {
    let Some(token) = state.control_token.as_deref() else {
        if state.listening_on.is_loopback() && is_local(&root.root.authority) {
            return Ok(());
        }
        return Err((
            403,
            "set STANDIN_CONTROL_TOKEN to control a provider that others than this machine can reach".into(),
        ));
    };
    let sent =
        headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|text| text.strip_prefix("Bearer "));
    if sent.is_some_and(|sent| same(sent, token)) {
        return Ok(());
    }
    Err((401, "send Authorization: Bearer with the value of STANDIN_CONTROL_TOKEN".into()))
}

/// The name of the console's cookie. Cookies do not keep the ports of one host apart, so it does.
pub(super) fn console_cookie(realm: &Settings) -> String {
    let port = realm.root.authority.rsplit_once(':').map_or("", |(_, port)| port);
    format!("standin-console-{port}")
}

/// Compares in a time that does not tell where the difference is.
pub(super) fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}
