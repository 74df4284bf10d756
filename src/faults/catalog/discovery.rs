//! The metadata document.

use serde_json::{Value, json};

use super::kind::section::{CONFIG, ISSUER, METADATA};
use super::kind::{FaultKind, handle, reject, tolerate};
use crate::faults::effect::Effect::{self, Reply};
use crate::faults::effect::Overrides;

use crate::faults::edit::{altered, bytes, error, good, html, member, otherwise, replace, without};
use crate::faults::matching::Point::{Discovery, Token};
use crate::protocol::Lifetime;
use crate::reply::{Body, Delivery};
use crate::world::{Code, Record};

macro_rules! missing {
    ($($id:literal $member:literal)*) => {
        &[$(handle($id, concat!($member, " is left out."), &[concat!("discovery.", $member)], (
            METADATA,
            &[Reply(Discovery, |r, _| without(r, $member))],
        ))
        .so("goes on where it does not need it, and otherwise says what is missing"),)*]
    };
}

/// One member left out.
pub(super) const MISSING: &[FaultKind] = missing! {
    "disc.missing.issuer" "issuer"
    "disc.missing.authorization_endpoint" "authorization_endpoint"
    "disc.missing.token_endpoint" "token_endpoint"
    "disc.missing.userinfo_endpoint" "userinfo_endpoint"
    "disc.missing.jwks_uri" "jwks_uri"
    "disc.missing.end_session_endpoint" "end_session_endpoint"
    "disc.missing.scopes_supported" "scopes_supported"
    "disc.missing.response_types_supported" "response_types_supported"
    "disc.missing.subject_types_supported" "subject_types_supported"
    "disc.missing.id_token_signing_alg_values_supported" "id_token_signing_alg_values_supported"
    "disc.missing.token_endpoint_auth_methods_supported" "token_endpoint_auth_methods_supported"
    "disc.missing.code_challenge_methods_supported" "code_challenge_methods_supported"
};

const DOWN: &str = "does not crash at start-up, uses the copy that it has, and tries again later and later";
const ENDPOINTS: [&str; 4] = ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"];
const MOVED: &[&str] = &[
    "discovery.authorization_endpoint",
    "discovery.token_endpoint",
    "discovery.userinfo_endpoint",
    "discovery.jwks_uri",
];

/// The code that a request redeems.
fn code<'a>(overrides: &'a Overrides<'_>) -> Option<&'a Code> {
    overrides.records.iter().find_map(|record| match record {
        Record::Code(code) => Some(code),
        _ => None,
    })
}

/// Moves the endpoints to another base.
fn moved(reply: &mut crate::reply::Reply, issuer: &str, to: &str) -> bool {
    ENDPOINTS.iter().all(|name| {
        altered(reply, name, |url| {
            let url = url.as_str().unwrap_or_default();
            format!("{to}{}", url.strip_prefix(issuer).unwrap_or(url)).into()
        })
    })
}

pub(super) const FAULTS: &[FaultKind] = &[
    reject(
        "disc.issuer.wrong",
        "issuer is not where the document is.",
        &["discovery.issuer"],
        (
            ISSUER,
            &[Reply(Discovery, |r, _| {
                altered(r, "issuer", |issuer| otherwise(issuer.as_str().unwrap_or_default()).into())
            })],
        ),
    )
    .so("refuses it before any sign-in"),
    reject(
        "disc.issuer.slash",
        "issuer has a slash at its end, or lacks one.",
        &["discovery.issuer"],
        (
            ISSUER,
            &[Reply(Discovery, |r, _| {
                altered(r, "issuer", |issuer| {
                    let issuer = issuer.as_str().unwrap_or_default();
                    issuer.strip_suffix('/').map_or_else(|| format!("{issuer}/"), str::to_owned).into()
                })
            })],
        ),
    ),
    handle(
        "disc.down",
        "The connection breaks.",
        &["discovery.connection"],
        (
            CONFIG,
            &[Reply(Discovery, |r, _| {
                r.delivery = Delivery::Reset;
                true
            })],
        ),
    )
    .so(DOWN),
    handle(
        "disc.404",
        "The answer is 404.",
        &["discovery.status", "discovery.body", "discovery.content_type"],
        (CONFIG, &[Reply(Discovery, |r, _| html(r, 404))]),
    )
    .so(DOWN),
    handle(
        "disc.500",
        "The answer is 500.",
        &["discovery.status", "discovery.*"],
        (CONFIG, &[Reply(Discovery, |r, _| error(r, 500, "server_error"))]),
    )
    .so(DOWN),
    handle(
        "disc.slow",
        "The answer comes after `with.delay`, 30 s where it says nothing.",
        &["discovery.late"],
        (
            CONFIG,
            &[Reply(Discovery, |r, f| {
                r.delivery = Delivery::After(f.options.delay.unwrap_or(Lifetime::of_seconds(30)).duration());
                true
            })],
        ),
    )
    .so(DOWN),
    handle(
        "disc.html",
        "The answer is a page of HTML.",
        &["discovery.body", "discovery.content_type"],
        (CONFIG, &[Reply(Discovery, |r, _| html(r, 200))]),
    )
    .so(DOWN),
    handle(
        "disc.invalid_json",
        "The JSON breaks off in the middle.",
        &["discovery.body"],
        (CONFIG, &[Reply(Discovery, |r, _| bytes(r, "application/json", |text| text[..text.len() / 2].to_vec()))]),
    )
    .so(DOWN),
    handle(
        "disc.wrong_type",
        "The JSON is called text/plain.",
        &["discovery.content_type"],
        (CONFIG, &[Reply(Discovery, |r, _| bytes(r, "text/plain", |text| text))]),
    ),
    handle(
        "disc.redirect",
        "The answer is a redirect to `with.url`, to a port where nobody is where it says nothing.",
        &["discovery.status", "discovery.body", "discovery.content_type", "discovery.location"],
        (
            CONFIG,
            &[Reply(Discovery, |r, f| {
                let to = f
                    .options
                    .url
                    .clone()
                    .unwrap_or_else(|| "http://127.0.0.1:9/.well-known/openid-configuration".into());
                replace(r, crate::reply::Reply::new(302, Body::Redirect(to)))
            })],
        ),
    )
    .so("checks the issuer wherever the document came from"),
    tolerate(
        "disc.unknown_members",
        "There are members that nobody knows.",
        &["discovery.x_unknown", "discovery.x_nested"],
        (
            METADATA,
            &[Reply(Discovery, |r, _| member(r, "x_unknown", "1") && member(r, "x_nested", json!({ "a": [null] })))],
        ),
    ),
    tolerate(
        "disc.null_members",
        "Optional members are null.",
        &["discovery.ui_locales_supported", "discovery.display_values_supported", "discovery.service_documentation"],
        (
            METADATA,
            &[Reply(Discovery, |r, _| {
                good(r, |members| {
                    for name in ["ui_locales_supported", "display_values_supported", "service_documentation"] {
                        members.insert(name.into(), Value::Null);
                    }
                    true
                })
            })],
        ),
    ),
    reject(
        "disc.endpoint.http",
        "The endpoints have the other scheme than the issuer.",
        MOVED,
        (
            "https://openid.net/specs/openid-connect-discovery-1_0.html#TLSRequirements",
            &[Reply(Discovery, |r, f| {
                let issuer = f.settings.issuer.trim_end_matches('/').to_owned();
                let other = match issuer.strip_prefix("https:") {
                    Some(rest) => format!("http:{rest}"),
                    None => issuer.replacen("http:", "https:", 1),
                };
                moved(r, &issuer, &other)
            })],
        ),
    ),
    reject(
        "disc.endpoint.other_host",
        "The endpoints are on a foreign host.",
        MOVED,
        (
            "https://openid.net/specs/openid-connect-discovery-1_0.html#Impersonation",
            &[Reply(Discovery, |r, f| {
                moved(r, f.settings.issuer.trim_end_matches('/'), "http://attacker.example.com")
            })],
        ),
    ),
    reject(
        "disc.endpoint.internal_ip",
        "The endpoints are at 169.254.169.254.",
        MOVED,
        (
            super::kind::section::JWT_BCP_KID,
            &[Reply(Discovery, |r, f| moved(r, f.settings.issuer.trim_end_matches('/'), "http://169.254.169.254"))],
        ),
    )
    .so("does not ask there"),
    tolerate(
        "disc.jwks_uri.moves",
        "jwks_uri is another URL, at which the keys are as well.",
        &["discovery.jwks_uri"],
        (
            CONFIG,
            &[Reply(Discovery, |r, _| {
                altered(r, "jwks_uri", |url| format!("{}?moved", url.as_str().unwrap_or_default()).into())
            })],
        ),
    )
    .so("reads discovery again"),
    reject(
        "disc.alg.none_only",
        "Only alg none is offered for ID tokens.",
        ALGS,
        (METADATA, &[Reply(Discovery, |r, _| member(r, "id_token_signing_alg_values_supported", json!(["none"])))]),
    ),
    handle(
        "disc.alg.es_only",
        "Only ES256 is offered for ID tokens.",
        ALGS,
        (METADATA, &[Reply(Discovery, |r, _| member(r, "id_token_signing_alg_values_supported", json!(["ES256"])))]),
    )
    .so("adapts, or says that it cannot"),
    handle(
        "disc.alg.unknown",
        "Only XX999 is offered for ID tokens.",
        ALGS,
        (METADATA, &[Reply(Discovery, |r, _| member(r, "id_token_signing_alg_values_supported", json!(["XX999"])))]),
    )
    .so("says that it cannot"),
    tolerate(
        "disc.mtls_aliases",
        "There are mtls_endpoint_aliases, where nobody answers.",
        &["discovery.mtls_endpoint_aliases"],
        (
            "https://www.rfc-editor.org/rfc/rfc8705#section-5",
            &[Reply(Discovery, |r, _| {
                member(r, "mtls_endpoint_aliases", json!({ "token_endpoint": "https://127.0.0.1:9/token" }))
            })],
        ),
    )
    .so("uses them only for mutual TLS"),
    reject(
        "pkce.downgrade_accept",
        "Discovery does not promise PKCE, and a verifier without a challenge is not refused.",
        &["discovery.code_challenge_methods_supported"],
        (
            "https://www.rfc-editor.org/rfc/rfc9700#section-4.8",
            &[
                Reply(Discovery, |r, _| without(r, "code_challenge_methods_supported")),
                Effect::Override(|p, f| {
                    p.settings.policy.lenient_pkce = true;
                    let challenged = code(p).is_some_and(|code| code.challenge.is_some());
                    f.facts.point == Token && !challenged && f.request.params.get("code_verifier").is_some()
                }),
            ],
        ),
    )
    .so("sends code_challenge in any case, and notices"),
    reject(
        "tok.pkce.ignored",
        "code_verifier is not compared with code_challenge.",
        &["token"],
        (
            "https://www.rfc-editor.org/rfc/rfc7636#section-4.6",
            &[Effect::Override(|p, f| {
                p.settings.policy.lenient_pkce = true;
                let verifier = f.request.params.get("code_verifier").unwrap_or_default();
                let challenge = code(p).and_then(|code| code.challenge.as_ref());
                f.facts.point == Token && challenge.is_some_and(|challenge| !challenge.accepts(verifier))
            })],
        ),
    )
    .so("cannot see it from one sign-in; a test that sends a wrong verifier can"),
    handle(
        "tok.pkce.plain_refused",
        "Only S256 is accepted, and promised.",
        &["discovery.code_challenge_methods_supported"],
        (
            "https://www.rfc-editor.org/rfc/rfc7636#section-4.4.1",
            &[
                Reply(Discovery, |r, _| member(r, "code_challenge_methods_supported", json!(["S256"]))),
                Reply(crate::faults::matching::Point::Authorize, |r, f| {
                    let plain = f.request.params.get("code_challenge").is_some()
                        && f.request.params.get("code_challenge_method").is_none_or(|method| method == "plain");
                    plain && crate::faults::edit::error_back(r, "invalid_request", "code_challenge_method must be S256")
                }),
            ],
        ),
    )
    .so("sends S256"),
];

const ALGS: &[&str] = &["discovery.id_token_signing_alg_values_supported"];
