//! The authorization endpoint: who may ask, what, and where the answer goes.

use std::time::Duration;

use standin::{Check, Client, Emulator};

use crate::harness::{
    Browser, CALLBACK, CHALLENGE, Form, authorize_url, claims, code, post, redeem, refused_by, registered, sign_in,
    tokens,
};

/// Well-formed, but no SHA-256.
const VERIFIER_44: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk~";

/// What comes back when a browser that nobody signed in with asks.
async fn refused(idp: &Emulator, more: &[(&str, &str)]) -> (String, String) {
    let answer = Browser::new().get(&authorize_url(idp, more)).await;
    assert!(answer.location().as_str().starts_with(CALLBACK), "{}", answer.location());
    assert_eq!(answer.returned("state").as_deref(), Some("the-state"));
    assert_eq!(answer.returned("iss"), Some(idp.issuer()));
    (answer.returned("error").expect("an error"), answer.returned("error_description").expect("a description"))
}

/// What a person reads when there is no safe way back.
async fn page(idp: &Emulator, more: &[(&str, &str)]) -> String {
    let answer = Browser::new().get(&authorize_url(idp, more)).await;
    assert_eq!((answer.status, answer.header("location")), (400, ""), "{}", answer.text);
    answer.words()
}

#[tokio::test]
async fn an_unknown_client_is_told_on_a_page_and_never_by_a_redirect() {
    let idp = registered().start().await;
    let words = page(&idp, &[("client_id", "wob")]).await;
    refused_by(&idp, Check::ClientKnown);
    assert!(words.contains("wob") && words.contains("Did you mean `web`?"), "{words}");
    page(&idp, &[("client_id", "")]).await;
    refused_by(&idp, Check::ParameterPresent);
}

#[tokio::test]
async fn a_redirect_uri_must_be_registered_character_by_character() {
    let idp = registered().start().await;
    for other in [
        "http://localhost:3000/callback/",
        "http://localhost:3000/callback?x=1",
        "http://localhost:3000/Callback",
        "http://127.0.0.1:3000/callback",
        "http://localhost:3001/callback",
        "https://localhost:3000/callback",
        "http://localhost:3000/callback/../evil",
        "http://localhost:3000%2Fcallback@evil.example/",
        "http://localhost:3000/callback?tenant=a+b",
    ] {
        let words = page(&idp, &[("redirect_uri", other)]).await;
        assert!(words.contains("redirect_uri"), "{other}: {words}");
    }
    let words = page(&idp, &[("redirect_uri", "http://localhost:3000/other")]).await;
    refused_by(&idp, Check::RedirectUriRegistered);
    assert!(words.contains("`/other`, not `/callback`") && words.contains(CALLBACK), "got and expected: {words}");
}

#[tokio::test]
async fn a_redirect_uri_is_needed_even_if_only_one_is_registered() {
    let idp = registered().start().await;
    page(&idp, &[("client_id", "spa"), ("redirect_uri", "")]).await;
    refused_by(&idp, Check::RedirectUriGiven);
    let twice = format!("{}&redirect_uri=http://localhost:3000/callback", authorize_url(&idp, &[]));
    let answer = Browser::new().get(&twice).await;
    assert_eq!((answer.status, answer.header("location")), (400, ""));
    refused_by(&idp, Check::RedirectUriGiven);
}

#[tokio::test]
async fn a_redirect_uri_that_no_browser_should_follow_is_refused() {
    let idp = Emulator::start().await;
    for bad in [
        "javascript:alert(1)",
        "data:text/html,x",
        "/callback",
        "http://localhost:3000/cb#x",
        "http://u:p@localhost/cb",
        "http:///cb#",
    ] {
        page(&idp, &[("redirect_uri", bad)]).await;
        refused_by(&idp, Check::RedirectUriUsable);
    }
}

#[tokio::test]
async fn until_a_client_is_registered_any_will_do_on_loopback() {
    let idp = Emulator::start().await;
    for local in ["http://127.0.0.1:1/cb", "http://[::1]:1/cb", "http://app.localhost/cb"] {
        let answer = sign_in(&idp, &Browser::new(), &[("client_id", "whoever"), ("redirect_uri", local)], "bob").await;
        assert!(answer.location().as_str().starts_with(local));
    }
    page(&idp, &[("redirect_uri", "https://app.example.com/cb")]).await;
    refused_by(&idp, Check::RedirectUriLoopback);
}

#[tokio::test]
async fn a_native_clients_loopback_address_matches_with_any_port() {
    let mut native = Client::public("native").redirects_to("http://127.0.0.1/cb");
    native.application_type = serde_json::from_str("\"native\"").expect("a type");
    let idp = Emulator::builder().client(native).start().await;
    let ask = |uri| {
        vec![
            ("client_id", "native"),
            ("redirect_uri", uri),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]
    };
    let answer = sign_in(&idp, &Browser::new(), &ask("http://127.0.0.1:51234/cb"), "bob").await;
    assert_eq!(answer.location().port(), Some(51234));
    page(&idp, &ask("http://127.0.0.1:51234/other")).await;
    page(&idp, &ask("http://localhost:51234/cb")).await;
    refused_by(&idp, Check::RedirectUriRegistered);
}

#[tokio::test]
async fn a_registered_query_is_kept_and_the_answer_added_to_it() {
    let idp = registered().start().await;
    let uri = "http://localhost:3000/callback?tenant=a%20b";
    let answer = sign_in(&idp, &Browser::new(), &[("redirect_uri", uri)], "alice").await;
    assert!(answer.location().as_str().starts_with(&format!("{uri}&code=")), "{}", answer.location());
    let answer = Browser::new().get(&authorize_url(&idp, &[("redirect_uri", uri), ("response_type", "")])).await;
    assert!(answer.location().as_str().starts_with(&format!("{uri}&error=")), "{}", answer.location());
}

#[tokio::test]
async fn everything_else_that_is_wrong_goes_back_to_the_app() {
    let idp = registered().start().await;
    let cases: &[(Form, &str, Check)] = &[
        (&[("response_type", "")], "invalid_request", Check::ParameterPresent),
        (&[("response_type", "token")], "unsupported_response_type", Check::ResponseTypeOffered),
        (&[("response_type", "code id_token code")], "unsupported_response_type", Check::ResponseTypeOffered),
        (&[("response_mode", "carrier-pigeon")], "invalid_request", Check::ParameterUsable),
        (&[("prompt", "none login")], "invalid_request", Check::ParameterUsable),
        (&[("prompt", "dance")], "invalid_request", Check::ParameterUsable),
        (&[("max_age", "soon")], "invalid_request", Check::ParameterUsable),
        (&[("max_age", "-1")], "invalid_request", Check::ParameterUsable),
        (&[("claims", "{")], "invalid_request", Check::ParameterUsable),
        (&[("claims", "[]")], "invalid_request", Check::ParameterUsable),
        (&[("scope", "openid \"quoted\"")], "invalid_scope", Check::ScopeWellFormed),
        (&[("resource", "not a uri")], "invalid_target", Check::ResourceUsable),
        (
            &[("code_challenge", VERIFIER_44), ("code_challenge_method", "S256")],
            "invalid_request",
            Check::ParameterUsable,
        ),
        (
            &[("code_challenge", CHALLENGE), ("code_challenge_method", "S512")],
            "invalid_request",
            Check::ParameterUsable,
        ),
        (&[("code_challenge", "short")], "invalid_request", Check::ParameterUsable),
        (&[("code_challenge_method", "S256")], "invalid_request", Check::ParameterPresent),
        (&[("request", "ey.ey.")], "invalid_request_object", Check::RequestObjectValid),
        (&[("request_uri", "https://x.example")], "invalid_request_uri", Check::RequestUriRegistered),
        (&[("registration", "{}")], "registration_not_supported", Check::RegistrationOffered),
        (&[("id_token_hint", "nonsense")], "invalid_request", Check::IdTokenHintValid),
        (&[("client_id", "spa")], "invalid_request", Check::PkceUsed),
    ];
    for (more, error, check) in cases {
        assert_eq!(refused(&idp, more).await.0, *error, "{more:?}");
        refused_by(&idp, *check);
    }
    let twice = format!("{}&scope=openid&scope=openid", authorize_url(&idp, &[("scope", "")]));
    assert_eq!(Browser::new().get(&twice).await.returned("error").as_deref(), Some("invalid_request"));
    refused_by(&idp, Check::ParameterOnce);
}

#[tokio::test]
async fn a_client_may_only_ask_for_what_it_registered() {
    let mut web = Client::confidential("web", "s3cret").redirects_to(CALLBACK);
    web.scope = Some("openid email".into());
    let mut machine = Client::confidential("machine", "s3cret").redirects_to(CALLBACK);
    machine.grant_types = Some(serde_json::from_str("[\"client_credentials\"]").expect("types"));
    let idp = Emulator::builder().client(web).client(machine).start().await;
    let (error, description) = refused(&idp, &[("scope", "openid profile")]).await;
    assert_eq!(error, "invalid_scope");
    assert!(description.contains("profile") && description.contains("openid email"), "{description}");
    refused_by(&idp, Check::ScopeAllowed);
    assert_eq!(refused(&idp, &[("client_id", "machine")]).await.0, "unauthorized_client");
    refused_by(&idp, Check::GrantTypeAllowed);
}

#[tokio::test]
async fn error_descriptions_keep_to_the_characters_of_the_rfc() {
    let idp = registered().start().await;
    let (_, description) = refused(&idp, &[("prompt", "\"\\\u{e9}\u{1}")]).await;
    assert!(description.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E)), "{description}");
}

#[tokio::test]
async fn the_answer_is_put_where_the_app_asked() {
    let idp = registered().start().await;
    let answer = sign_in(&idp, &Browser::new(), &[("response_mode", "fragment")], "alice").await;
    let location = answer.location();
    assert_eq!(location.query(), None, "nothing leaks into the query");
    assert!(location.fragment().is_some_and(|fragment| fragment.starts_with("code=")));

    let answer = sign_in(&idp, &Browser::new(), &[("response_mode", "form_post")], "alice").await;
    assert_eq!((answer.status, answer.field("state").as_str()), (200, "the-state"));
    assert_eq!(answer.field("iss"), idp.issuer());
    assert!(!answer.field("code").is_empty());
    let tail = answer.text.split("</form>").nth(1).expect("something behind the form");
    assert!(tail.contains("<script>document.forms[0].submit()</script>"), "a classic script behind the form");
    assert!(answer.header("content-security-policy").contains("script-src 'sha256-"));

    let answer = Browser::new().get(&authorize_url(&idp, &[("response_mode", "fragment"), ("prompt", "none")])).await;
    assert!(answer.location().fragment().is_some_and(|fragment| fragment.contains("error=login_required")));
}

#[tokio::test]
async fn get_and_post_mean_the_same() {
    let idp = registered().start().await;
    let browser = Browser::new();
    let url = authorize_url(&idp, &[]);
    let (path, query) = url.split_once('?').expect("a query");
    let form: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let page = browser.post(path, &form).await;
    // A form without the browser's cookie may come from another site, whose forms never bring it: ask again by GET.
    assert_eq!((page.status, page.headers.get("set-cookie")), (303, None), "no cookie is replaced");
    let again = format!("{}{}", idp.issuer(), page.header("location"));
    assert!(again.contains("/authorize?again="), "the request waits here, and is in no address: {again}");
    assert_eq!(browser.get(&again).await.status, 200);
    let page = browser.post(path, &form).await;
    let interaction = page.field("interaction");
    let answer =
        browser.post(&format!("{}/sign-in", idp.issuer()), &[("interaction", &interaction), ("sub", "bob")]).await;
    assert!(answer.returned("code").is_some());
}

#[tokio::test]
async fn state_comes_back_untouched_and_none_comes_where_none_was_sent() {
    let idp = registered().start().await;
    let state = "~!*()'%20+&=#?/ä".repeat(8);
    let answer = sign_in(&idp, &Browser::new(), &[("state", &state)], "alice").await;
    assert_eq!(answer.returned("state"), Some(state));
    let answer = sign_in(&idp, &Browser::new(), &[("state", "")], "alice").await;
    assert_eq!(answer.returned("state"), None);
}

#[tokio::test]
async fn parameters_that_are_wishes_are_no_errors() {
    let idp = registered().start().await;
    let wishes = [
        ("display", "popup"),
        ("ui_locales", "tr en"),
        ("claims_locales", "de"),
        ("login_hint", "who@ever"),
        ("acr_values", "urn:x"),
        ("whatever", "1"),
        ("scope", "email openid"),
    ];
    let answer = sign_in(&idp, &Browser::new(), &wishes, "alice").await;
    assert!(answer.returned("code").is_some());
}

#[tokio::test]
async fn one_sign_in_serves_a_second_app_without_a_page() {
    let idp = registered().start().await;
    let browser = Browser::new();
    let first = sign_in(&idp, &browser, &[], "alice").await.returned("code").expect("a code");
    let more = [("client_id", "spa"), ("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let second = browser.get(&authorize_url(&idp, &more)).await;
    assert_eq!(second.status, 303, "no page");
    let first = claims(&redeem(&idp, &first, &[]).await.member("id_token"));
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "spa"),
        ("code", &second.returned("code").expect("a code")),
        ("redirect_uri", CALLBACK),
        ("code_verifier", crate::harness::VERIFIER),
    ];
    let second = post(crate::harness::http().post(format!("{}/token", idp.issuer())), &form).await;
    let second = claims(&second.member("id_token"));
    for claim in ["sub", "sid", "auth_time", "amr"] {
        assert_eq!(first[claim], second[claim], "{claim}");
    }
}

#[tokio::test]
async fn prompt_none_never_shows_a_page() {
    let idp = registered().start().await;
    assert_eq!(refused(&idp, &[("prompt", "none")]).await.0, "login_required");
    refused_by(&idp, Check::SignedIn);
    let browser = Browser::new();
    sign_in(&idp, &browser, &[], "alice").await;
    let answer = browser.get(&authorize_url(&idp, &[("prompt", "none")])).await;
    assert!(answer.returned("code").is_some(), "silent success");
}

#[tokio::test]
async fn prompt_login_asks_again_and_auth_time_moves() {
    let idp = registered().start().await;
    idp.freeze(idp.provider().now());
    let browser = Browser::new();
    let first = sign_in(&idp, &browser, &[], "alice").await.returned("code").expect("a code");
    idp.advance(Duration::from_secs(5));
    let again = sign_in(&idp, &browser, &[("prompt", "login")], "alice").await.returned("code").expect("a code");
    let first = claims(&redeem(&idp, &first, &[]).await.member("id_token"));
    let again = claims(&redeem(&idp, &again, &[]).await.member("id_token"));
    assert_eq!(again["auth_time"].as_i64(), first["auth_time"].as_i64().map(|at| at + 5));
    let chooser = browser.get(&authorize_url(&idp, &[("prompt", "select_account")])).await;
    assert_eq!(chooser.status, 200, "select_account shows who there is");
}

#[tokio::test]
async fn two_sign_ins_within_a_second_have_different_times() {
    let idp = registered().start().await;
    let browser = Browser::new();
    let first = sign_in(&idp, &browser, &[], "alice").await.returned("code").expect("a code");
    let again = sign_in(&idp, &browser, &[("prompt", "login")], "alice").await.returned("code").expect("a code");
    let first = claims(&redeem(&idp, &first, &[]).await.member("id_token"));
    let again = claims(&redeem(&idp, &again, &[]).await.member("id_token"));
    assert!(again["auth_time"].as_i64() > first["auth_time"].as_i64(), "strictly later, though in whole seconds");
    assert!(again["auth_time"].as_i64() <= again["iat"].as_i64(), "and not in the future");
    assert_eq!(first["sid"], again["sid"], "the same session goes on");
}

#[tokio::test]
async fn max_age_asks_again_only_when_the_sign_in_is_older() {
    let idp = registered().start().await;
    idp.freeze(idp.provider().now());
    let browser = Browser::new();
    sign_in(&idp, &browser, &[], "alice").await;
    idp.advance(Duration::from_secs(100));
    assert_eq!(browser.get(&authorize_url(&idp, &[("max_age", "100")])).await.status, 303);
    assert_eq!(browser.get(&authorize_url(&idp, &[("max_age", "99")])).await.status, 200);
    assert_eq!(browser.get(&authorize_url(&idp, &[("max_age", "0")])).await.status, 200);
    let silent = browser.get(&authorize_url(&idp, &[("max_age", "99"), ("prompt", "none")])).await;
    assert_eq!(silent.returned("error").as_deref(), Some("login_required"));
}

#[tokio::test]
async fn whoever_is_locked_or_gone_is_not_signed_in_any_more() {
    let idp = registered().start().await;
    let browser = Browser::new();
    sign_in(&idp, &browser, &[], "alice").await;
    let mut config = standin::Config::default();
    let mut people = config.people();
    people[0].locked = true;
    for people in [people, Vec::new()] {
        config.user = Some(people);
        config.client = vec![Client::confidential("web", "s3cret").redirects_to(CALLBACK)];
        idp.reconfigure(&config, "a test").expect("taken");
        let silent = browser.get(&authorize_url(&idp, &[("prompt", "none")])).await;
        assert_eq!(silent.returned("error").as_deref(), Some("login_required"));
    }
}

#[tokio::test]
async fn the_claims_parameter_may_name_several_people() {
    let idp = registered().start().await;
    let either = r#"{"id_token":{"sub":{"values":["alice","bob"]}}}"#;
    let answer = sign_in(&idp, &Browser::new(), &[("claims", either)], "bob").await;
    assert!(answer.returned("code").is_some());
    let answer = sign_in(&idp, &Browser::new(), &[("claims", either)], "cagla").await;
    assert_eq!(answer.returned("error").as_deref(), Some("login_required"));
}

#[tokio::test]
async fn an_id_token_hint_names_who_is_expected() {
    let idp = registered().start().await;
    let hint = tokens(&idp, &[], "alice").await.member("id_token");
    let browser = Browser::new();
    sign_in(&idp, &browser, &[], "alice").await;
    let silent = [("id_token_hint", hint.as_str()), ("prompt", "none")];
    assert!(browser.get(&authorize_url(&idp, &silent)).await.returned("code").is_some());

    let other = Browser::new();
    sign_in(&idp, &other, &[], "bob").await;
    assert_eq!(other.get(&authorize_url(&idp, &silent)).await.returned("error").as_deref(), Some("login_required"));
    let answer = sign_in(&idp, &other, &[("id_token_hint", &hint)], "bob").await;
    assert_eq!(answer.returned("error").as_deref(), Some("login_required"), "somebody else is not the one expected");
    refused_by(&idp, Check::ExpectedPerson);
}

#[tokio::test]
async fn acr_is_one_of_the_values_asked_for_and_a_stronger_wish_asks_again() {
    let idp = registered().start().await;
    let browser = Browser::new();
    let first = sign_in(&idp, &browser, &[("acr_values", "urn:low urn:lower")], "alice").await;
    let first = claims(&redeem(&idp, &first.returned("code").expect("a code"), &[]).await.member("id_token"));
    assert_eq!(first["acr"], "urn:low");
    assert_eq!(browser.get(&authorize_url(&idp, &[("acr_values", "urn:lower urn:low")])).await.status, 303);
    let essential = r#"{"id_token":{"acr":{"essential":true,"values":["urn:mfa"]}}}"#;
    assert_eq!(browser.get(&authorize_url(&idp, &[("claims", essential)])).await.status, 200, "a step up");
    let silent = browser.get(&authorize_url(&idp, &[("claims", essential), ("prompt", "none")])).await;
    assert_eq!(silent.returned("error").as_deref(), Some("login_required"));
    let asked_nothing = claims(&tokens(&idp, &[], "alice").await.member("id_token"));
    assert_eq!(asked_nothing.get("acr"), None);
}

#[tokio::test]
async fn codes_have_256_bits_and_never_repeat() {
    let idp = registered().start().await;
    let (one, other) = (code(&idp, &[], "alice").await, code(&idp, &[], "alice").await);
    assert_ne!(one, other);
    assert_eq!(one.len(), 43, "32 bytes in base64url");
}

#[tokio::test]
async fn a_seed_makes_a_run_repeat_itself() {
    let run = async || {
        let idp = registered().seed(7).start().await;
        idp.freeze(standin::UnixTime(1_800_000_000));
        let answer = tokens(&idp, &[("scope", "openid offline_access")], "+new").await;
        // The port is the one thing that chance still decides.
        (answer.member("refresh_token"), claims(&answer.member("id_token"))["sub"].clone())
    };
    assert_eq!(run().await, run().await);
}
