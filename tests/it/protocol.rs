//! What a certified provider must do, row by row, by an app that registered itself, over https: PROTOCOL rows that no other test names.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Certificate;
use serde_json::{Value, json};
use standin::tokens::{Alg, KeyChoice, TokenDraft};
use standin::{Client, Emulator};
use url::Url;

use crate::harness::{Answer, Browser, CALLBACK, CHALLENGE, PROFILE_CLAIMS, VERIFIER, claims, header};

const BYE: &str = "http://localhost:3000/bye";

/// A provider by https, and an app that registered itself there.
struct Suite {
    idp: Emulator,
    http: reqwest::Client,
    id: String,
    secret: String,
}

impl Suite {
    async fn start() -> Self {
        Self::registered(json!({})).await
    }

    async fn registered(more: Value) -> Self {
        let idp = Emulator::builder().with(|config| config.tls = true).start().await;
        let authority = Certificate::from_pem(idp.ca_pem().expect("an authority").as_bytes()).expect("a certificate");
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let http = http.tls_certs_only([authority]).build().expect("a client");
        let mut app = json!({
            "redirect_uris": [CALLBACK, format!("{CALLBACK}?foo=bar")], "post_logout_redirect_uris": [BYE],
            "grant_types": ["authorization_code", "implicit", "refresh_token"],
            "response_types": ["code", "id_token", "id_token token", "code id_token"],
        });
        app.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let request = http.post(format!("{}/register", idp.issuer())).header("content-type", "application/json");
        let told = Browser::with(http.clone()).send(request.body(app.to_string())).await.json();
        let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
        let (id, secret) = (text("client_id"), text("client_secret"));
        assert!(!id.is_empty(), "{told}");
        Self { idp, http, id, secret }
    }

    fn browser(&self) -> Browser {
        Browser::with(self.http.clone())
    }

    async fn get(&self, path: &str) -> Answer {
        self.browser().get(&format!("{}{path}", self.idp.issuer())).await
    }

    async fn metadata(&self) -> Value {
        self.get("/.well-known/openid-configuration").await.json()
    }

    fn ask(&self, more: &[(&str, &str)]) -> String {
        crate::harness::ask(&self.idp.issuer(), &[&[("client_id", self.id.as_str())], more].concat())
    }

    async fn answer(&self, browser: &Browser, page: &Answer, person: &str) -> Answer {
        assert_eq!(page.status, 200, "{}", page.words());
        let interaction = page.field("interaction");
        browser.post(&format!("{}/sign-in", self.idp.issuer()), &[("interaction", &interaction), ("sub", person)]).await
    }

    async fn sign_in(&self, browser: &Browser, more: &[(&str, &str)]) -> Answer {
        let page = browser.get(&self.ask(more)).await;
        self.answer(browser, &page, "alice").await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let request = self.http.post(format!("{}{path}", self.idp.issuer())).basic_auth(&self.id, Some(&self.secret));
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.browser().send(request.header("content-type", "application/x-www-form-urlencoded").body(body)).await
    }

    async fn redeem(&self, back: &Answer, more: &[(&str, &str)]) -> Answer {
        let code = back.returned("code").unwrap_or_else(|| panic!("no code in {}", back.location()));
        let form = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", CALLBACK)];
        self.post("/token", &[&form, more].concat()).await
    }

    async fn tokens(&self, more: &[(&str, &str)]) -> Answer {
        self.redeem(&self.sign_in(&self.browser(), more).await, &[]).await
    }

    async fn userinfo(&self, access_token: &str) -> Answer {
        self.browser().send(self.http.get(format!("{}/userinfo", self.idp.issuer())).bearer_auth(access_token)).await
    }
}

fn strings(value: &Value) -> BTreeSet<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[tokio::test]
async fn r_disc_1_to_10_the_metadata_says_what_the_provider_does() {
    let suite = Suite::start().await;
    let answer = suite.get("/.well-known/openid-configuration").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "R-DISC-1");
    let metadata = answer.json();
    let issuer = Url::parse(metadata["issuer"].as_str().expect("an issuer")).expect("a URL");
    assert_eq!(metadata["issuer"], suite.idp.issuer(), "R-DISC-1");
    assert!(issuer.scheme() == "https" && issuer.query().is_none() && issuer.fragment().is_none(), "R-DISC-1");
    let members = metadata.as_object().expect("members");
    let addresses =
        ["authorization", "token", "userinfo", "registration", "end_session"].map(|name| format!("{name}_endpoint"));
    for name in addresses.iter().map(String::as_str).chain(["jwks_uri", "check_session_iframe"]) {
        assert!(metadata[name].as_str().is_some_and(|url| url.starts_with("https://")), "R-DISC-2: {name}");
    }
    assert!(
        strings(&metadata["grant_types_supported"])
            .is_superset(&["authorization_code", "implicit", "refresh_token"].into()),
        "R-DISC-4"
    );
    for name in ["id_token", "userinfo", "request_object"] {
        let offered = strings(&metadata[format!("{name}_signing_alg_values_supported")]);
        assert!(offered.is_superset(&["RS256", "none"].into()), "R-DISC-5: {name}");
    }
    assert_eq!(strings(&metadata["subject_types_supported"]), ["public", "pairwise"].into(), "R-DISC-6");
    let scopes = ["openid", "profile", "email", "address", "phone", "offline_access"];
    assert!(strings(&metadata["scopes_supported"]).is_superset(&scopes.into()), "R-DISC-7");
    assert!(
        strings(&metadata["claims_supported"]).is_superset(&["sub", "email", "address", "phone_number"].into()),
        "R-DISC-7"
    );
    for name in ["claims_parameter_supported", "request_parameter_supported", "request_uri_parameter_supported"] {
        assert_eq!(metadata[name], true, "R-DISC-7: {name}");
    }
    for name in ["acr_values_supported", "ui_locales_supported", "claims_locales_supported"] {
        assert!(!strings(&metadata[name]).is_empty(), "R-DISC-7: {name}");
    }
    let methods = strings(&metadata["token_endpoint_auth_methods_supported"]);
    assert!(methods.is_superset(&["client_secret_basic", "client_secret_post", "private_key_jwt"].into()), "R-DISC-8");
    let algs = strings(&metadata["token_endpoint_auth_signing_alg_values_supported"]);
    assert!(algs.contains("RS256") && !algs.contains("none"), "R-DISC-8");
    assert!(strings(&metadata["code_challenge_methods_supported"]).contains("S256"), "R-DISC-8");
    for name in
        ["frontchannel_logout", "frontchannel_logout_session", "backchannel_logout", "backchannel_logout_session"]
    {
        assert_eq!(metadata[format!("{name}_supported")], true, "R-DISC-9: {name}");
    }
    for (name, value) in members {
        let fits = match name {
            name if name.ends_with("_endpoint") || name.ends_with("_uri") => value.is_string(),
            name if name.ends_with("_values_supported") || name.ends_with("_methods_supported") => value.is_array(),
            name if name.starts_with("require_") || name.ends_with("_session_supported") => value.is_boolean(),
            _ => true,
        };
        assert!(fits && !value.is_null(), "R-DISC-8, R-DISC-10: {name}: {value}");
    }
}

#[tokio::test]
async fn r_jwks_1_to_3_keys_are_public_named_and_rotated() {
    let suite = Suite::start().await;
    let keys = |document: Value| document["keys"].as_array().expect("keys").clone();
    let before = keys(suite.get("/jwks").await.json());
    let kids: BTreeSet<&str> = before.iter().filter_map(|key| key["kid"].as_str()).collect();
    assert_eq!(kids.len(), before.len(), "R-JWKS-1: each has a name of its own");
    for key in &before {
        assert_ne!(key["kty"], "oct", "R-JWKS-1");
        assert!(["d", "p", "q", "dp", "dq", "qi", "k"].iter().all(|name| key.get(name).is_none()), "R-JWKS-1: {key}");
    }
    let old = header(&suite.tokens(&[]).await.member("id_token"));
    assert_eq!((old["alg"].as_str(), old["kid"].is_string()), (Some("RS256"), true), "R-JWKS-3");
    suite.idp.rotate_keys_of(Alg::RS256, "1h".parse().expect("a lifetime")).expect("a new key");
    let after = keys(suite.get("/jwks").await.json());
    let new = header(&suite.tokens(&[]).await.member("id_token"));
    let published = |kid: &Value| after.iter().any(|key| key["kid"] == *kid);
    assert!(old["kid"] != new["kid"] && published(&old["kid"]) && published(&new["kid"]), "R-JWKS-2");
    assert_eq!(after.len(), before.len() + 1, "R-JWKS-2: one key more, and no other");
}

#[tokio::test]
async fn r_auth_1_to_5_the_request_and_the_way_back() {
    let suite = Suite::start().await;
    let browser = suite.browser();
    // R-AUTH-1, R-AUTH-2: by form as well, in any order, with what nobody knows.
    let url = Url::parse(&suite.ask(&[("scope", "profile openid"), ("extra", "foobar")])).expect("a URL");
    let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    pairs.reverse();
    let form: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let page = browser.post(&format!("{}/authorize", suite.idp.issuer()), &form).await;
    let page = if page.status == 303 {
        browser.get(&format!("{}{}", suite.idp.issuer(), page.header("location"))).await
    } else {
        page
    };
    let back = suite.answer(&browser, &page, "alice").await;
    assert!(back.returned("code").is_some(), "R-AUTH-1");
    // R-AUTH-3
    let back = browser.get(&suite.ask(&[("response_type", "")])).await;
    let error = back.returned("error").unwrap_or_default();
    assert!(["invalid_request", "unsupported_response_type"].contains(&error.as_str()), "R-AUTH-3: {error}");
    assert_eq!(back.returned("state").as_deref(), Some("the-state"), "R-AUTH-3");
    // R-AUTH-4
    let others = [
        String::new(),
        "http://localhost:3000/other".into(),
        format!("{CALLBACK}?more=1"),
        format!("{CALLBACK}?foo=baz"),
    ];
    for other in &others {
        let page = browser.get(&suite.ask(&[("redirect_uri", other)])).await;
        assert_eq!((page.status, page.header("location")), (400, ""), "R-AUTH-4: {other}");
        assert!(page.words().contains("redirect_uri"), "R-AUTH-4: a person can read what is wrong");
    }
    // R-AUTH-5
    let with_query = format!("{CALLBACK}?foo=bar");
    for more in [vec![], vec![("response_type", "code"), ("scope", "open\"id")]] {
        let back = browser.get(&suite.ask(&[&[("redirect_uri", with_query.as_str())][..], &more].concat())).await;
        let query = back.location().query().unwrap_or_default().to_owned();
        assert!(query.starts_with("foo=bar&"), "R-AUTH-5: {query}");
    }
}

#[tokio::test]
async fn r_auth_7_to_12_answers_and_errors_in_their_form() {
    let suite = Suite::start().await;
    let browser = suite.browser();
    let page = browser.get(&suite.ask(&[("response_mode", "form_post")])).await;
    let form = suite.answer(&browser, &page, "alice").await;
    let (at, script) = (form.text.find("</form>").expect("a form"), form.text.find("<script>").expect("a script"));
    assert!(at < script && form.elements("form[method=post] button") == 1, "R-AUTH-7: {}", form.text);
    assert!(form.header("content-security-policy").contains("script-src 'sha256-"), "R-AUTH-7");
    assert!(!form.field("code").is_empty() && form.field("state") == "the-state", "R-AUTH-7");
    let state = "s".repeat(128);
    let back = browser.get(&suite.ask(&[("state", &state), ("prompt", "none")])).await;
    assert_eq!(back.returned("state"), Some(state), "R-AUTH-8");
    let back = browser.get(&suite.ask(&[("state", ""), ("prompt", "none")])).await;
    assert_eq!(back.returned("state"), None, "R-AUTH-8");
    let back = suite.browser().get(&suite.ask(&[("prompt", "none")])).await;
    let members: BTreeSet<String> = back.location().query_pairs().map(|(name, _)| name.into_owned()).collect();
    let allowed = ["error", "error_description", "error_uri", "state", "session_state", "iss"].map(str::to_owned);
    assert!(members.is_subset(&allowed.into()), "R-AUTH-9: {members:?}");
    let told = back.returned("error_description").expect("a description");
    assert!(told.chars().all(|c| (' '..='~').contains(&c) && c != '"' && c != '\\'), "R-AUTH-9: {told}");
    assert_eq!(back.returned("iss"), Some(suite.idp.issuer()), "R-AUTH-10");
    assert_eq!(suite.metadata().await["authorization_response_iss_parameter_supported"], true, "R-AUTH-10");
    for more in [
        ("display", "page"),
        ("display", "popup"),
        ("ui_locales", "se"),
        ("claims_locales", "se"),
        ("login_hint", "whoever"),
        ("acr_values", "1 2"),
        ("claims", r#"{"userinfo":{"name":null}}"#),
    ] {
        assert_eq!(suite.browser().get(&suite.ask(&[more])).await.status, 200, "R-AUTH-12: {more:?}");
    }
}

#[tokio::test]
async fn r_auth_13_to_21_who_is_asked_again_and_what_is_told() {
    let suite = Suite::start().await;
    let browser = suite.browser();
    let told = async |back: &Answer| claims(&suite.redeem(back, &[]).await.member("id_token"));
    let first = told(&suite.sign_in(&browser, &[("acr_values", "1 2")]).await).await;
    assert!(["1", "2"].contains(&first["acr"].as_str().expect("an acr")), "R-AUTH-13");
    let nobody = suite.browser().get(&suite.ask(&[("prompt", "none")])).await;
    assert_eq!((nobody.status, nobody.returned("error").as_deref()), (303, Some("login_required")), "R-AUTH-14");
    let again = told(&browser.get(&suite.ask(&[("prompt", "none")])).await).await;
    assert_eq!((&again["sub"], &again["auth_time"]), (&first["sub"], &first["auth_time"]), "R-AUTH-15");
    suite.idp.advance(Duration::from_secs(2));
    let later = told(&suite.sign_in(&browser, &[("prompt", "login")]).await).await;
    let time = |told: &Value| told["auth_time"].as_i64().expect("a time");
    assert!(time(&later) > time(&first), "R-AUTH-16");
    let consent = browser.get(&suite.ask(&[("prompt", "consent")])).await;
    assert!(consent.status == 200 && consent.text.contains("/consent\""), "R-AUTH-17: {}", consent.text);
    let chooser = browser.get(&suite.ask(&[("prompt", "select_account")])).await;
    assert!(chooser.status == 200 && chooser.text.contains("value=\"bob\""), "R-AUTH-17: {}", chooser.text);
    let combined = browser.get(&suite.ask(&[("prompt", "login consent")])).await;
    assert!(combined.status == 200 && combined.text.contains("/sign-in\""), "R-AUTH-17: {}", combined.text);
    let both = browser.get(&suite.ask(&[("prompt", "none login")])).await;
    assert_eq!(both.returned("error").as_deref(), Some("invalid_request"), "R-AUTH-17");
    suite.idp.advance(Duration::from_secs(2));
    let fresh = told(&suite.sign_in(&browser, &[("max_age", "1")]).await).await;
    assert!(time(&fresh) > time(&later), "R-AUTH-18");
    let old = told(&browser.get(&suite.ask(&[("max_age", "15000")])).await).await;
    let as_old = told(&browser.get(&suite.ask(&[("max_age", "10000")])).await).await;
    assert_eq!((time(&old), time(&as_old)), (time(&fresh), time(&fresh)), "R-AUTH-19");
    let hint = suite.redeem(&browser.get(&suite.ask(&[("prompt", "none")])).await, &[]).await.member("id_token");
    let hinted = browser.get(&suite.ask(&[("prompt", "none"), ("id_token_hint", &hint)])).await;
    assert!(hinted.returned("code").is_some(), "R-AUTH-20");
    let bob = suite.browser();
    let page = bob.get(&suite.ask(&[])).await;
    suite.answer(&bob, &page, "bob").await;
    let other = bob.get(&suite.ask(&[("prompt", "none"), ("id_token_hint", &hint)])).await;
    assert_eq!(other.returned("error").as_deref(), Some("login_required"), "R-AUTH-20");
    let wish = r#"{"userinfo":{"name":{"essential":true}}}"#;
    let tokens = suite.redeem(&browser.get(&suite.ask(&[("claims", wish)])).await, &[]).await;
    let userinfo = suite.userinfo(&tokens.member("access_token")).await.json();
    assert!(userinfo["name"].is_string() && claims(&tokens.member("id_token"))["name"].is_null(), "R-AUTH-21");
    let wish = r#"{"id_token":{"name":{"essential":true}}}"#;
    let front = browser.get(&suite.ask(&[("claims", wish), ("response_type", "id_token")])).await;
    assert!(claims(&front.returned("id_token").expect("an ID token"))["name"].is_string(), "R-AUTH-21");
}

#[tokio::test]
async fn r_auth_25_and_26_codes_are_bound_and_cannot_be_guessed() {
    let suite = Suite::start().await;
    let challenge = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let good = suite.redeem(&suite.sign_in(&suite.browser(), &challenge).await, &[("code_verifier", VERIFIER)]).await;
    assert_eq!(good.status, 200, "R-AUTH-25");
    let wrong =
        suite.redeem(&suite.sign_in(&suite.browser(), &challenge).await, &[("code_verifier", &"x".repeat(43))]).await;
    assert_eq!(wrong.member("error"), "invalid_grant", "R-AUTH-25");
    let browser = suite.browser();
    suite.sign_in(&browser, &[]).await;
    let mut codes = BTreeSet::new();
    for _ in 0..20 {
        codes.insert(browser.get(&suite.ask(&[])).await.returned("code").expect("a code"));
    }
    let bytes: Vec<Vec<u8>> = codes.iter().map(|code| URL_SAFE_NO_PAD.decode(code).expect("base64url")).collect();
    assert!(codes.len() == 20 && bytes.iter().all(|bytes| bytes.len() >= 16), "R-AUTH-26");
}

#[tokio::test]
async fn r_tok_1_to_5_the_token_endpoint() {
    let suite = Suite::start().await;
    let good = suite.tokens(&[]).await;
    assert_eq!(
        (good.status, good.header("content-type"), good.header("cache-control")),
        (200, "application/json", "no-store"),
        "R-TOK-3"
    );
    let told = good.json();
    assert!(told["token_type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")), "R-TOK-3");
    assert!(told["expires_in"].as_i64().is_some_and(|lives| (1..=31_536_000).contains(&lives)), "R-TOK-3");
    // R-TOK-1: in the body, by an app that registered for that.
    let by_post = Suite::registered(json!({ "token_endpoint_auth_method": "client_secret_post" })).await;
    let back = by_post.sign_in(&by_post.browser(), &[]).await;
    let code = back.returned("code").expect("a code");
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("client_id", by_post.id.as_str()),
        ("client_secret", by_post.secret.as_str()),
    ];
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = by_post
        .http
        .post(format!("{}/token", by_post.idp.issuer()))
        .header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(by_post.browser().send(request.body(body)).await.status, 200, "R-TOK-1");
    // R-TOK-4
    for (form, error) in [
        (vec![("grant_type", "magic")], "unsupported_grant_type"),
        (vec![("grant_type", "authorization_code")], "invalid_request"),
        (vec![("grant_type", "authorization_code"), ("code", "nothing"), ("redirect_uri", CALLBACK)], "invalid_grant"),
    ] {
        let refused = suite.post("/token", &form).await;
        assert_eq!((refused.status, refused.member("error").as_str()), (400, error), "R-TOK-4");
        let told = refused.member("error_description");
        assert!(told.chars().all(|c| (' '..='~').contains(&c) && c != '"' && c != '\\'), "R-TOK-4: {told}");
    }
    let request = suite.http.post(format!("{}/token", suite.idp.issuer())).basic_auth(&suite.id, Some("wrong"));
    let wrong = suite
        .browser()
        .send(request.header("content-type", "application/x-www-form-urlencoded").body("grant_type=refresh_token"))
        .await;
    assert_eq!((wrong.status, wrong.member("error").as_str()), (401, "invalid_client"), "R-TOK-4");
    assert!(wrong.header("www-authenticate").starts_with("Basic"), "R-TOK-4");
    // R-TOK-5: at once, and when the code itself has long expired.
    for wait in [0, 35, 300] {
        let back = suite.sign_in(&suite.browser(), &[]).await;
        let access = suite.redeem(&back, &[]).await.member("access_token");
        suite.idp.advance(Duration::from_secs(wait));
        let again = suite.redeem(&back, &[]).await;
        assert_eq!((again.status, again.member("error").as_str()), (400, "invalid_grant"), "R-TOK-5: after {wait} s");
        assert_eq!(suite.userinfo(&access).await.status, 401, "R-TOK-5: and the first access token counts no more");
    }
}

#[tokio::test]
async fn r_tok_2_and_8_client_assertions_and_keys_that_change() {
    let own = Emulator::start().await;
    let jwks_uri = format!("{}/jwks", own.issuer());
    let suite =
        Suite::registered(json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": jwks_uri })).await;
    let mut count = 0;
    let mut redeem = async |aud: Value| {
        count += 1;
        let said = json!({ "iss": suite.id, "sub": suite.id, "aud": aud, "exp": suite.idp.now().0 + 60, "jti": format!("a{count}") });
        let draft = TokenDraft::new(
            serde_json::Map::new(),
            said.as_object().expect("claims").clone(),
            KeyChoice::Current(Alg::RS256),
        );
        let assertion = own.provider().settings().keys.sign(&draft);
        let code = suite.sign_in(&suite.browser(), &[]).await.returned("code").expect("a code");
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", CALLBACK),
            ("client_assertion", assertion.as_str()),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ];
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = suite
            .http
            .post(format!("{}/token", suite.idp.issuer()))
            .header("content-type", "application/x-www-form-urlencoded");
        suite.browser().send(request.body(body)).await
    };
    let issuer = suite.idp.issuer();
    for aud in [
        json!(issuer),
        json!(format!("{issuer}/token")),
        json!([issuer]),
        json!([format!("{issuer}/token"), "another"]),
    ] {
        assert_eq!(redeem(aud.clone()).await.status, 200, "R-TOK-2: {aud}");
    }
    assert_eq!(redeem(json!("https://elsewhere.example")).await.member("error"), "invalid_client", "R-TOK-2");
    own.rotate_keys_of(Alg::RS256, "1h".parse().expect("a lifetime")).expect("a new key");
    assert_eq!(redeem(json!(issuer)).await.status, 200, "R-TOK-8: the new key is fetched");
}

#[tokio::test]
async fn r_tok_6_and_7_refresh() {
    let suite = Suite::start().await;
    let browser = suite.browser();
    let first = suite.redeem(&suite.sign_in(&browser, &[("scope", "openid offline_access")]).await, &[]).await;
    let refresh = first.member("refresh_token");
    suite.idp.advance(Duration::from_secs(5));
    let second = suite.post("/token", &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).await;
    let (one, two) = (claims(&first.member("id_token")), claims(&second.member("id_token")));
    for name in ["iss", "sub", "aud", "auth_time", "azp"] {
        assert_eq!(one[name], two[name], "R-TOK-7: {name}");
    }
    assert!(
        two["iat"].as_i64() > one["iat"].as_i64() && (two["nonce"].is_null() || two["nonce"] == one["nonce"]),
        "R-TOK-7"
    );
    let other = Suite { idp: suite.idp, http: suite.http, id: String::new(), secret: String::new() };
    let request =
        other.http.post(format!("{}/register", other.idp.issuer())).header("content-type", "application/json");
    let app = json!({ "redirect_uris": [CALLBACK], "grant_types": ["authorization_code", "refresh_token"] });
    let told = other.browser().send(request.body(app.to_string())).await.json();
    let text = |name: &str| told[name].as_str().expect("text").to_owned();
    let other = Suite { id: text("client_id"), secret: text("client_secret"), ..other };
    let stolen = other
        .post("/token", &[("grant_type", "refresh_token"), ("refresh_token", &second.member("refresh_token"))])
        .await;
    assert_eq!((stolen.status, stolen.member("error").as_str()), (400, "invalid_grant"), "R-TOK-6");
}

#[tokio::test]
async fn r_idt_1_2_and_4_the_id_token() {
    let suite = Suite::start().await;
    let back = suite.sign_in(&suite.browser(), &[("response_type", "code id_token")]).await;
    let front = claims(&back.returned("id_token").expect("an ID token"));
    let tokens = suite.redeem(&back, &[]).await;
    let told = claims(&tokens.member("id_token"));
    let now = standin::world::Clock::default().now().0;
    assert_eq!(
        (told["iss"].as_str(), told["aud"].as_str()),
        (Some(suite.idp.issuer().as_str()), Some(suite.id.as_str())),
        "R-IDT-1"
    );
    let time = |name: &str| told[name].as_i64().expect("a time");
    assert!(time("exp") > now && (time("iat") - now).abs() < 300 && time("auth_time") <= now, "R-IDT-1");
    assert!(told["sub"].as_str().is_some_and(|sub| sub.is_ascii() && sub.len() <= 255), "R-IDT-1");
    assert_eq!(told["nonce"], "the-nonce", "R-IDT-2");
    assert!(claims(&suite.tokens(&[("nonce", "")]).await.member("id_token"))["nonce"].is_null(), "R-IDT-2");
    let userinfo = suite.userinfo(&tokens.member("access_token")).await.json();
    assert!(front["iss"] == told["iss"] && front["sub"] == told["sub"] && userinfo["sub"] == told["sub"], "R-IDT-4");
}

#[tokio::test]
async fn r_ui_1_to_6_userinfo() {
    let suite = Suite::start().await;
    let scope = "openid profile email address phone";
    let tokens = suite.tokens(&[("scope", scope)]).await;
    let access = tokens.member("access_token");
    let at = format!("{}/userinfo", suite.idp.issuer());
    let form = format!("access_token={access}");
    let by_form = suite.http.post(&at).header("content-type", "application/x-www-form-urlencoded").body(form);
    for request in [suite.http.get(&at).bearer_auth(&access), suite.http.post(&at).bearer_auth(&access), by_form] {
        let answer = suite.browser().send(request).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "R-UI-1, R-UI-2");
    }
    let told = suite.userinfo(&access).await.json();
    for name in PROFILE_CLAIMS {
        assert!(!told[name].is_null() && told[name] != "", "R-UI-4, R-UI-5: {name}");
    }
    assert!(
        told["updated_at"].is_i64()
            && told["email_verified"].is_boolean()
            && told["phone_number_verified"].is_boolean(),
        "R-UI-5"
    );
    assert!(
        told["address"].as_object().is_some_and(|parts| !parts.is_empty() && parts.values().all(Value::is_string)),
        "R-UI-5"
    );
    let little = suite.tokens(&[("scope", "openid email")]).await;
    let little = suite.userinfo(&little.member("access_token")).await.json();
    let names: BTreeSet<&str> = little.as_object().expect("members").keys().map(String::as_str).collect();
    assert_eq!(names, ["sub", "email", "email_verified"].into(), "R-UI-6");
    let refused = suite.userinfo("nothing").await;
    assert_eq!(refused.status, 401, "R-UI-3");
    assert!(refused.header("www-authenticate").contains("error=\"invalid_token\""), "R-UI-3");
    let signed = Suite::registered(json!({ "userinfo_signed_response_alg": "RS256" })).await;
    let answer = signed.userinfo(&signed.tokens(&[]).await.member("access_token")).await;
    assert_eq!(answer.header("content-type"), "application/jwt", "R-UI-2");
    let told = claims(&answer.text);
    assert_eq!(
        (told["iss"].as_str(), told["aud"].as_str()),
        (Some(signed.idp.issuer().as_str()), Some(signed.id.as_str())),
        "R-UI-2"
    );
    assert!(told["nonce"].is_null(), "R-UI-2");
}

#[tokio::test]
async fn r_lo_1_to_6_and_9_logout() {
    let suite = Suite::start().await;
    let logout = |more: &[(&str, &str)]| {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(more).finish();
        format!("{}/logout?{query}", suite.idp.issuer())
    };
    let signed_in = async || {
        let browser = suite.browser();
        let tokens = suite.redeem(&suite.sign_in(&browser, &[]).await, &[]).await;
        (browser, tokens.member("id_token"))
    };
    let (browser, hint) = signed_in().await;
    assert!(claims(&hint)["sid"].is_string(), "R-LO-6");
    let gone =
        browser.get(&logout(&[("id_token_hint", &hint), ("post_logout_redirect_uri", BYE), ("state", "out")])).await;
    assert_eq!((gone.status, gone.header("location")), (303, "http://localhost:3000/bye?state=out"), "R-LO-1, R-LO-2");
    let silent = browser.get(&suite.ask(&[("prompt", "none")])).await;
    assert_eq!(silent.returned("error").as_deref(), Some("login_required"), "R-LO-5");
    let (browser, hint) = signed_in().await;
    let gone = browser.get(&logout(&[("id_token_hint", &hint), ("post_logout_redirect_uri", BYE)])).await;
    assert_eq!(gone.header("location"), BYE, "R-LO-2: nothing is added");
    let (browser, hint) = signed_in().await;
    let asked = browser.get(&logout(&[("client_id", &suite.id), ("post_logout_redirect_uri", BYE)])).await;
    assert_eq!((asked.status, asked.header("location")), (200, ""), "R-LO-1: without the hint the person is asked");
    let form = [("interaction", asked.field("interaction")), ("decision", "out".into())];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let gone = browser.post(&format!("{}/sign-out", suite.idp.issuer()), &form).await;
    assert!(gone.header("location").starts_with(BYE) || gone.text.contains(BYE), "R-LO-1: {}", gone.text);
    let (head, rest) = hint.split_once('.').expect("three parts");
    let (said, _) = rest.rsplit_once('.').expect("three parts");
    let unsigned = format!("{}.{said}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#));
    let foreign = format!("{head}.{said}.{}", "A".repeat(342));
    let with_query = format!("{BYE}?more=1");
    for (hint, uri) in [
        (hint.as_str(), "http://localhost:3000/elsewhere"),
        (&hint, &with_query),
        (&unsigned, BYE),
        (&foreign, BYE),
        ("", BYE),
    ] {
        let (browser, _) = signed_in().await;
        let more = [("id_token_hint", hint), ("post_logout_redirect_uri", uri)];
        let more: Vec<(&str, &str)> = more.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let page = browser.get(&logout(&more)).await;
        assert!(page.header("location").is_empty() && !page.words().is_empty(), "R-LO-3: {uri}");
    }
    for more in [vec![], vec![("state", "out")]] {
        let (browser, hint) = signed_in().await;
        let page = browser.get(&logout(&more)).await;
        assert_eq!((page.status, page.header("location")), (200, ""), "R-LO-4: {more:?}");
        let page = browser.get(&logout(&[&more[..], &[("id_token_hint", hint.as_str())]].concat())).await;
        assert_eq!((page.status, page.header("location")), (200, ""), "R-LO-4: with the hint alone");
        let silent = browser.get(&suite.ask(&[("prompt", "none")])).await;
        assert_eq!(silent.returned("error").as_deref(), Some("login_required"), "R-LO-4");
    }
}

/// R-LO-9: a logout message goes by TLS 1.3, and no further than where it was sent.
#[tokio::test]
async fn r_lo_9_logout_messages_follow_no_redirect() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = std::sync::Arc::clone(&seen);
    let there = axum::Router::new().fallback(move |request: axum::extract::Request| async move {
        log.lock().expect("a lock").push(request.uri().path().to_owned());
        (axum::http::StatusCode::FOUND, [("location", "/elsewhere")])
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let uri = format!("http://{}/over", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, there).await });
    let web = Client {
        backchannel_logout_uri: uri.parse().ok(),
        ..Client::confidential("web", "s3cret").redirects_to(CALLBACK)
    };
    let idp = Emulator::builder().client(web).start().await;
    crate::harness::code(&idp, &[], "alice").await;
    idp.provider().sign_out("alice", None).await.expect("a logout");
    let seen = seen.lock().expect("a lock").clone();
    assert!(!seen.is_empty() && seen.iter().all(|path| path == "/over"), "{seen:?}");
}
