//! The way back to an app. There is one only where it was checked, so an unsafe redirect cannot be written.

use url::{Host, Url};

use crate::protocol::{AuthorizeRequest, Params, ResponseMode, nearest};
use crate::spec::{Check, FailedCheck, Suggestion, compared, difference, quoted};

use super::settings::is_loopback;
use super::{ApplicationType, Client, Ctx, Endpoint, Seen, Settings};

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
    pub fn find(ctx: &mut Ctx<'_>, client: &Client, request: &AuthorizeRequest) -> Result<Self, FailedCheck> {
        let params = &request.params;
        let all: Vec<&str> = params.all("redirect_uri").filter(|uri| !uri.is_empty()).collect();
        let given = if let [only] = all[..] { Some(only) } else { None };
        let sent = ctx.require_as(Check::RedirectUriGiven, given, |refused| match all[..] {
            [] => refused,
            _ => refused.says("redirect_uri was sent more than once"),
        })?;
        let garbled = params.garbled() == Some("redirect_uri");
        let uri = ctx.require_as(Check::RedirectUriUsable, usable(sent).filter(|_| !garbled), |refused| {
            let why = if garbled { "is not UTF-8 once it is decoded" } else { "cannot be a redirect URI" };
            let why = wrong_uri(sent).unwrap_or(why);
            refused.got(sent).says(format!("redirect_uri {} {why}", quoted(sent)))
        })?;
        if client.unregistered {
            let settings = ctx.settings;
            ctx.check_as(Check::RedirectUriLoopback, settings.may_redirect_to(&uri), |refused| {
                let host = uri.host_str().unwrap_or(sent);
                let say = format!(
                    "redirect_uri leads to {}, and an app that is not registered may only return to this machine",
                    quoted(host)
                );
                refused.got(sent).says(say).suggest(Some(registering(client, sent)))
            })?;
        } else {
            let settings = ctx.settings;
            ctx.check_as(Check::RedirectUriRegistered, is_registered(client, sent, &uri), |refused| {
                not_registered(refused, (client, settings), sent, params)
            })?;
            ctx.see(Check::RedirectUriRegistered, Seen::Value(sent.into()));
        }
        let mode = request.response_mode();
        let state = params.get("state").filter(|_| params.garbled() != Some("state")).map(str::to_owned);
        Ok(Self { sent: sent.to_owned(), uri, mode, state })
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

/// A URI that a browser may be sent to, registered or not.
fn usable(sent: &str) -> Option<Url> {
    if wrong_uri(sent).is_some() { None } else { Url::parse(sent).ok() }
}

/// What is wrong with a text as a redirect URI, if something is: words to stand behind it.
pub(crate) fn wrong_uri(text: &str) -> Option<&'static str> {
    if text.trim() != text {
        return Some("begins or ends with a space");
    }
    let Ok(uri) = Url::parse(text) else { return Some("is not an absolute URI") };
    if text.contains('#') {
        return Some("has a fragment, which RFC 6749 §3.1.2 forbids");
    }
    if NEVER.contains(&uri.scheme()) {
        return Some("would run in the page's own name");
    }
    if !uri.username().is_empty() || uri.password().is_some() {
        return Some("has a user name in it");
    }
    if !has_host_if_http(&uri) {
        return Some("has no host");
    }
    // `localhost:3000/callback` is a URI, of a scheme called localhost.
    let begins_with_a_port = uri.path().starts_with(|c: char| c.is_ascii_digit());
    (uri.cannot_be_a_base() && begins_with_a_port).then_some("has no scheme: it must begin with http:// or https://")
}

/// A redirect URI that nobody registered, beside the one that was probably meant.
fn not_registered(
    refused: FailedCheck,
    (client, settings): (&Client, &Settings),
    sent: &str,
    params: &Params,
) -> FailedCheck {
    let known = || client.redirect_uris.iter().map(String::as_str);
    let near = known().find(|uri| difference(sent, uri).is_some()).or_else(|| nearest(sent, known()));
    let port_only = known().any(|uri| differs_in_port_only(uri, sent));
    let app = client.shown_name();
    let say = match (near, client.redirect_uris.len()) {
        _ if port_only => format!(
            "redirect_uri has another port than the registered one; for {} application_type = \"native\" allows any",
            quoted(app)
        ),
        (Some(near), _) => format!("redirect_uri differs from the registered one: {}", compared(sent, near)),
        (None, 0) => format!("{} has no redirect_uris registered", quoted(app)),
        (None, _) => format!("redirect_uri {} is not registered for {}", quoted(sent), quoted(app)),
    };
    let link = |near: &str| {
        let query = params.replacing("redirect_uri", near).to_query();
        format!("{}?{query}", settings.path_of(Endpoint::Authorize))
    };
    let meant = match near {
        Some(near) => Suggestion::Word { word: near.to_owned(), link: Some(link(near)) },
        None => registering(client, sent),
    };
    refused.got(sent).expected(crate::spec::one_of(&client.redirect_uris)).says(say).suggest(Some(meant))
}

/// The command that registers this address for this app.
fn registering(client: &Client, uri: &str) -> Suggestion {
    let (id, plain) = (&client.id, |text: &str| text.replace('\'', "%27"));
    if client.unregistered {
        return Suggestion::Command(format!("standin clients add '{}' --redirect-uri '{}'", plain(id), plain(uri)));
    }
    let uris: Vec<&str> = client.redirect_uris.iter().map(String::as_str).chain([uri]).collect();
    let uris = serde_json::to_string(&uris).unwrap_or_default();
    Suggestion::Command(format!("standin clients set '{}' redirect_uris='{}'", plain(id), plain(&uris)))
}

/// Exact match, but for the port of a native app's loopback address. An app that keeps no secret, and registered such an address without a
/// port, is one: it cannot mean port 80.
fn is_registered(client: &Client, sent: &str, uri: &Url) -> bool {
    client.redirect_uris.iter().any(|registered| {
        let any_port = client.application_type == ApplicationType::Native
            || client.is_public() && without_port(registered).is_some_and(|(_, port, _)| port.is_none());
        registered == sent || any_port && is_loopback(uri) && differs_in_port_only(registered, sent)
    })
}

/// [RFC 8252 §7.3](https://www.rfc-editor.org/rfc/rfc8252#section-7.3): the port is whatever the device had free, and
/// everything else is compared character by character.
fn differs_in_port_only(registered: &str, sent: &str) -> bool {
    match (without_port(registered), without_port(sent)) {
        (Some((host, _, path)), Some((sent_host, _, sent_path))) => host == sent_host && path == sent_path,
        _ => false,
    }
}

/// An `http` URI in three parts: host, port if there is one, and what follows.
fn without_port(uri: &str) -> Option<(&str, Option<&str>, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    Some(match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => (host, Some(port), path),
        _ => (authority, None, path),
    })
}

/// Browsers run `javascript:`, `data:` and their kin in the page's own name. Other schemes are how native apps are reached.
const NEVER: [&str; 7] = ["javascript", "data", "vbscript", "blob", "file", "about", "view-source"];

fn has_host_if_http(uri: &Url) -> bool {
    !matches!(uri.scheme(), "http" | "https") || !matches!(uri.host(), None | Some(Host::Domain("")))
}

/// Where a browser may go after logout, for a client that nobody registered.
pub(crate) fn is_loopback_uri(text: &str) -> bool {
    usable(text).is_some_and(|uri| is_loopback(&uri) && matches!(uri.scheme(), "http" | "https"))
}
