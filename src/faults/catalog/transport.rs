//! What happens on the way, at any endpoint, and to the clock.

use super::kind::section::HTTP;
use super::kind::{FaultKind, handle, tolerate};
use crate::faults::edit::{error, html, instead, replace};
use crate::faults::effect::Effect::{AnyReply, Override, Reply};
use crate::faults::matching::Point::{Authorize, Jwks, Token, Userinfo};
use crate::protocol::Lifetime;
use crate::reply::{Body, Cors, Delivery};
use crate::world::Endpoint;

const BOUNDED: &str = "waits for a bounded time, says what happened, and tries again where that is safe";
const CORS: &str = "https://fetch.spec.whatwg.org/#http-cors-protocol";

pub(super) const FAULTS: &[FaultKind] = &[
    handle(
        "net.latency",
        "The answer comes after `with.delay`, 3 s where it says nothing.",
        &["any.late"],
        (
            HTTP,
            &[AnyReply(|r, f| {
                r.delivery = Delivery::After(f.options.delay.unwrap_or(Lifetime::of_seconds(3)).duration());
                true
            })],
        ),
    )
    .so(BOUNDED),
    handle(
        "net.timeout",
        "There is no answer: the connection stays open, for ten minutes at most.",
        &["any.connection"],
        (
            HTTP,
            &[AnyReply(|r, _| {
                r.delivery = Delivery::Never;
                true
            })],
        ),
    )
    .so(BOUNDED),
    handle(
        "net.reset",
        "The connection is reset.",
        &["any.connection"],
        (
            HTTP,
            &[AnyReply(|r, _| {
                r.delivery = Delivery::Reset;
                true
            })],
        ),
    )
    .so(BOUNDED),
    handle(
        "net.half_body",
        "The connection ends in the middle of the body.",
        &["any.connection"],
        (
            HTTP,
            &[AnyReply(|r, _| {
                r.delivery = Delivery::HalfBody;
                true
            })],
        ),
    )
    .so(BOUNDED),
    handle(
        "net.slowloris_response",
        "The body comes a few bytes at a time, over `with.delay`, 10 s where it says nothing.",
        &["any.late"],
        (
            HTTP,
            &[AnyReply(|r, f| {
                r.delivery = Delivery::Drip(f.options.delay.unwrap_or(Lifetime::of_seconds(10)).duration());
                true
            })],
        ),
    )
    .so(BOUNDED),
    handle(
        "net.5xx",
        "The answer is 502, a proxy's page.",
        &["any.status", "any.body", "any.content_type"],
        (HTTP, &[AnyReply(|r, _| html(r, 502))]),
    )
    .so(BOUNDED),
    handle(
        "net.503_retry_after",
        "The answer is 503, with Retry-After: `with.seconds`, 2 where it says nothing.",
        &["any.status", "any.body", "any.content_type", "any.retry-after"],
        (
            "https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3",
            &[AnyReply(|r, f| {
                html(r, 503);
                r.headers.push(("retry-after".into(), f.seconds(2).to_string().into()));
                true
            })],
        ),
    )
    .so("waits as long as Retry-After says"),
    handle(
        "net.429_retry_after",
        "The answer is 429, with Retry-After: `with.seconds`, 2 where it says nothing.",
        &["any.status", "any.error", "any.retry-after"],
        (
            "https://www.rfc-editor.org/rfc/rfc6585#section-4",
            &[AnyReply(|r, f| {
                error(r, 429, "temporarily_unavailable");
                r.headers.push(("retry-after".into(), f.seconds(2).to_string().into()));
                true
            })],
        ),
    )
    .so("waits as long as Retry-After says"),
    handle(
        "net.flaky",
        "The answer is 503; give `every` or `rate` to have it so now and then.",
        &["any.status", "any.body"],
        (HTTP, &[AnyReply(|r, _| instead(r, 503, "text/plain", "try again"))]),
    )
    .so("tries again what may be asked twice, and nothing else"),
    handle(
        "net.gzip",
        "The body is compressed though nobody asked for that.",
        &["any.body", "any.content-encoding"],
        ("https://www.rfc-editor.org/rfc/rfc9110#section-8.4", &[AnyReply(|r, _| compressed(r))]),
    )
    .so("reads it, or says that it could not and goes on; clients of the JVM do not read it"),
    tolerate(
        "net.chunked",
        "The body comes in chunks, without a length.",
        &["any.content-length"],
        (
            "https://www.rfc-editor.org/rfc/rfc9112#section-7.1",
            &[AnyReply(|r, _| {
                r.delivery = Delivery::Chunked;
                !matches!(r.body, Body::Return(_) | Body::Redirect(_) | Body::Empty)
            })],
        ),
    ),
    handle(
        "net.large_headers",
        "A header has 32 kB.",
        &["any.x-padding"],
        (
            "https://www.rfc-editor.org/rfc/rfc6585#section-5",
            &[AnyReply(|r, _| {
                r.headers.push(("x-padding".into(), "x".repeat(32_768).into()));
                true
            })],
        ),
    ),
    handle(
        "net.redirect_loop",
        "The authorization endpoint redirects to itself.",
        &["authorize", "answer"],
        (
            "https://www.rfc-editor.org/rfc/rfc9110#section-15.4",
            &[Reply(Authorize, |r, f| {
                if f.request.endpoint != Endpoint::Authorize {
                    return false;
                }
                let to = format!("{}?{}", f.settings.url_of(Endpoint::Authorize), f.request.params.to_query());
                replace(r, crate::reply::Reply::new(302, Body::Redirect(to)).uncached())
            })],
        ),
    )
    .so("is not there to see it: the browser gives up, and a new sign-in works"),
    handle(
        "cors.missing",
        "No answer allows other origins to read it.",
        &["any.access-control-allow-origin"],
        (
            CORS,
            &[
                Reply(Token, |r, f| cors(r, f, Cors::Missing)),
                Reply(Userinfo, |r, f| cors(r, f, Cors::Missing)),
                Reply(Jwks, |r, f| cors(r, f, Cors::Missing)),
            ],
        ),
    )
    .so("says that the provider cannot be reached from a browser"),
    handle(
        "cors.wildcard",
        "Answers allow every origin, without credentials.",
        &["any.access-control-allow-origin"],
        (
            CORS,
            &[
                Reply(Token, |r, f| cors(r, f, Cors::Wildcard)),
                Reply(Userinfo, |r, f| cors(r, f, Cors::Wildcard)),
                Reply(Jwks, |r, f| cors(r, f, Cors::Wildcard)),
            ],
        ),
    )
    .so("works as long as it sends no credentials"),
    handle(
        "time.skew",
        "The provider's clock goes ahead by `with.seconds`, 600 where it says nothing; it may be negative.",
        &[
            "id_token.iat",
            "id_token.exp",
            "id_token.auth_time",
            "id_token.at_hash",
            "access_token.iat",
            "access_token.exp",
            "access_token.auth_time",
        ],
        (
            super::kind::section::VALIDATION,
            &[Override(|p, f| {
                // One clock for every request, or each code would be too old; it shows in tokens.
                p.now.0 = p.now.0.saturating_add(f.seconds(600));
                f.facts.point == Token
            })],
        ),
    )
    .so("tolerates seconds and refuses minutes"),
    handle(
        "time.jump",
        "The clock jumps ahead by `with.seconds`, a day where it says nothing, in the middle of a sign-in.",
        &["token.status", "token.error"],
        (
            super::kind::section::VALIDATION,
            &[Override(|p, f| {
                let jumps = f.facts.point == Token;
                p.now.0 = p.now.0.saturating_add(if jumps { f.seconds(86_400) } else { 0 });
                jumps
            })],
        ),
    )
    .so("signs in again"),
];

/// There is something to alter only where a script of some web page asks.
fn cors(reply: &mut crate::reply::Reply, facts: &crate::faults::EditContext<'_>, cors: Cors) -> bool {
    reply.cors = cors;
    facts.request.cross_origin
}

/// The body in gzip, [RFC 1952](https://www.rfc-editor.org/rfc/rfc1952).
fn compressed(reply: &mut crate::reply::Reply) -> bool {
    use std::io::Write as _;
    let Body::Json(text) = &reply.body else { return false };
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let Ok(bytes) = encoder.write_all(text).and_then(|()| encoder.finish()) else { return false };
    reply.body = Body::Raw { media_type: "application/json".into(), bytes };
    reply.headers.push(("content-encoding".into(), "gzip".into()));
    true
}
