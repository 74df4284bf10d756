//! What a provider must withstand: odd input of every kind at every door.

use reqwest::Method;
use serde_json::json;
use standin::{Check, Emulator};

use crate::harness::{Browser, authorize_url, get, http, refused_by, registered, send, tokens};

const MARKUP: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>";

const DOORS: [&str; 14] = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/jwks",
    "/authorize",
    "/sign-in",
    "/consent",
    "/token",
    "/userinfo",
    "/introspect",
    "/revoke",
    "/logout",
    "/sign-out",
    "/",
    "/_control/v1/tokens",
];

#[tokio::test]
async fn markup_in_any_parameter_stays_text() {
    let idp = Emulator::start().await;
    let names = [
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "response_type",
        "response_mode",
        "prompt",
        "max_age",
        "login_hint",
        "id_token_hint",
        "acr_values",
        "claims",
        "ui_locales",
        "display",
        "resource",
        "code_challenge",
        "anything",
        MARKUP,
    ];
    for name in names {
        let answer = Browser::new().get(&authorize_url(&idp, &[(name, MARKUP)])).await;
        assert!(!answer.text.contains("<script>alert") && !answer.text.contains("<img src=x"), "{name}");
    }
    for path in [
        format!("/logout?id_token_hint={MARKUP}"),
        format!("/{MARKUP}"),
        format!("/sign-in?interaction={MARKUP}&edit={MARKUP}"),
    ] {
        let request = http().get(format!("{}{path}", idp.issuer())).header("accept", "text/html");
        assert!(!send(request).await.text.contains("<script>alert"), "{path}");
    }
    let posted = Browser::new()
        .get(&authorize_url(&idp, &[("state", MARKUP), ("response_mode", "form_post"), ("prompt", "none")]))
        .await;
    assert!(!posted.text.contains("<script>alert"));
    assert_eq!(posted.field("state"), MARKUP, "and comes back whole");
    let console = get(&format!("{}/", idp.issuer())).await;
    assert!(!console.text.contains("<script>alert"));
}

#[tokio::test]
async fn line_breaks_never_become_headers() {
    let idp = registered().start().await;
    let state = "x\r\nSet-Cookie: evil=1\r\n\r\n<html>";
    let back = Browser::new().get(&authorize_url(&idp, &[("state", state), ("prompt", "none")])).await;
    assert!(back.headers.get_all("set-cookie").iter().all(|cookie| !cookie.to_str().expect("text").contains("evil")));
    assert_eq!(back.returned("state").as_deref(), Some(state));
}

#[tokio::test]
async fn a_megabyte_is_refused_and_the_next_request_answered() {
    let idp = registered().start().await;
    let large = "a".repeat(1024 * 1024);
    for door in DOORS {
        let body = format!("client_id=web&state={large}");
        let request = http()
            .post(format!("{}{door}", idp.issuer()))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        let status = request.send().await.map_or(413, |answer| answer.status().as_u16());
        assert!((400..500).contains(&status), "{door}: {status}");
        let query = http().get(format!("{}{door}?state={large}", idp.issuer())).send().await;
        assert!(query.map_or(431, |answer| answer.status().as_u16()) >= 400, "{door}");
    }
    let request = http()
        .post(format!("{}/token", idp.issuer()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(large);
    assert_eq!(send(request).await.status, 413);
    refused_by(&idp, Check::BodySmall);
    tokens(&idp, &[], "alice").await;
}

#[tokio::test]
async fn wrong_methods_are_told_the_right_ones() {
    let idp = registered().start().await;
    for (door, method, allowed) in [
        ("/token", Method::GET, "POST"),
        ("/jwks", Method::POST, "GET"),
        ("/userinfo", Method::PUT, "GET, POST"),
        ("/authorize", Method::DELETE, "GET, POST"),
        ("/sign-out", Method::GET, "POST"),
        ("/revoke", Method::PATCH, "POST"),
    ] {
        let answer = send(http().request(method.clone(), format!("{}{door}", idp.issuer()))).await;
        assert_eq!((answer.status, answer.header("allow")), (405, allowed), "{method} {door}");
        refused_by(&idp, Check::MethodAllowed);
    }
    assert_eq!(send(http().head(format!("{}/jwks", idp.issuer()))).await.status, 200);
}

#[tokio::test]
async fn a_body_that_is_no_form_is_refused_in_the_protocols_terms() {
    let idp = registered().start().await;
    for media_type in ["application/json", "text/plain", "multipart/form-data; boundary=x", ""] {
        let mut request =
            http().post(format!("{}/token", idp.issuer())).body("{\"grant_type\":\"client_credentials\"}");
        if !media_type.is_empty() {
            request = request.header("content-type", media_type);
        }
        let answer = send(request).await;
        assert_eq!((answer.status, answer.member("error").as_str()), (400, "invalid_request"), "{media_type}");
        refused_by(&idp, Check::BodyIsForm);
    }
    let fine = http()
        .post(format!("{}/token", idp.issuer()))
        .header("content-type", "Application/X-WWW-Form-URLEncoded; charset=utf-8");
    assert_eq!(send(fine.body("grant_type=client_credentials&client_id=web&client_secret=s3cret")).await.status, 200);
}

#[tokio::test]
async fn any_bytes_at_any_door_are_answered() {
    let idp = registered().start().await;
    // A linear congruential generator: the same odd bytes in every run.
    let mut seed = 7_u64;
    let mut bytes = |count: usize| -> Vec<u8> {
        (0..count)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                u8::try_from(seed >> 56).expect("eight bits")
            })
            .collect()
    };
    for door in DOORS {
        for round in 0..8 {
            let odd = bytes(64 * (round + 1));
            let encoded: String = url::form_urlencoded::byte_serialize(&odd).collect();
            let authorization =
                [format!("Basic {encoded}"), format!("Bearer {encoded}"), "Basic".into(), encoded.clone()];
            let url = format!("{}{door}", idp.issuer());
            let query = format!("{url}?client_id={encoded}&redirect_uri={encoded}&{encoded}=1&code={encoded}");
            let answer = send(http().get(query).header("authorization", &authorization[round % 4])).await;
            assert_ne!(answer.status, 500, "{door}");
            let post = http().post(&url).header("content-type", "application/x-www-form-urlencoded");
            assert_ne!(send(post.body(odd)).await.status, 500, "{door}");
        }
    }
    tokens(&idp, &[], "alice").await;
}

#[tokio::test]
async fn hosts_and_cookies_that_make_no_sense_change_nothing() {
    let idp = registered().start().await;
    for host in ["", "evil.example", "a b", "[::1", "localhost:99999", "x@y"] {
        let request = http().get(format!("{}/.well-known/openid-configuration", idp.issuer()));
        let Ok(answer) = request.header("host", host).send().await else { continue };
        if answer.status() == 200 {
            let metadata: serde_json::Value =
                serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON");
            assert_eq!(metadata["token_endpoint"], format!("{}/token", idp.issuer()), "{host}");
        }
    }
    let browser = Browser::new();
    for cookie in ["", "x", "%00", &"a".repeat(4000), "AAAAAAAAAAAAAAAAAAAAAA"] {
        browser.set_cookie(&format!("standin-{}", idp.address().port()), cookie);
        assert_eq!(browser.get(&authorize_url(&idp, &[])).await.status, 200, "{cookie}");
    }
}

#[tokio::test]
async fn the_control_api_is_closed_to_web_pages() {
    let idp = registered().start().await;
    let url = format!("{}/_control/v1/tokens", idp.issuer());
    let spec = json!({"as": "alice", "client": "web"}).to_string();
    let ask = |name: &'static str, value: &'static str| {
        http().post(&url).header("content-type", "application/json").header(name, value).body(spec.clone())
    };
    assert_eq!(send(ask("accept", "*/*")).await.status, 200);
    for (name, value, status) in [
        ("origin", "http://evil.example", 403),
        ("origin", "null", 403),
        ("origin", "http://localhost:1", 403),
        ("host", "evil.example.com", 403),
    ] {
        let answer = send(ask(name, value)).await;
        assert_eq!(answer.status, status, "{name}: {value}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    let form = http().post(&url).header("content-type", "text/plain").body(spec.clone());
    assert_eq!(send(form).await.status, 415, "a form of another site cannot be JSON");
    let wrong = http().post(&url).header("content-type", "application/json").body("{\"clint\":\"web\"}");
    let wrong = send(wrong).await;
    assert_eq!((wrong.status, wrong.member("field").as_str()), (422, "clint"));
    assert!(wrong.member("detail").contains("clint"), "{}", wrong.text);

    let guarded = registered().control_token(Some("hush".into())).start().await;
    let url = format!("{}/_control/v1/tokens", guarded.issuer());
    let ask = || http().post(&url).header("content-type", "application/json").body(spec.clone());
    assert_eq!(send(ask()).await.status, 401);
    assert_eq!(send(ask().bearer_auth("wrong")).await.status, 401);
    assert_eq!(send(ask().bearer_auth("hush")).await.status, 200);
    let beyond = registered().with(|config| config.host = "0.0.0.0".into()).start().await;
    let url = format!("http://127.0.0.1:{}/_control/v1/tokens", beyond.address().port());
    assert_eq!(send(http().post(&url).header("content-type", "application/json").body(spec.clone())).await.status, 403);
}
