//! Bodies of requests: forms, and small ones.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;

use crate::protocol::Params;
use crate::spec::{Check, FailedCheck, quoted};
use crate::world::Endpoint;

/// The most bytes of a form. A request with a long `claims` parameter and an `id_token_hint` has a tenth of it.
const LARGEST: usize = 256 * 1024;

/// Reads a form, [RFC 6749 appendix B](https://www.rfc-editor.org/rfc/rfc6749#appendix-B), and hands over its bytes as well.
pub(super) async fn form(parts: &Parts, body: Body, endpoint: Endpoint) -> (Result<Params, FailedCheck>, Bytes) {
    let declared = parts.headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default().to_owned());
    let Ok(bytes) = to_bytes(body, LARGEST).await else {
        let say = format!("The body is larger than the {} KiB that a form may have here", LARGEST / 1024);
        let refused = FailedCheck::by(Check::BodySmall).expected(format!("at most {LARGEST} bytes")).says(say);
        return (Err(refused), Bytes::new());
    };
    // UserInfo may be asked by POST with the token in the header and no body, Core §5.3.1.
    if bytes.is_empty() && endpoint == Endpoint::UserInfo {
        return (Ok(Params::default()), bytes);
    }
    let media_type = declared.as_deref().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let got = declared.unwrap_or_else(|| "no Content-Type".into());
        let say = format!("The body came as {}, not as a form", quoted(&got));
        let refused =
            FailedCheck::by(Check::BodyIsForm).got(got).expected("application/x-www-form-urlencoded").says(say);
        return (Err(refused), bytes);
    }
    (Ok(Params::parse(&bytes)), bytes)
}
