//! Discovery and JWKS: nothing is advertised that does not work, and nothing works unadvertised.

use serde_json::{Value, json};
use standin::Emulator;
use url::Url;

use crate::harness::{Browser, as_anyone, authorize_url, get, http, registered, send, tokens};

async fn metadata(idp: &Emulator) -> Value {
    get(&format!("{}/.well-known/openid-configuration", idp.issuer())).await.json()
}

fn words(value: &Value) -> Vec<String> {
    value.as_array().expect("a list").iter().map(|word| word.as_str().expect("a word").to_owned()).collect()
}

#[tokio::test]
async fn the_issuer_is_the_url_that_was_asked_minus_the_suffix() {
    for path in ["", "/auth", "/tenants/one"] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let issuer = format!("http://localhost:{}{path}", listener.local_addr().expect("an address").port());
        let idp = registered().with(|config| config.public_url = Some(issuer.clone())).listener(listener).start().await;
        let answer = get(&format!("{issuer}/.well-known/openid-configuration")).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
        assert_eq!(answer.member("issuer"), issuer);
        let origin = Url::parse(&issuer).expect("a URL").origin().ascii_serialization();
        for known in ["oauth-authorization-server", "openid-configuration"] {
            let by_rfc8414 = get(&format!("{origin}/.well-known/{known}{path}")).await;
            assert_eq!(by_rfc8414.json(), answer.json(), "RFC 8414 puts it before the path");
        }
        let signed_in = tokens(&idp, &[], "alice").await;
        assert_eq!(crate::harness::claims(&signed_in.member("id_token"))["iss"], issuer);
    }
}

#[tokio::test]
async fn every_endpoint_that_is_advertised_answers() {
    let idp = registered().start().await;
    for (name, url) in metadata(&idp).await.as_object().expect("an object") {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            let answer = get(url.as_str().expect("a URL")).await;
            assert!(answer.status != 404 && answer.status < 500, "{name}: {}", answer.status);
        }
    }
}

#[tokio::test]
async fn everything_that_is_advertised_works() {
    let idp = registered().start().await;
    let metadata = metadata(&idp).await;
    for mode in words(&metadata["response_modes_supported"]) {
        let answer = Browser::new().get(&authorize_url(&idp, &[("response_mode", &mode)])).await;
        assert_eq!(answer.status, 200, "{mode}");
    }
    for prompt in words(&metadata["prompt_values_supported"]) {
        let answer = Browser::new().get(&authorize_url(&idp, &[("prompt", &prompt)])).await;
        assert!(answer.status == 200 || answer.returned("error").as_deref() == Some("login_required"), "{prompt}");
    }
    // With an implicit grant nobody comes to the token endpoint: `response_types.rs` has those.
    for grant_type in words(&metadata["grant_types_supported"]).into_iter().filter(|name| name != "implicit") {
        let answer = as_anyone(
            &idp,
            "/token",
            &[("grant_type", &grant_type), ("client_id", "web"), ("client_secret", "s3cret")],
        )
        .await;
        assert!(
            !["unsupported_grant_type", "unauthorized_client"]
                .contains(&answer.json()["error"].as_str().unwrap_or_default())
        );
    }
    for scope in words(&metadata["scopes_supported"]) {
        tokens(&idp, &[("scope", &format!("openid {scope}"))], "alice").await;
    }
    for response_type in words(&metadata["response_types_supported"]) {
        let answer = Browser::new().get(&authorize_url(&idp, &[("response_type", &response_type)])).await;
        assert_eq!(answer.status, 200, "{response_type}");
    }
    let password = words(&metadata["grant_types_supported"]).contains(&"password".to_owned());
    assert!(!password, "it works for nobody here");
}

#[tokio::test]
async fn members_have_the_types_that_their_specifications_give() {
    let idp = registered().start().await;
    for (name, value) in metadata(&idp).await.as_object().expect("an object") {
        let right = match name.as_str() {
            _ if name.ends_with("_supported") && value.is_boolean() => {
                name.contains("parameter") || name.contains("logout")
            }
            _ if name.ends_with("_supported") => !words(value).is_empty(),
            "require_request_uri_registration" => value.is_boolean(),
            _ => Url::parse(value.as_str().unwrap_or_default()).is_ok(),
        };
        assert!(right, "{name}: {value}");
    }
    let metadata = metadata(&idp).await;
    assert!(words(&metadata["id_token_signing_alg_values_supported"]).contains(&"RS256".into()));
    assert!(!words(&metadata["token_endpoint_auth_signing_alg_values_supported"]).contains(&"none".into()));
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
}

#[tokio::test]
async fn the_key_set_is_public_and_nothing_else() {
    let idp = registered().start().await;
    let keys = get(&format!("{}/jwks", idp.issuer())).await.json()["keys"].as_array().expect("keys").clone();
    let mut kids: Vec<&str> = keys.iter().map(|key| key["kid"].as_str().expect("a kid")).collect();
    let count = kids.len();
    kids.sort_unstable();
    kids.dedup();
    assert_eq!(
        (kids.len(), count),
        (6, 6),
        "RSA, P-256, P-384, Ed25519, and two to encrypt for, each with a name of its own"
    );
    let uses: Vec<&str> = keys.iter().map(|key| key["use"].as_str().expect("a use")).collect();
    assert_eq!(uses, ["sig", "sig", "sig", "sig", "enc", "enc"], "those that sign come first");
    for key in &keys {
        assert_ne!(key["kty"], "oct");
        for secret in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert_eq!(key.get(secret), None, "{secret}");
        }
    }
}

#[tokio::test]
async fn one_issuer_is_reached_by_two_host_names() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let issuer = format!("http://localhost:{port}");
    let idp = registered().with(|config| config.public_url = Some(issuer.clone())).listener(listener).start().await;
    let by = async |host: &str| {
        let request = http().get(format!("http://127.0.0.1:{port}/.well-known/openid-configuration"));
        send(request.header("host", host)).await.json()
    };
    let inside = by(&format!("idp:{port}")).await;
    assert_eq!(inside["issuer"], issuer, "iss is one string, whoever asks");
    assert_eq!(inside["authorization_endpoint"], format!("{issuer}/authorize"), "the browser's way");
    assert_eq!(inside["end_session_endpoint"], format!("{issuer}/logout"));
    for back in ["token_endpoint", "userinfo_endpoint", "jwks_uri", "introspection_endpoint", "revocation_endpoint"] {
        assert!(inside[back].as_str().is_some_and(|url| url.starts_with(&format!("http://idp:{port}/"))), "{back}");
    }
    let odd = by("idp:1/\"><script>").await;
    assert!(
        odd["token_endpoint"].as_str().is_some_and(|url| url.starts_with(&issuer)),
        "no host that a URL cannot have"
    );

    let code = crate::harness::code(&idp, &[], "alice").await;
    let form =
        [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", crate::harness::CALLBACK)];
    let request = http()
        .post(format!("http://127.0.0.1:{port}/token"))
        .header("host", format!("idp:{port}"))
        .basic_auth("web", Some("s3cret"));
    let answer = crate::harness::post(request, &form).await;
    assert_eq!(crate::harness::claims(&answer.member("id_token"))["iss"], issuer);
}

#[tokio::test]
async fn back_channel_endpoints_can_have_a_url_of_their_own_or_the_issuers() {
    for (back_channel, expected) in
        [("http://idp.internal:9000", "http://idp.internal:9000/token"), ("issuer", "http://localhost:1234/token")]
    {
        let idp = registered()
            .with(|config| {
                config.public_url = Some("http://localhost:1234".into());
                config.back_channel = Some(back_channel.into());
            })
            .start()
            .await;
        let url = format!("http://{}/.well-known/openid-configuration", idp.address());
        let metadata = get(&url).await.json();
        assert_eq!(
            (&metadata["token_endpoint"], &metadata["issuer"]),
            (&json!(expected), &json!("http://localhost:1234"))
        );
    }
}

#[tokio::test]
async fn browser_apps_of_any_origin_read_answers_and_errors() {
    let idp = registered().start().await;
    let origin = "http://app.example:5173";
    for path in ["/.well-known/openid-configuration", "/jwks", "/userinfo", "/token", "/revoke", "/introspect"] {
        let answer = send(http().get(format!("{}{path}", idp.issuer())).header("origin", origin)).await;
        assert_eq!(answer.header("access-control-allow-origin"), origin, "{path} {}", answer.status);
        assert_eq!(answer.header("access-control-allow-credentials"), "true");
        assert!(answer.header("vary").contains("origin"));
        let preflight = http()
            .request(reqwest::Method::OPTIONS, format!("{}{path}", idp.issuer()))
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,dpop");
        let preflight = send(preflight).await;
        assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (200, origin));
        assert!(preflight.header("access-control-allow-headers").contains("authorization"));
    }
    let page = send(http().get(authorize_url(&idp, &[])).header("origin", origin)).await;
    assert_eq!(page.header("access-control-allow-origin"), "", "never on the pages");
}

#[tokio::test]
async fn a_mistyped_path_is_a_404_that_suggests_the_right_one() {
    let idp = Emulator::start().await;
    let answer = get(&format!("{}/.well-known/openid-config", idp.issuer())).await;
    assert_eq!(answer.status, 404);
    assert!(answer.member("error_description").contains("/.well-known/openid-configuration"));
    let page = send(http().get(format!("{}/autorize", idp.issuer())).header("accept", "text/html")).await;
    assert!(page.status == 404 && page.words().contains("/authorize"));
}
