//! By which host a request came.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::HOST;
use url::{Host, Url};

use crate::world::Settings;

/// Scheme and authority of the request, such as `http://idp:7760`. A name that is none of this machine or its containers
/// could be anybody's; then it is the issuer's. TLS may end in front of us, so the issuer's host has the issuer's scheme.
pub(in crate::http) fn base(headers: &HeaderMap, settings: &Settings, secure: bool) -> Arc<str> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let issuer = &settings.issuer;
    let by_issuer = host == settings.root.authority
        || same_place(&format!("http://{host}"), issuer)
        || same_place(&format!("https://{host}"), issuer);
    if by_issuer || !is_local(host) {
        return Arc::clone(&settings.root.origin);
    }
    let scheme = if secure { "https" } else { "http" };
    format!("{scheme}://{host}").into()
}

/// `localhost` and names under it, names without a dot as containers have them, and addresses. Nobody else's DNS can point
/// these at this machine.
pub(in crate::http) fn is_local(host: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b);
    if host.is_empty() || host.len() > 255 || !host.bytes().all(allowed) {
        return false;
    }
    match Url::parse(&format!("http://{host}")).ok().as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => !name.contains('.') || name.ends_with(".localhost") || name.ends_with(".internal"),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    }
}

/// Whether two URLs have host and port in common. Schemes may differ where TLS ends in front of us.
pub(in crate::http) fn same_place(one: &str, other: &str) -> bool {
    let place = |text: &str| {
        let url = Url::parse(text).ok()?;
        Some((url.host_str()?.to_owned(), url.port_or_known_default()))
    };
    place(one).is_some() && place(one) == place(other)
}
