//! By which host a request came.

use axum::http::HeaderMap;
use axum::http::header::HOST;
use url::Url;

/// Scheme and authority of the request, such as `http://idp:7760`; those of the issuer where the `Host` header is none that
/// a URL could have. The scheme is the issuer's where the host is: TLS may end in front of us.
pub(in crate::http) fn base(headers: &HeaderMap, issuer: &str) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let plain = format!("http://{host}");
    if issuer.strip_prefix("https://").is_some_and(|rest| rest.split('/').next() == Some(host)) {
        return format!("https://{host}");
    }
    if is_authority(host) {
        return plain;
    }
    Url::parse(issuer).map_or(plain, |issuer| issuer.origin().ascii_serialization())
}

/// Names, addresses and ports are made of these; anything else could break out of the URL that it is put into.
fn is_authority(host: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b);
    !host.is_empty() && host.len() <= 255 && host.bytes().all(allowed) && Url::parse(&format!("http://{host}")).is_ok()
}

/// Whether two URLs have host and port in common. Schemes may differ where TLS ends in front of us.
pub(in crate::http) fn same_place(one: &str, other: &str) -> bool {
    let place = |text: &str| {
        let url = Url::parse(text).ok()?;
        Some((url.host_str()?.to_owned(), url.port_or_known_default()))
    };
    place(one).is_some() && place(one) == place(other)
}
