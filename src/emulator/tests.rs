//! Another vendor by one file: a made-up profile, from discovery to logout.

use reqwest::Method as HttpMethod;
use serde_json::{Value, json};

use super::Emulator;
use crate::faults::Login;
use crate::http::http_client;
use crate::world::Client;

use crate::protocol::Params;
use crate::tokens::Opened;

const CALLBACK: &str = "http://localhost:3000/callback";

async fn json_of(method: HttpMethod, url: &str, form: &str) -> (u16, Value, reqwest::header::HeaderMap) {
    let request = http_client(&[]).expect("a client").request(method, url);
    let request =
        request.header("content-type", "application/x-www-form-urlencoded").basic_auth("notes-web", Some("s3cret"));
    let response = request.body(form.to_owned()).send().await.expect("an answer");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.bytes().await.expect("a body");
    (status, serde_json::from_slice(&text).expect("JSON"), headers)
}

/// Nothing but one file in the catalogue makes this provider another vendor's.
#[tokio::test]
async fn a_made_up_profile_spells_routes_claims_errors_headers_and_subjects() {
    let idp = Emulator::builder()
        .client(Client::confidential("notes-web", "s3cret").redirects_to(CALLBACK))
        .with(|config| config.profile = Some("made-up".into()))
        .start()
        .await;
    let issuer = idp.issuer();
    let root = issuer.strip_suffix("/default/v9").expect("the vendor's issuer").to_owned();
    let (_, discovery, _) = json_of(HttpMethod::GET, &format!("{issuer}/.well-known/openid-configuration"), "").await;
    assert_eq!(discovery["issuer"], json!(issuer));
    assert_eq!(discovery["authorization_endpoint"], json!(format!("{root}/default/oauth9/authorize")));
    assert_eq!(discovery["userinfo_endpoint"], json!(format!("{root}/oidc/userinfo")));
    assert_eq!(discovery["subject_types_supported"], json!(["public", "pairwise"]));
    let in_front = format!("{root}/.well-known/oauth-authorization-server/default/v9");
    assert_eq!(json_of(HttpMethod::GET, &in_front, "").await.1["issuer"], json!(issuer), "RFC 8414 §3.1");

    let query = Params::default()
        .with("client_id", "notes-web")
        .with("response_type", "code")
        .with("scope", "openid profile")
        .with("nonce", "n")
        .with("redirect_uri", CALLBACK);
    let start = format!("{root}/default/oauth9/authorize?{}", query.to_query());
    let page =
        http_client(&[]).expect("a client").get(&start).header("accept", "text/html").send().await.expect("a page");
    let page = page.bytes().await.expect("a page");
    assert!(
        String::from_utf8_lossy(&page).contains("action=\"/default/login\""),
        "its forms go where the profile says"
    );
    idp.next_login(Login::by("alice"));
    let answer = http_client(&[]).expect("a client").get(&start).send().await.expect("an answer");
    let location = answer.headers()["location"].to_str().expect("a URL");
    let callback = url::Url::parse(location).expect("a URL");
    let code = callback.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    let token = discovery["token_endpoint"].as_str().expect("a URL").to_owned();
    let form =
        Params::default().with("grant_type", "authorization_code").with("code", &code).with("redirect_uri", CALLBACK);
    let (status, tokens, headers) = json_of(HttpMethod::POST, &token, &form.to_query()).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(headers["x-made-up-request"], "1");
    let id_token = Opened::read(tokens["id_token"].as_str().expect("a token")).expect("a JWT");
    let names: Vec<&str> = id_token.claims.keys().map(String::as_str).collect();
    assert_eq!(names, ["aud", "iss", "iat", "exp", "ver", "nonce", "sub", "sid"]);
    let sub = id_token.claim("sub").expect("a sub").to_owned();
    assert_ne!(sub, "alice", "each app sees its own");
    let access = Opened::read(tokens["access_token"].as_str().expect("a token")).expect("a JWT");
    assert_eq!((access.claim("appid"), access.claim("scp")), (Some("notes-web"), Some("openid profile")));

    let again = json_of(HttpMethod::POST, &token, "grant_type=authorization_code&code=nothing").await.1;
    assert_eq!(again["error_codes"], json!([54005]));
    assert!(again["error_description"].as_str().expect("words").starts_with("MADEUP54005: the code was not found."));
    assert!(again.get("error_uri").is_none());

    // Whom the app means by the `sub` that it saw is known here.
    let hint = tokens["id_token"].as_str().expect("a token");
    let out = format!("{}?id_token_hint={hint}", discovery["end_session_endpoint"].as_str().expect("a URL"));
    let out = http_client(&[]).expect("a client").get(out).send().await.expect("an answer");
    assert_eq!(out.status().as_u16(), 200);
    let userinfo = http_client(&[]).expect("a client").get(format!("{root}/oidc/userinfo"));
    let userinfo =
        userinfo.bearer_auth(tokens["access_token"].as_str().expect("a token")).send().await.expect("an answer");
    let userinfo: Value = serde_json::from_slice(&userinfo.bytes().await.expect("a body")).expect("JSON");
    assert_eq!((&userinfo["sub"], &userinfo["ver"]), (&json!(sub), &json!("9.0")));
}

#[test]
fn a_profile_that_nobody_has_is_named_with_the_likely_one() {
    let started = Emulator::builder().with(|config| config.profile = Some("generik".into())).try_start();
    let why = started.expect_err("no such profile").to_string();
    assert!(why.contains("no profile `generik`") && why.contains("Did you mean `generic`?"), "{why}");
}
