//! The way back to an app. There is one only where it was checked, so an unsafe redirect cannot be written.

use url::{Host, Url};

use crate::protocol::{Params, ResponseMode};
use crate::spec::{Check, Refused};

use super::settings::is_loopback;
use super::{ApplicationType, Client, Ctx};

/// A redirect URI that was checked against its client, with the `state` that goes along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnAddress {
    sent: String,
    uri: Url,
    mode: ResponseMode,
    state: Option<String>,
}

impl ReturnAddress {
    /// The only way to get one, [Core §3.1.2.1](https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest).
    pub fn find(ctx: &mut Ctx<'_>, client: &Client, params: &Params) -> Result<Self, Refused> {
        let sent: Vec<&str> = params.all("redirect_uri").filter(|uri| !uri.is_empty()).collect();
        let given = if let [only] = sent[..] { Some(only) } else { None };
        let sent = ctx.require(Check::RedirectUriGiven, given)?;
        let uri = Url::parse(sent).ok().filter(|uri| uri.fragment().is_none() && !sent.contains('#') && is_safe(uri));
        ctx.check_as(Check::RedirectUriUsable, uri.is_some(), |refused| refused.got(sent))?;
        let uri = uri.ok_or_else(|| Refused::by(Check::RedirectUriUsable))?;
        if client.unregistered {
            let here = is_loopback(&uri) && matches!(uri.scheme(), "http" | "https");
            ctx.check_as(Check::RedirectUriLoopback, here, |refused| refused.got(sent))?;
        } else {
            ctx.check_as(Check::RedirectUriRegistered, is_registered(client, sent, &uri), |refused| {
                refused.got(sent).expected(one_of(&client.redirect_uris))
            })?;
        }
        let mode = params.get("response_mode").and_then(ResponseMode::named).unwrap_or(ResponseMode::Query);
        Ok(Self { sent: sent.to_owned(), uri, mode, state: params.get("state").map(str::to_owned) })
    }

    /// The redirect URI, character by character as it was sent.
    pub fn as_sent(&self) -> &str {
        &self.sent
    }

    /// The redirect URI.
    pub const fn uri(&self) -> &Url {
        &self.uri
    }

    /// Where the answer is put.
    pub const fn mode(&self) -> ResponseMode {
        self.mode
    }

    /// The request's `state`.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }
}

/// Exact match, but for the port of a native client's loopback address.
fn is_registered(client: &Client, sent: &str, uri: &Url) -> bool {
    client.redirect_uris.iter().any(|registered| {
        registered == sent
            || client.application_type == ApplicationType::Native
                && is_loopback(uri)
                && differs_in_port_only(registered, sent)
    })
}

/// [RFC 8252 §7.3](https://www.rfc-editor.org/rfc/rfc8252#section-7.3): the port is whatever the device had free, and
/// everything else is compared character by character.
fn differs_in_port_only(registered: &str, sent: &str) -> bool {
    match (without_port(registered), without_port(sent)) {
        (Some(registered), Some(sent)) => registered == sent,
        _ => false,
    }
}

/// An `http` URI in two parts, before its port and behind it.
fn without_port(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    Some((host, path))
}

/// Browsers run `javascript:`, `data:` and their kin in the page's own name. Other schemes are how native apps are reached.
fn is_safe(uri: &Url) -> bool {
    const NEVER: [&str; 7] = ["javascript", "data", "vbscript", "blob", "file", "about", "view-source"];
    !NEVER.contains(&uri.scheme()) && uri.username().is_empty() && uri.password().is_none() && has_host_if_http(uri)
}

fn has_host_if_http(uri: &Url) -> bool {
    !matches!(uri.scheme(), "http" | "https") || !matches!(uri.host(), None | Some(Host::Domain("")))
}

/// A list of accepted values, in words.
pub(crate) fn one_of(values: &[String]) -> String {
    match values {
        [] => "one of the registered values, but there is none".into(),
        [only] => only.clone(),
        many => format!("one of {}", many.join(", ")),
    }
}

/// Where a browser may go after logout, for a client that nobody registered.
pub(crate) fn is_loopback_uri(text: &str) -> bool {
    Url::parse(text).is_ok_and(|uri| is_loopback(&uri) && matches!(uri.scheme(), "http" | "https") && is_safe(&uri))
}
