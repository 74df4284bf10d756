//! The pages as forms: what a person can answer, and what nobody can answer for them.

use serde_json::json;
use standin::{Check, Client, Emulator, Login};

use crate::harness::{
    Answer, Browser, CALLBACK, authorize_url, claims, http, post, redeem, refused_by, registered, sign_in, tokens,
    userinfo,
};

/// Opens the sign-in page and posts a form to it.
async fn answer(idp: &Emulator, browser: &Browser, more: &[(&str, &str)], form: &[(&str, &str)]) -> Answer {
    let page = browser.get(&authorize_url(idp, more)).await;
    let interaction = page.field("interaction");
    let form: Vec<(&str, &str)> =
        [("interaction", interaction.as_str())].into_iter().chain(form.iter().copied()).collect();
    browser.post(&format!("{}/sign-in", idp.issuer()), &form).await
}

async fn claims_after(idp: &Emulator, form: &[(&str, &str)]) -> (serde_json::Value, serde_json::Value) {
    let back = answer(idp, &Browser::new(), &[("scope", "openid profile email roles groups")], form).await;
    let tokens = redeem(idp, &back.returned("code").expect("a code"), &[]).await;
    (claims(&tokens.member("id_token")), userinfo(idp, &tokens.member("access_token")).await.json())
}

#[tokio::test]
async fn the_page_explains_the_request_and_says_that_it_is_pretend() {
    let idp = Emulator::start().await;
    let page = Browser::new().get(&authorize_url(&idp, &[("audience", "x")])).await;
    let words = page.words();
    for said in [
        "Pretend sign-in",
        "Alice Adams",
        "always fails with access_denied",
        "Someone brand new",
        "the-nonce",
        "an old token can’t be replayed",
        "Any client id and secret is accepted",
    ] {
        assert!(words.contains(said), "{said}");
    }
    assert_eq!(page.elements("title"), 1);
    assert!(page.text.contains("<title>Pretend sign-in"));
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert_eq!((page.header("x-frame-options"), page.header("cache-control")), ("DENY", "no-store"));
    assert_eq!(page.elements("[style], [onclick]"), 0, "nothing that the policy would block");
    let strict = registered().start().await;
    assert!(
        Browser::new().get(&authorize_url(&strict, &[])).await.words().contains("Only registered clients are accepted")
    );
}

#[tokio::test]
async fn a_username_and_a_password_work_and_mistakes_can_be_mended_on_the_page() {
    let mut carol = standin::User::new("carol").claim("email", "carol@example.com");
    carol.password = Some("right".into());
    let idp = registered().user(carol).user(standin::User::new("dave")).start().await;
    for typed in [("carol", "right"), ("Carol@Example.com", "right"), ("dave", "anything"), ("dave", "")] {
        let back = answer(&idp, &Browser::new(), &[], &[("username", typed.0), ("password", typed.1)]).await;
        let id = claims(&redeem(&idp, &back.returned("code").expect("a code"), &[]).await.member("id_token"));
        assert_eq!(id["amr"], json!(["pwd"]));
    }
    let browser = Browser::new();
    let again = answer(&idp, &browser, &[], &[("username", "carol"), ("password", "wrong")]).await;
    assert_eq!(again.status, 400);
    refused_by(&idp, Check::PasswordMatches);
    assert!(again.words().contains("The password of"));
    let form =
        [("interaction", again.field("interaction")), ("username", "carol".into()), ("password", "right".into())];
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
    assert!(browser.post(&format!("{}/sign-in", idp.issuer()), &form).await.returned("code").is_some());
    answer(&idp, &Browser::new(), &[], &[("username", "nobody")]).await;
    refused_by(&idp, Check::PersonKnown);
}

#[tokio::test]
async fn login_hint_fills_in_the_username() {
    let idp = Emulator::start().await;
    let page = Browser::new().get(&authorize_url(&idp, &[("login_hint", "bob@example.com")])).await;
    assert_eq!(page.field("username"), "bob@example.com");
}

#[tokio::test]
async fn someone_brand_new_is_new_each_time_and_known_to_userinfo() {
    let idp = registered().start().await;
    let (one, info) = claims_after(&idp, &[("sub", "+new")]).await;
    let (other, _) = claims_after(&idp, &[("sub", "+new")]).await;
    assert_ne!(one["sub"], other["sub"]);
    assert_eq!(info["sub"], one["sub"]);
    assert!(info["email"].as_str().is_some_and(|email| email.ends_with("@example.com")));
}

#[tokio::test]
async fn the_locked_person_is_refused_and_the_app_told() {
    let idp = registered().start().await;
    let back = sign_in(&idp, &Browser::new(), &[], "locked").await;
    assert_eq!(back.returned("error").as_deref(), Some("access_denied"));
    refused_by(&idp, Check::PersonMaySignIn);
}

#[tokio::test]
async fn claims_can_be_edited_for_one_sign_in() {
    let idp = registered().start().await;
    let page = Browser::new().get(&authorize_url(&idp, &[])).await;
    assert_eq!(page.elements("[data-testid=edit-alice]"), 1);
    let form = [
        ("sub", "alice"),
        ("edited", "yes"),
        ("claim.name", "Alice \"the\" Ünusual"),
        ("claim.email", ""),
        ("claim.email_verified", "false"),
        ("claim.roles", "[\"reader\"]"),
        ("add", "groups = [1, 2]"),
    ];
    let (_, info) = claims_after(&idp, &form).await;
    assert_eq!(info["name"], "Alice \"the\" Ünusual");
    assert_eq!((info.get("email"), &info["email_verified"]), (None, &json!(false)));
    assert_eq!((&info["roles"], &info["groups"]), (&json!(["reader"]), &json!([1, 2])));
    let (_, later) = claims_after(&idp, &[("sub", "alice")]).await;
    assert_eq!(later["name"], "Alice Adams", "for this one sign-in only");
}

#[tokio::test]
async fn the_claim_editor_works_without_scripts() {
    let idp = registered().start().await;
    let browser = Browser::new();
    let interaction = browser.get(&authorize_url(&idp, &[])).await.field("interaction");
    let editor = browser.get(&format!("{}/sign-in?interaction={interaction}&edit=alice", idp.issuer())).await;
    assert_eq!(
        (editor.field("claim.email"), editor.field("claim.roles")),
        ("alice@example.com".into(), "[\"admin\",\"editor\"]".into())
    );
    assert_eq!(editor.elements("input[name=what_if]"), 6);
}

#[tokio::test]
async fn the_what_ifs_do_what_they_say() {
    let idp = registered().start().await;
    let with = async |what_if| claims_after(&idp, &[("sub", "alice"), ("edited", "yes"), ("what_if", what_if)]).await;
    assert_eq!(with("unverified").await.1["email_verified"], false);
    assert_eq!(with("no-email").await.1.get("email"), None);
    assert_eq!(with("no-roles").await.1.get("roles"), None);
    assert_eq!(with("400-groups").await.1["groups"].as_array().map(Vec::len), Some(400));
    assert_eq!(with("mfa").await.0["amr"], json!(["pwd", "otp", "mfa"]));
    idp.freeze(idp.now());
    let (id, _) = with("3-days-ago").await;
    assert_eq!(id["iat"].as_i64().zip(id["auth_time"].as_i64()).map(|(iat, at)| iat - at), Some(3 * 86_400));
}

#[tokio::test]
async fn a_sign_in_can_be_made_to_fail_on_the_page() {
    let idp = registered().start().await;
    for error in ["access_denied", "interaction_required", "server_error", "temporarily_unavailable"] {
        let back = answer(&idp, &Browser::new(), &[], &[("decline", error)]).await;
        assert_eq!(back.returned("error").as_deref(), Some(error));
        refused_by(&idp, Check::PersonAgrees);
    }
}

#[tokio::test]
async fn a_sign_in_can_be_made_to_fail_later() {
    let idp = registered().start().await;
    let lie = async |lie| answer(&idp, &Browser::new(), &[], &[("sub", "alice"), ("lie", lie)]).await;
    assert_eq!(lie("authz.state.wrong").await.returned("state").as_deref(), Some("uhe-state"));
    for (id, claim, value) in [("idt.nonce.wrong", "nonce", "uhe-nonce"), ("idt.aud.wrong", "aud", "another-client")] {
        let code = lie(id).await.returned("code").expect("a code");
        let token = redeem(&idp, &code, &[]).await.member("id_token");
        assert_eq!(claims(&token)[claim], value);
        assert!(
            idp.provider().settings().keys.open(&token, idp.provider().now()).is_ok(),
            "and nothing else is untrue"
        );
    }
    let code = lie("idt.sig.corrupt").await.returned("code").expect("a code");
    let token = redeem(&idp, &code, &[]).await.member("id_token");
    assert_eq!(claims(&token)["nonce"], "the-nonce");
    let opened = idp.provider().settings().keys.open(&token, idp.provider().now());
    assert_eq!(opened, Err(standin::tokens::Unverified::Signature));
    assert_eq!(claims(&tokens(&idp, &[], "alice").await.member("id_token"))["aud"], "web", "others are told the truth");
}

#[tokio::test]
async fn an_answer_given_beforehand_shows_no_page() {
    let idp = registered().start().await;
    idp.next_login(Login::by("bob"));
    let browser = Browser::new();
    let back = browser.get(&authorize_url(&idp, &[])).await;
    let id = claims(&redeem(&idp, &back.returned("code").expect("a code"), &[]).await.member("id_token"));
    assert_eq!(id["sub"], "bob");
    assert_eq!(Browser::new().get(&authorize_url(&idp, &[])).await.status, 200, "the next one is");
}

#[tokio::test]
async fn consent_is_asked_by_policy_and_can_be_partial() {
    let idp = registered().with(|config| config.consent = standin::world::Consent::Remembered).start().await;
    let browser = Browser::new();
    let scope = ("scope", "openid profile email");
    let onward = sign_in(&idp, &browser, &[scope], "alice").await;
    assert_eq!(onward.status, 303);
    let page = browser.get(&format!("{}{}", idp.issuer(), onward.header("location"))).await;
    assert!(page.words().contains("web would like to") && page.words().contains("alice@example.com"));
    assert!(page.text.contains("<title>Pretend consent"));
    let interaction = page.field("interaction");
    let form =
        [("interaction", interaction.as_str()), ("decision", "allow"), ("scope", "profile"), ("remember", "yes")];
    let back = browser.post(&format!("{}/consent", idp.issuer()), &form).await;
    let tokens = redeem(&idp, &back.returned("code").expect("a code"), &[]).await;
    assert_eq!(tokens.member("scope"), "openid profile", "openid cannot be unticked");
    assert_eq!(userinfo(&idp, &tokens.member("access_token")).await.json().get("email"), None);

    let silent = browser.get(&authorize_url(&idp, &[("scope", "openid profile"), ("prompt", "none")])).await;
    assert!(silent.returned("code").is_some(), "remembered");
    let more = browser.get(&authorize_url(&idp, &[scope, ("prompt", "none")])).await;
    assert_eq!(more.returned("error").as_deref(), Some("consent_required"));
    refused_by(&idp, Check::Consented);
}

#[tokio::test]
async fn what_is_unticked_cannot_be_had_by_the_claims_parameter() {
    let idp = registered().start().await;
    let browser = Browser::new();
    let wish = r#"{"userinfo":{"email":null,"nickname":null}}"#;
    let asked = [("scope", "openid email"), ("prompt", "consent"), ("claims", wish)];
    let onward = sign_in(&idp, &browser, &asked, "alice").await;
    let page = browser.get(&format!("{}{}", idp.issuer(), onward.header("location"))).await;
    assert!(page.words().contains("nickname"), "single claims are on the page: {}", page.words());
    let interaction = page.field("interaction");
    let back = browser
        .post(&format!("{}/consent", idp.issuer()), &[("interaction", &interaction), ("decision", "allow")])
        .await;
    let tokens = redeem(&idp, &back.returned("code").expect("a code"), &[]).await;
    assert_eq!(userinfo(&idp, &tokens.member("access_token")).await.json(), json!({"sub": "alice", "nickname": "Ali"}));
}

#[tokio::test]
async fn consent_can_be_refused_and_is_asked_again_by_prompt() {
    let idp = registered().start().await;
    let browser = Browser::new();
    sign_in(&idp, &browser, &[], "alice").await;
    let page = browser.get(&authorize_url(&idp, &[("prompt", "consent")])).await;
    let interaction = page.field("interaction");
    let back = browser
        .post(&format!("{}/consent", idp.issuer()), &[("interaction", &interaction), ("decision", "deny")])
        .await;
    assert_eq!(back.returned("error").as_deref(), Some("access_denied"));
    refused_by(&idp, Check::PersonAgrees);
    let stale = browser
        .post(&format!("{}/consent", idp.issuer()), &[("interaction", &interaction), ("decision", "allow")])
        .await;
    assert!(stale.returned("code").is_some(), "who goes back and agrees after all arrives as well: {}", stale.text);
}

#[tokio::test]
async fn nobody_answers_for_somebody_elses_browser() {
    let idp = registered().start().await;
    let (victim, attacker) = (Browser::new(), Browser::new());
    victim.get(&authorize_url(&idp, &[])).await;
    let interaction = attacker.get(&authorize_url(&idp, &[])).await.field("interaction");
    let url = format!("{}/sign-in", idp.issuer());
    let form = [("interaction", interaction.as_str()), ("sub", "bob")];
    assert_eq!(victim.post(&url, &form).await.status, 403);
    refused_by(&idp, Check::InteractionOfThisBrowser);
    assert_eq!(Browser::new().post(&url, &form).await.status, 403, "nor without a cookie");
    let foreign = attacker
        .send(
            http()
                .post(&url)
                .header("origin", "http://localhost:1")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(format!("interaction={interaction}&sub=bob")),
        )
        .await;
    assert_eq!(foreign.status, 403);
    refused_by(&idp, Check::FormFromOurPage);
    assert!(attacker.post(&url, &form).await.returned("code").is_some());
    let gone = [("interaction", "nothing-like-it"), ("sub", "bob")];
    assert_eq!(attacker.post(&url, &gone).await.status, 400);
    refused_by(&idp, Check::InteractionKnown);
}

#[tokio::test]
async fn consent_cannot_be_given_before_it_is_asked_or_by_another_person() {
    let idp = registered().with(|config| config.consent = standin::world::Consent::Remembered).start().await;
    let browser = Browser::new();
    idp.next_login(Login::by("alice"));
    browser.get(&authorize_url(&idp, &[])).await;
    let page = browser.get(&authorize_url(&idp, &[("prompt", "login")])).await;
    let interaction = page.field("interaction");
    let form = [("interaction", interaction.as_str()), ("decision", "allow"), ("remember", "yes")];
    assert_eq!(browser.post(&format!("{}/consent", idp.issuer()), &form).await.status, 403);
    refused_by(&idp, Check::InteractionOfThisBrowser);
}

#[tokio::test]
async fn a_cookie_that_was_planted_is_worth_nothing_after_the_sign_in() {
    let idp = registered().start().await;
    for more in [&[][..], &[("response_mode", "form_post")]] {
        let browser = Browser::new();
        let page = browser.get(&authorize_url(&idp, more)).await;
        let name = format!("standin-{}", idp.address().port());
        let planted = browser.cookie(&name).expect("a cookie");
        let interaction = page.field("interaction");
        browser.post(&format!("{}/sign-in", idp.issuer()), &[("interaction", &interaction), ("sub", "alice")]).await;
        assert_ne!(browser.cookie(&name).as_ref(), Some(&planted));
        let thief = Browser::new();
        thief.set_cookie(&name, &planted);
        let silent = thief.get(&authorize_url(&idp, &[("prompt", "none")])).await;
        assert_eq!(silent.returned("error").as_deref(), Some("login_required"));
    }
}

#[tokio::test]
async fn another_person_ends_the_session_of_the_one_before() {
    let mut web = Client::confidential("web", "s3cret").redirects_to(CALLBACK);
    web.grant_types = Some(serde_json::from_str("[\"authorization_code\", \"refresh_token\"]").expect("types"));
    let idp = Emulator::builder().client(web).start().await;
    let browser = Browser::new();
    let code = sign_in(&idp, &browser, &[], "alice").await.returned("code").expect("a code");
    let alices = redeem(&idp, &code, &[]).await.member("refresh_token");
    sign_in(&idp, &browser, &[("prompt", "login")], "bob").await;
    let request = http().post(format!("{}/token", idp.issuer())).basic_auth("web", Some("s3cret"));
    post(request, &[("grant_type", "refresh_token"), ("refresh_token", &alices)]).await;
    refused_by(&idp, Check::SessionAlive);
}

#[tokio::test]
async fn the_console_lists_what_happened_with_the_reason_of_each_refusal() {
    let idp = registered().start().await;
    redeem(&idp, "invented", &[]).await;
    let console = crate::harness::get(&format!("{}/", idp.issuer())).await;
    assert_eq!(console.status, 200);
    for said in ["The code was not issued here", idp.issuer().as_str()] {
        assert!(console.words().contains(said), "{said}");
    }
    let flow = crate::harness::get(&format!("{}/_console/flows/1", idp.issuer())).await;
    assert!(flow.words().contains("CodeKnown"), "{}", flow.words());
    let rebound =
        crate::harness::send(http().get(format!("{}/", idp.issuer())).header("host", "evil.example.com")).await;
    assert_eq!(rebound.status, 403, "a name that a stranger's DNS points here");
}

#[tokio::test]
async fn where_a_control_token_is_set_the_console_asks_for_it_once() {
    let idp = registered().control_token(Some("s3cret-token".into())).start().await;
    let browser = Browser::new();
    let console = format!("{}/", idp.issuer());
    let asked = browser.get(&console).await;
    assert_eq!(asked.status, 401);
    assert!(asked.words().contains("Show the control token") && !asked.words().contains("Point your app here"));
    let token = format!("{}/_console/token", idp.issuer());
    let wrong = browser.post(&token, &[("token", "another")]).await;
    assert!(wrong.status == 401 && wrong.words().contains("That is another token."), "{}", wrong.words());
    let right = browser.post(&token, &[("token", "s3cret-token")]).await;
    assert_eq!((right.status, right.header("location")), (303, "/"));
    let cookie = right.header("set-cookie").to_owned();
    assert!(cookie.contains("HttpOnly; SameSite=Strict") && !cookie.contains("s3cret-token"), "{cookie}");
    let rebound = http()
        .post(&token)
        .header("host", "evil.example.com")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("token=x");
    assert_eq!(crate::harness::send(rebound).await.status, 403, "nobody guesses from a page of another site");
    let control = browser.get(&format!("{}/_control/v1/info", idp.issuer())).await;
    assert_eq!(control.status, 401, "the console's cookie opens the console only");
    assert!(browser.get(&console).await.words().contains("Point your app here"));
    assert!(browser.get(&format!("{}/_console", idp.issuer())).await.words().contains("Point your app here"));
    assert_eq!(Browser::new().get(&console).await.status, 401, "another browser is another browser");
}

#[tokio::test]
async fn where_no_control_token_is_set_none_is_taken() {
    let idp = registered().start().await;
    let taken = Browser::new().post(&format!("{}/_console/token", idp.issuer()), &[("token", "x")]).await;
    assert_eq!((taken.status, taken.header("location"), taken.header("set-cookie")), (303, "/", ""));
    // Beyond loopback a console without a token is closed, and stays so.
    let open = registered().with(|config| config.host = "0.0.0.0".into()).start().await;
    let browser = Browser::new();
    let at = |path: &str| format!("http://127.0.0.1:{}{path}", open.address().port());
    assert_eq!(browser.get(&at("/")).await.status, 403);
    browser.post(&at("/_console/token"), &[("token", "")]).await;
    assert_eq!(browser.get(&at("/")).await.status, 403);
}
