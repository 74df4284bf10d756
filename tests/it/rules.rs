//! Who signs in next, test identities, faults: what a test tells the provider, and which of it is believed.

use std::time::Duration;

use serde_json::{Value, json};
use standin::faults::Origin;
use standin::{Check, Event, Fault, Login, UnixTime};

use crate::harness::{
    Browser, Control, as_web, authorize_url, claims, code, get, http, id_token, redeem, refused_by, registered,
    sign_in, tokens, userinfo,
};

#[tokio::test]
async fn the_next_sign_in_is_whoever_the_test_says() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    let login = json!({
        "match": { "client": "web" }, "as": "bob", "claims": { "email": "b@example.com", "nickname": null },
        "consent": "openid email", "amr": ["hwk"], "age": 60,
    });
    let rule = control.post("/next-logins", login).await;
    assert_eq!((&rule["name"], &rule["left"]), (&json!("next-login"), &json!(1)));
    idp.freeze(UnixTime(1_800_000_000));
    let browser = Browser::new();
    let answer = browser.get(&authorize_url(&idp, &[("scope", "openid email profile"), ("prompt", "consent")])).await;
    let tokens = redeem(&idp, &answer.returned("code").expect("no page is shown"), &[]).await;
    assert_eq!(tokens.member("scope"), "openid email", "and consents to what was said");
    let id_token = claims(&tokens.member("id_token"));
    assert_eq!((&id_token["sub"], &id_token["amr"]), (&json!("bob"), &json!(["hwk"])));
    assert_eq!(id_token["auth_time"], 1_800_000_000 - 60);
    let about = userinfo(&idp, &tokens.member("access_token")).await;
    assert_eq!(about.member("email"), "b@example.com");
    let page = Browser::new().get(&authorize_url(&idp, &[])).await;
    assert_eq!(page.status, 200, "once is once");
}

#[tokio::test]
async fn a_next_sign_in_is_matched_counted_and_forgotten() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    idp.next_login(Login::by("bob").at("spa"));
    idp.next_login(Login::by("cagla").hinted("the-hint").times(2));
    for _ in 0..2 {
        assert_eq!(id_token(&idp, &[("login_hint", "the-hint")]).await["sub"], "cagla");
    }
    let page = Browser::new().get(&authorize_url(&idp, &[("login_hint", "the-hint")])).await;
    assert_eq!(page.status, 200);
    control.delete("/next-logins").await;

    control.post("/next-logins", json!({ "as": "bob", "ttl": "1m" })).await;
    idp.advance(Duration::from_mins(2));
    assert_eq!(Browser::new().get(&authorize_url(&idp, &[])).await.status, 200, "expired by the realm's clock");

    idp.next_login(Login::fails("temporarily_unavailable"));
    let answer = Browser::new().get(&authorize_url(&idp, &[])).await;
    assert_eq!(answer.returned("error").as_deref(), Some("temporarily_unavailable"));
    idp.next_login(Login::by("alice"));
    let silent = Browser::new().get(&authorize_url(&idp, &[("prompt", "none")])).await;
    assert_eq!(silent.returned("error").as_deref(), Some("login_required"), "who may not be asked is not answered for");
    assert_eq!(id_token(&idp, &[]).await["sub"], "alice", "and the answer still waits");
}

#[tokio::test]
async fn a_next_sign_in_may_leave_the_page_to_be_pressed() {
    let idp = registered().start().await;
    Control::of(&idp).post("/next-logins", json!({ "as": "bob", "page": true, "fault": "idt.nonce.wrong" })).await;
    let answer = sign_in(&idp, &Browser::new(), &[], "alice").await;
    let id_token = claims(&redeem(&idp, &answer.returned("code").expect("a code"), &[]).await.member("id_token"));
    assert_eq!((&id_token["sub"], &id_token["nonce"]), (&json!("bob"), &json!("uhe-nonce")));
}

#[tokio::test]
async fn everybody_signs_in_by_themselves_where_the_configuration_says_so() {
    let idp = registered().with(|config| config.auto_login = Some("login_hint".into())).start().await;
    assert_eq!(id_token(&idp, &[("login_hint", "bob@example.com")]).await["sub"], "bob");
    assert_eq!(Browser::new().get(&authorize_url(&idp, &[])).await.status, 200, "nobody is named");
    let idp = registered().with(|config| config.auto_login = Some("alice".into())).start().await;
    let browser = Browser::new();
    for _ in 0..2 {
        let answer = browser.get(&authorize_url(&idp, &[])).await;
        assert!(answer.returned("code").is_some());
    }
    let signed_in = idp.journal().iter().filter(|entry| entry.events.contains(&Event::SignedIn)).count();
    assert_eq!(signed_in, 1, "a browser that is signed in is left alone");
}

/// Test identity, then next sign-in, then fault, then configuration.
#[tokio::test]
async fn who_said_it_more_closely_is_believed() {
    let idp = registered().with(|config| config.auto_login = Some("cagla".into())).start().await;
    let decided = |idp: &standin::Emulator| idp.journal().iter().rev().find_map(|entry| entry.applied.first().cloned());
    assert_eq!(id_token(&idp, &[]).await["sub"], "cagla");
    assert_eq!(decided(&idp), None, "the configuration is no rule that a test made");

    let cancelled = idp.scoped_fault(Fault::named("user.cancel"));
    let answer = Browser::new().get(&authorize_url(&idp, &[])).await;
    assert_eq!(
        answer.returned("error").as_deref(),
        Some("access_denied"),
        "a fault is stronger than the configuration"
    );
    assert_eq!(decided(&idp).expect("a rule").origin, Origin::Fault);

    idp.next_login(Login::by("bob"));
    assert_eq!(id_token(&idp, &[]).await["sub"], "bob", "a next sign-in is stronger than a fault");

    idp.next_login(Login::by("bob"));
    assert_eq!(
        id_token(&idp, &[("login_hint", "alice+mfa")]).await["sub"],
        "alice",
        "a test identity is the strongest"
    );
    let by = idp.journal().iter().rev().find_map(|entry| entry.applied.first().cloned()).expect("a rule");
    assert_eq!((by.by.as_str(), by.origin), ("+mfa", Origin::TestIdentity));
    drop(cancelled);
    assert_eq!(id_token(&idp, &[]).await["sub"], "bob", "which was not spent");
}

#[tokio::test]
async fn what_the_stronger_rule_writes_stands() {
    let idp = registered().start().await;
    idp.fault(Fault::named("tok.error.invalid_grant"));
    let answer = Browser::new().get(&authorize_url(&idp, &[("login_hint", "alice+token-500@example.com")])).await;
    let refused = redeem(&idp, &answer.returned("code").expect("a code"), &[]).await;
    assert_eq!(refused.status, 500, "a test identity is stronger than a fault");
    let decided: Vec<String> = idp.journal().last().expect("an entry").applied.iter().map(|by| by.by.clone()).collect();
    assert_eq!(decided, ["+token-500", "tok.error.invalid_grant"], "the strongest is named first");
}

#[tokio::test]
async fn a_late_answer_that_is_replaced_is_late_yet() {
    let idp = registered().start().await;
    idp.fault(Fault::slow(Duration::from_secs(1)).on(standin::faults::Point::Token));
    idp.fault(Fault::named("tok.500"));
    let began = tokio::time::Instant::now();
    assert_eq!(redeem(&idp, "no-code", &[]).await.status, 500);
    assert!(began.elapsed() > Duration::from_millis(900));
}

#[tokio::test]
async fn a_silent_renewal_spends_no_next_sign_in() {
    let idp = registered().start().await;
    let browser = Browser::new();
    sign_in(&idp, &browser, &[], "alice").await;
    idp.next_login(Login::by("bob"));
    let silent = browser.get(&authorize_url(&idp, &[("prompt", "none")])).await;
    let token = redeem(&idp, &silent.returned("code").expect("alice's code"), &[]).await.member("id_token");
    assert_eq!(claims(&token)["sub"], "alice");
    assert_eq!(id_token(&idp, &[]).await["sub"], "bob", "which waited");
}

/// Two requests at once, on two threads, and one answer to give.
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_for_once_speaks_once_however_many_ask() {
    let idp = registered().workers(2).start().await;
    for _ in 0..20 {
        idp.next_login(Login::by("bob"));
        let url = authorize_url(&idp, &[]);
        let ask = || {
            let url = url.clone();
            tokio::spawn(async move { Browser::new().get(&url).await.status })
        };
        let asked = [ask(), ask(), ask(), ask()];
        let mut sent_back = 0;
        for asked in asked {
            sent_back += usize::from(asked.await.expect("an answer") == 303);
        }
        assert_eq!(sent_back, 1);
    }
}

#[tokio::test]
async fn a_fault_of_the_person_is_spent_where_it_shows() {
    let idp = registered().start().await;
    idp.fault(Fault::named("id.email.missing").once());
    let tokens = tokens(&idp, &[("scope", "openid email")], "alice").await;
    let about = userinfo(&idp, &tokens.member("access_token")).await.json();
    assert_eq!(about.get("email"), None, "the ID token says no email, so it altered nothing there");
    let again = userinfo(&idp, &tokens.member("access_token")).await.json();
    assert_eq!(again["email"], "alice@example.com");
}

#[tokio::test]
async fn no_lie_stumbles_over_other_alphabets() {
    let idp = registered().start().await;
    for lie in standin::faults::FAULTS.iter().filter(|lie| lie.id.starts_with("idt.")) {
        let _told = idp.scoped_fault(Fault::named(lie.id));
        let code = code(&idp, &[("nonce", "ünïcødé-王小明-👩🏽‍🚀-é")], "alice").await;
        assert_eq!(redeem(&idp, &code, &[]).await.status, 200, "{}", lie.id);
    }
    for lie in ["time.skew", "time.jump", "time.token_lifetime"] {
        idp.freeze(UnixTime(i64::MAX - 3));
        let with = standin::faults::FaultOptions { seconds: Some(i64::MAX), ..Default::default() };
        let _told = idp.scoped_fault(Fault::named(lie).with(with));
        assert_ne!(redeem(&idp, "no-code", &[]).await.status, 500, "{lie}");
    }
}

#[tokio::test]
async fn whoever_is_deleted_is_signed_in_no_more() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    let access = tokens(&idp, &[], "bob").await.member("access_token");
    control.delete("/users/bob").await;
    assert_eq!(control.get("/sessions").await, json!([]));
    assert_eq!(userinfo(&idp, &access).await.status, 401);
}

#[tokio::test]
async fn logging_out_belongs_to_the_sign_in_that_it_ends() {
    let idp = registered().start().await;
    let browser = Browser::new();
    let answer = sign_in(&idp, &browser, &[("state", "mine")], "alice").await;
    let token = redeem(&idp, &answer.returned("code").expect("a code"), &[]).await.member("id_token");
    browser.get(&format!("{}/logout?id_token_hint={token}", idp.issuer())).await;
    let flows = Control::of(&idp).get("/flows").await;
    assert_eq!(flows.as_array().expect("flows").len(), 1);
    assert_eq!(flows[0]["events"].as_array().and_then(|events| events.last()), Some(&json!("signed_out")));
    let events = Control::of(&idp).get("/events?state=mine").await;
    assert_eq!(events.as_array().expect("events").len(), 4, "the state of a flow is known of all its messages");
}

#[tokio::test]
async fn an_api_that_asks_about_a_token_meets_the_lies_about_its_person() {
    let idp = registered().start().await;
    let access = tokens(&idp, &[], "alice").await.member("access_token");
    idp.fault(Fault::named("at.rejected_early").about("alice"));
    let told = as_web(&idp, "/introspect", &[("token", &access)]).await;
    assert_eq!(told.member("active"), "false");
}

#[tokio::test]
async fn faults_are_scoped_and_counted() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    let nonce = |token: Value| token["nonce"].as_str().unwrap_or_default().to_owned();
    let once =
        control.post("/faults", json!({ "name": "idt.nonce.wrong", "match": { "user": "bob" }, "times": 1 })).await;
    assert_eq!(nonce(claims(&tokens(&idp, &[], "alice").await.member("id_token"))), "the-nonce");
    assert_eq!(nonce(claims(&tokens(&idp, &[], "bob").await.member("id_token"))), "uhe-nonce");
    assert_eq!(nonce(claims(&tokens(&idp, &[], "bob").await.member("id_token"))), "the-nonce");
    let decided = &idp
        .provider()
        .journal()
        .entries()
        .into_iter()
        .rev()
        .find(|entry| !entry.applied.is_empty())
        .expect("one")
        .applied[0];
    assert_eq!(Some(decided.rule.expect("a number")), once["id"].as_u64());

    for (when, hint, lied) in [
        (json!({ "client": "other" }), "", false),
        (json!({ "client": "web", "login_hint": "h" }), "", false),
        (json!({ "client": "web", "login_hint": "h" }), "h", true),
        (json!({ "grant_type": "refresh_token" }), "", false),
        (json!({ "grant_type": "authorization_code", "endpoint": "token" }), "", true),
        (json!({ "endpoint": "userinfo" }), "", false),
    ] {
        let told = control.post("/faults", json!({ "name": "idt.nonce.wrong", "match": when })).await;
        let elsewhere = when["endpoint"] == "userinfo";
        assert_eq!(told["warnings"].to_string().contains("nothing to alter at the endpoint"), elsewhere, "{told}");
        let token = claims(&tokens(&idp, &[("login_hint", hint)], "alice").await.member("id_token"));
        assert_eq!(nonce(token) == "uhe-nonce", lied, "{when}");
        control.delete("/faults").await;
    }
    assert!(control.get("/faults").await.as_array().expect("a list").is_empty());
}

#[tokio::test]
async fn probability_is_seeded_and_every_counts() {
    let run = || async {
        let idp = registered().seed(5).start().await;
        idp.fault(Fault::named("net.flaky").rate(0.5));
        let mut statuses = Vec::new();
        for _ in 0..24 {
            statuses.push(get(&format!("{}/jwks", idp.issuer())).await.status);
        }
        statuses
    };
    let (one, other) = (run().await, run().await);
    assert_eq!(one, other, "the same seed has the same luck");
    assert!(one.contains(&200) && one.contains(&503), "{one:?}");
    let idp = registered().start().await;
    idp.fault(Fault::named("net.flaky").every(3));
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(get(&format!("{}/jwks", idp.issuer())).await.status);
    }
    assert_eq!(statuses, [200, 200, 503, 200, 200, 503]);
}

#[tokio::test]
async fn no_answer_is_an_answer_as_well() {
    let idp = registered().start().await;
    let silent = idp.scoped_fault(Fault::named("net.timeout"));
    let asked = http().get(format!("{}/jwks", idp.issuer())).timeout(Duration::from_millis(300)).send().await;
    assert!(asked.expect_err("nothing comes").is_timeout());
    drop(silent);
    assert_eq!(get(&format!("{}/jwks", idp.issuer())).await.status, 200);
}

#[tokio::test]
async fn pkce_as_careless_providers_have_it() {
    let idp = registered().start().await;
    let challenge = [("code_challenge", crate::harness::CHALLENGE), ("code_challenge_method", "S256")];
    idp.fault(Fault::named("tok.pkce.ignored").once());
    let code_of = code(&idp, &challenge, "alice").await;
    let answer =
        redeem(&idp, &code_of, &[("code_verifier", "a-verifier-that-is-quite-another-one-than-the-right")]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let code_of = code(&idp, &challenge, "alice").await;
    let answer =
        redeem(&idp, &code_of, &[("code_verifier", "a-verifier-that-is-quite-another-one-than-the-right")]).await;
    assert_eq!(answer.status, 400);
    refused_by(&idp, Check::PkceMatches);

    let required = idp.scoped_fault(Fault::named("tok.pkce.required"));
    let answer = Browser::new().get(&authorize_url(&idp, &[])).await;
    assert_eq!(answer.returned("error").as_deref(), Some("invalid_request"));
    refused_by(&idp, Check::PkceUsed);
    drop(required);
    idp.fault(Fault::named("tok.pkce.plain_refused"));
    idp.next_login(Login::by("alice"));
    let plain = [
        ("code_challenge", "a-challenge-that-is-its-own-verifier-and-long-enough"),
        ("code_challenge_method", "plain"),
    ];
    let answer = Browser::new().get(&authorize_url(&idp, &plain)).await;
    assert_eq!(answer.returned("error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn refresh_tokens_that_come_again() {
    let twice = |idp: standin::Emulator| async move {
        let first = tokens(&idp, &[("scope", "openid offline_access")], "alice").await.member("refresh_token");
        let form = [("grant_type", "refresh_token"), ("refresh_token", first.as_str())];
        as_web(&idp, "/token", &form).await;
        let again = as_web(&idp, "/token", &form).await;
        (idp, again.status)
    };
    let lenient = registered().start().await;
    lenient.fault(Fault::named("rt.reuse_grace"));
    let (idp, status) = twice(lenient).await;
    assert_eq!(status, 200);
    assert!(idp.journal().iter().any(|entry| entry.applied.iter().any(|decided| decided.by == "rt.reuse_grace")));
    let strict = registered().with(|config| config.refresh.grace = "1h".parse().expect("an hour")).start().await;
    strict.fault(Fault::named("rt.reuse_revokes"));
    let (idp, status) = twice(strict).await;
    assert_eq!(status, 400);
    refused_by(&idp, Check::RefreshUnused);
}

#[tokio::test]
async fn somebody_is_deleted_between_page_and_press() {
    let idp = registered().start().await;
    idp.fault(Fault::named("id.user.deleted").about("alice"));
    let answer = sign_in(&idp, &Browser::new(), &[], "alice").await;
    assert_eq!(answer.status, 400);
    refused_by(&idp, Check::PersonKnown);
    assert!(idp.journal().last().expect("an entry").applied.iter().any(|decided| decided.by == "id.user.deleted"));
    assert!(sign_in(&idp, &Browser::new(), &[], "bob").await.returned("code").is_some());
}

/// RFC 9700 §4.5: what stands between an injected code and a session of somebody else is PKCE, and failing that the nonce.
#[tokio::test]
async fn an_injected_code_is_somebody_elses() {
    let idp = registered().start().await;
    let lie = idp.scoped_fault(Fault::named("authz.code.injected"));
    let given = tokens(&idp, &[], "alice").await;
    let id_token = claims(&given.member("id_token"));
    assert_eq!(id_token["sub"], "bob", "an app without PKCE gets his tokens");
    assert!(id_token["nonce"].is_string() && id_token["nonce"] != "the-nonce", "and can see that they are not for it");
    assert_eq!(userinfo(&idp, &given.member("access_token")).await.member("sub"), "bob");

    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let with_pkce = [("code_challenge", challenge), ("code_challenge_method", "S256")];
    let injected = code(&idp, &with_pkce, "alice").await;
    let refused = redeem(&idp, &injected, &[("code_verifier", verifier)]).await;
    assert_eq!((refused.status, refused.member("error").as_str()), (400, "invalid_grant"));

    drop(lie);
    idp.next_login(Login::by("alice").with_fault("authz.code.injected"));
    let carried = Browser::new().get(&authorize_url(&idp, &[])).await.returned("code").expect("a code");
    assert_eq!(claims(&redeem(&idp, &carried, &[]).await.member("id_token"))["sub"], "bob", "a sign-in carries it too");
}

#[tokio::test]
async fn a_lie_about_time_forgets_nothing_of_other_clients() {
    let idp = registered().start().await;
    let browser = Browser::new();
    let page = browser
        .get(&authorize_url(
            &idp,
            &[("client_id", "spa"), ("code_challenge", crate::harness::CHALLENGE), ("code_challenge_method", "S256")],
        ))
        .await;
    let interaction = page.field("interaction");
    let jump = standin::faults::FaultOptions { seconds: Some(400 * 86_400), ..Default::default() };
    idp.fault(Fault::named("time.jump").at("web").with(jump));
    for _ in 0..40 {
        redeem(&idp, &code(&idp, &[], "alice").await, &[]).await;
    }
    let form = [("interaction", interaction.as_str()), ("sub", "bob")];
    let back = browser.post(&format!("{}/sign-in", idp.issuer()), &form).await;
    assert!(back.returned("code").is_some(), "{}", back.text);
}

#[tokio::test]
async fn a_lie_about_time_is_told_to_whoever_waits_for_the_next_second_as_well() {
    let idp = registered().start().await;
    let back = standin::faults::FaultOptions { seconds: Some(-7_200), ..Default::default() };
    idp.fault(Fault::named("time.skew").at("web").with(back));
    let browser = Browser::new();
    sign_in(&idp, &browser, &[], "alice").await;
    let answer = sign_in(&idp, &browser, &[("prompt", "login")], "alice").await;
    let told = claims(&redeem(&idp, &answer.returned("code").expect("a code"), &[]).await.member("id_token"));
    assert!(idp.provider().now().0 - told["auth_time"].as_i64().expect("a time") > 7_000, "{told}");
}

#[tokio::test]
async fn a_rule_for_once_outlives_a_request_that_is_given_up() {
    let idp = registered().start().await;
    let (control, browser) = (Control::of(&idp), Browser::new());
    let url = authorize_url(&idp, &[("prompt", "login")]);
    let mut gave_up = false;
    // Where the machine is slow, the next second has come before it is waited for.
    for _ in 0..20 {
        idp.reset().await.expect("a reset");
        sign_in(&idp, &browser, &[], "alice").await;
        control.post("/next-logins", json!({ "as": "alice" })).await;
        let given_up = async {
            // The sign-in waits for the next second meanwhile, and has reserved its rule.
            for _ in 0..3 {
                control.post("/faults", json!({ "name": "net.gzip", "match": { "client": "spa" } })).await;
            }
        };
        gave_up = tokio::select! {
            _ = browser.get(&url) => false,
            () = given_up => true,
        };
        if gave_up {
            break;
        }
    }
    assert!(gave_up, "it never waited");
    let given_back = async {
        while control.get("/next-logins").await[0]["left"] != 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), given_back).await.expect("the rule is still there");
    assert!(browser.get(&url).await.returned("code").is_some());
}
