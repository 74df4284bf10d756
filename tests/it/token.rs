//! The token endpoint: what a code is good for, and for whom.

use std::time::Duration;

use standin::{Check, Client, Emulator, User};

use crate::harness::{
    CALLBACK, CHALLENGE, Form, VERIFIER, as_anyone, as_web, claims, code, header, redeem, refused_by, registered,
    tokens, userinfo,
};

#[tokio::test]
async fn a_code_becomes_tokens_that_say_what_was_asked() {
    let idp = registered().start().await;
    let answer = tokens(&idp, &[("scope", "openid profile")], "alice").await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!((answer.member("token_type").as_str(), answer.member("expires_in").as_str()), ("Bearer", "3600"));
    assert_eq!(answer.member("scope"), "openid profile");

    let id = claims(&answer.member("id_token"));
    assert_eq!(id["iss"], idp.issuer());
    assert_eq!((&id["aud"], &id["sub"], &id["nonce"]), (&"web".into(), &"alice".into(), &"the-nonce".into()));
    assert_eq!(id["exp"].as_i64(), id["iat"].as_i64().map(|iat| iat + 3600));
    assert_eq!(id.get("name"), None, "scope claims come from UserInfo, Core 5.4");
    assert!(id["sid"].is_string() && id["auth_time"].is_i64());

    let access = answer.member("access_token");
    assert_eq!(header(&access)["typ"], "JWT", "no API was named");
    let access = claims(&access);
    assert_eq!((&access["client_id"], &access["scope"]), (&"web".into(), &"openid profile".into()));
    assert!(access["jti"].is_string());
}

#[tokio::test]
async fn a_second_use_of_a_code_revokes_what_the_first_gave() {
    let idp = registered().start().await;
    idp.freeze(idp.provider().now());
    let code = code(&idp, &[("scope", "openid offline_access")], "alice").await;
    let first = redeem(&idp, &code, &[]).await;
    assert_eq!(userinfo(&idp, &first.member("access_token")).await.status, 200);
    idp.advance(Duration::from_mins(2));
    let second = redeem(&idp, &code, &[]).await;
    assert_eq!((second.status, second.member("error").as_str()), (400, "invalid_grant"));
    refused_by(&idp, Check::CodeUnused);
    assert_eq!(userinfo(&idp, &first.member("access_token")).await.status, 401);
    refused_by(&idp, Check::TokenAlive);
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", &first.member("refresh_token"))];
    assert_eq!(as_web(&idp, "/token", &refresh).await.member("error"), "invalid_grant");
    refused_by(&idp, Check::GrantAlive);
}

#[tokio::test]
async fn of_many_who_redeem_a_code_at_once_one_gets_tokens() {
    let idp = registered().start().await;
    let code = code(&idp, &[], "alice").await;
    let attempts = (0..12).map(|_| redeem(&idp, &code, &[]));
    let answers = futures_all(attempts).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
}

/// Waits for all, side by side.
async fn futures_all<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut pinned: Vec<_> = futures.map(Box::pin).collect();
    let mut done: Vec<Option<T>> = pinned.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (future, slot) in pinned.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(cx)
            {
                *slot = Some(value);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test]
async fn a_code_is_for_its_client_its_address_and_its_minute() {
    let idp = registered().start().await;
    idp.freeze(idp.provider().now());
    let stolen = code(&idp, &[], "alice").await;
    let by_spa =
        [("grant_type", "authorization_code"), ("client_id", "spa"), ("code", &stolen), ("redirect_uri", CALLBACK)];
    assert_eq!(as_anyone(&idp, "/token", &by_spa).await.member("error"), "invalid_grant");
    refused_by(&idp, Check::CodeOfThisClient);

    let answer = redeem(&idp, &stolen, &[("redirect_uri", "http://localhost:3000/other")]).await;
    assert_eq!(answer.member("error"), "invalid_grant");
    refused_by(&idp, Check::RedirectUriRepeated);
    redeem(&idp, &stolen, &[("redirect_uri", "")]).await;
    refused_by(&idp, Check::RedirectUriRepeated);

    idp.advance(Duration::from_mins(1));
    assert_eq!(redeem(&idp, &stolen, &[]).await.member("error"), "invalid_grant");
    refused_by(&idp, Check::CodeFresh);
    redeem(&idp, "invented", &[]).await;
    refused_by(&idp, Check::CodeKnown);
}

#[tokio::test]
async fn a_challenge_must_be_answered_and_only_a_challenge_may_be() {
    let idp = registered().start().await;
    let s256 = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let plain = [("code_challenge", VERIFIER)];
    for challenge in [&s256[..], &plain[..]] {
        let right = redeem(&idp, &code(&idp, challenge, "alice").await, &[("code_verifier", VERIFIER)]).await;
        assert_eq!(right.status, 200, "{}", right.text);
    }
    let wrong = redeem(&idp, &code(&idp, &s256, "alice").await, &[("code_verifier", CHALLENGE)]).await;
    assert_eq!(wrong.member("error"), "invalid_grant");
    refused_by(&idp, Check::PkceMatches);
    // A plain challenge is the verifier: whoever stole the code must not be told it.
    let stolen = code(&idp, &plain, "alice").await;
    let wrong = redeem(&idp, &stolen, &[("code_verifier", CHALLENGE)]).await;
    assert!(!wrong.text.contains(VERIFIER), "{}", wrong.text);
    let short = "abc";
    let of_short =
        [("code_challenge", "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"), ("code_challenge_method", "S256")];
    redeem(&idp, &code(&idp, &of_short, "alice").await, &[("code_verifier", short)]).await;
    refused_by(&idp, Check::PkceMatches);
    redeem(&idp, &code(&idp, &s256, "alice").await, &[]).await;
    refused_by(&idp, Check::PkceVerifierGiven);
    // A downgrade: someone removed the challenge on the way to the provider.
    redeem(&idp, &code(&idp, &[], "alice").await, &[("code_verifier", VERIFIER)]).await;
    refused_by(&idp, Check::PkceExpected);
}

#[tokio::test]
async fn an_unregistered_client_without_a_secret_needs_pkce() {
    let idp = Emulator::start().await;
    let code = code(&idp, &[], "alice").await;
    let form =
        [("grant_type", "authorization_code"), ("client_id", "web"), ("code", &code), ("redirect_uri", CALLBACK)];
    assert_eq!(as_anyone(&idp, "/token", &form).await.member("error"), "invalid_request");
    refused_by(&idp, Check::PkceUsed);
}

#[tokio::test]
async fn what_a_client_sends_about_itself_must_be_right_and_sent_once() {
    let idp = registered().start().await;
    let grant = ("grant_type", "client_credentials");
    let cases: &[(Form, u16, &str, Check)] = &[
        (&[grant], 401, "invalid_client", Check::ClientNamed),
        (&[grant, ("client_id", "wob"), ("client_secret", "x")], 401, "invalid_client", Check::ClientKnown),
        (&[grant, ("client_id", "web"), ("client_secret", "wrong")], 401, "invalid_client", Check::ClientSecretMatches),
        (&[grant, ("client_id", "web")], 401, "invalid_client", Check::ClientMethodAllowed),
        (&[grant, ("client_id", "spa"), ("client_secret", "x")], 401, "invalid_client", Check::ClientMethodAllowed),
        (&[grant, ("client_id", "spa")], 401, "invalid_client", Check::ClientConfidential),
        (&[("client_id", "web"), ("client_secret", "s3cret")], 400, "invalid_request", Check::ParameterPresent),
        (
            &[("grant_type", "magic"), ("client_id", "web"), ("client_secret", "s3cret")],
            400,
            "unsupported_grant_type",
            Check::GrantTypeKnown,
        ),
        (
            &[("grant_type", "password"), ("client_id", "web"), ("client_secret", "s3cret")],
            400,
            "unauthorized_client",
            Check::GrantTypeAllowed,
        ),
        (
            &[grant, grant, ("client_id", "web"), ("client_secret", "s3cret")],
            400,
            "invalid_request",
            Check::ParameterOnce,
        ),
    ];
    for (form, status, error, check) in cases {
        let answer = as_anyone(&idp, "/token", form).await;
        assert_eq!((answer.status, answer.member("error").as_str()), (*status, *error), "{form:?}: {}", answer.text);
        refused_by(&idp, *check);
        assert_eq!(answer.header("www-authenticate").starts_with("Basic "), *status == 401);
    }
    let both = as_web(&idp, "/token", &[grant, ("client_id", "web"), ("client_secret", "s3cret")]).await;
    assert_eq!((both.status, both.member("error").as_str()), (400, "invalid_request"));
    refused_by(&idp, Check::ClientAuthenticatesOnce);
    as_web(&idp, "/token", &[grant, ("client_id", "spa")]).await;
    refused_by(&idp, Check::ClientAuthenticatesOnce);
}

#[tokio::test]
async fn the_basic_header_is_form_encoded() {
    let odd = "p:%+/ä& =";
    let idp = Emulator::builder().client(Client::confidential("a:b", odd)).start().await;
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let request =
        crate::harness::http().post(format!("{}/token", idp.issuer())).basic_auth(encode("a:b"), Some(encode(odd)));
    let answer = crate::harness::post(request, &[("grant_type", "client_credentials")]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[tokio::test]
async fn a_client_gets_a_token_for_itself() {
    let mut machine = Client::confidential("web", "s3cret");
    machine.audience = Some("https://api.example.com".into());
    let idp = Emulator::builder().client(machine).start().await;
    let answer = as_web(&idp, "/token", &[("grant_type", "client_credentials"), ("scope", "notes:read")]).await;
    let access = claims(&answer.member("access_token"));
    assert_eq!((&access["sub"], &access["aud"]), (&"web".into(), &"https://api.example.com".into()));
    assert_eq!(access["scope"], "notes:read");
    assert!(answer.json().get("id_token").is_none() && answer.json().get("refresh_token").is_none());
    let named =
        [("grant_type", "client_credentials"), ("resource", "https://a.example"), ("resource", "https://b.example")];
    let access = claims(&as_web(&idp, "/token", &named).await.member("access_token"));
    assert_eq!(access["aud"], serde_json::json!(["https://a.example", "https://b.example"]));
    let malformed = as_web(&idp, "/token", &[("grant_type", "client_credentials"), ("scope", "a\"b")]).await;
    assert_eq!(malformed.member("error"), "invalid_scope");
    refused_by(&idp, Check::ScopeWellFormed);
    as_web(&idp, "/token", &[("grant_type", "client_credentials"), ("resource", "x#y")]).await;
    refused_by(&idp, Check::ResourceUsable);
}

#[tokio::test]
async fn a_code_opens_only_the_apis_that_were_asked_for() {
    let idp = registered().start().await;
    let code = code(&idp, &[("resource", "https://a.example")], "alice").await;
    assert_eq!(redeem(&idp, &code, &[("resource", "https://b.example")]).await.member("error"), "invalid_target");
    refused_by(&idp, Check::ResourceGranted);
    assert_eq!(
        claims(&redeem(&idp, &code, &[("resource", "")]).await.member("access_token"))["aud"],
        "https://a.example"
    );
}

#[tokio::test]
async fn the_password_grant_works_for_a_client_that_lists_it() {
    let mut old = Client::confidential("web", "s3cret");
    old.grant_types = Some(serde_json::from_str("[\"password\"]").expect("types"));
    let mut carol = User::new("carol");
    carol.password = Some("right".into());
    let mut mallory = User::new("mallory");
    mallory.locked = true;
    let idp = Emulator::builder().client(old).user(carol).user(mallory).start().await;
    let ask = async |user, password| {
        let form = [("grant_type", "password"), ("username", user), ("password", password), ("scope", "openid")];
        as_web(&idp, "/token", &form).await
    };
    assert_eq!(claims(&ask("carol", "right").await.member("id_token"))["amr"], serde_json::json!(["pwd"]));
    for (user, password, check) in [
        ("carol", "wrong", Check::PasswordMatches),
        ("nobody", "x", Check::PersonKnown),
        ("mallory", "x", Check::PersonMaySignIn),
    ] {
        assert_eq!(ask(user, password).await.member("error"), "invalid_grant");
        refused_by(&idp, check);
    }
}

#[tokio::test]
async fn a_lie_is_told_once_and_altered_is_exactly_what_it_says() {
    let idp = registered().start().await;
    idp.freeze(standin::UnixTime(1_800_000_000));
    let honest = claims(&tokens(&idp, &[], "alice").await.member("id_token"));
    idp.fault(standin::Fault::wrong_nonce().at("web").once());
    let mut lying = claims(&tokens(&idp, &[], "alice").await.member("id_token"));
    assert_eq!(lying["nonce"], "uhe-nonce");
    let decided = &idp.provider().journal().last().expect("an entry").applied;
    assert_eq!(decided[0].by, "idt.nonce.wrong");
    lying["nonce"] = honest["nonce"].clone();
    for own in ["sid", "at_hash"] {
        lying[own] = honest[own].clone();
    }
    assert_eq!(lying, honest, "everything else is as it would have been");
    assert_eq!(claims(&tokens(&idp, &[], "alice").await.member("id_token"))["nonce"], "the-nonce", "once is once");
}
