//! `--strict`: nothing that makes a fake convenient, and everything that a provider owes.

use std::time::Duration;

use serde_json::json;
use standin::{Check, Client, Emulator, Fault, Login};

use crate::harness::{Browser, CALLBACK, Control, as_web, ask, claims, code, redeem, refused_by, sign_in};

async fn strict() -> Emulator {
    Emulator::builder()
        .client(Client { ..Client::confidential("web", "s3cret").redirects_to(CALLBACK) })
        .with(|config| {
            config.strict = true;
            config.auto_login = Some("alice".into());
            config.seed = Some(7);
        })
        .start()
        .await
}

#[tokio::test]
async fn only_registered_apps_come_in_and_only_as_they_registered() {
    let open = Emulator::builder().with(|config| config.strict = true).start().await;
    let page = Browser::new().get(&ask(&open.issuer(), &[])).await;
    assert_eq!(page.status, 400);
    refused_by(&open, Check::ClientKnown);
    let web = Client {
        token_endpoint_auth_method: Some(standin::world::AuthMethod::ClientSecretBasic),
        ..Client::confidential("web", "s3cret").redirects_to(CALLBACK)
    };
    let idp = Emulator::builder().client(web).with(|config| config.strict = true).start().await;
    let form = [("grant_type", "client_credentials"), ("client_id", "web"), ("client_secret", "s3cret")];
    assert_eq!(crate::harness::as_anyone(&idp, "/token", &form).await.member("error"), "invalid_client");
    assert_eq!(as_web(&idp, "/token", &[("grant_type", "client_credentials")]).await.status, 200);
}

#[tokio::test]
async fn nobody_signs_in_without_a_page_and_nothing_is_told_otherwise() {
    let idp = strict().await;
    let control = Control::of(&idp);
    for (path, body) in [("/faults", json!({ "name": "idt.nonce.wrong" })), ("/next-logins", json!({ "as": "bob" }))] {
        let refused = control.call("POST", path, Some(body)).await;
        assert_eq!(refused.status, 422, "{path}");
        assert!(refused.text.contains("the provider is strict"), "{}", refused.text);
    }
    let page = Browser::new().get(&ask(&idp.issuer(), &[])).await;
    assert_eq!(page.status, 200, "auto_login has no effect: there is a page");
    assert_eq!(page.elements("button[name='lie'], button[value='server_error']"), 0);
    assert_eq!(page.elements("button[value='access_denied']"), 1, "a person may say no anywhere");
    let browser = Browser::new();
    let page = browser.get(&ask(&idp.issuer(), &[])).await;
    let form = [
        ("interaction", page.field("interaction")),
        ("username", "alice+bad-nonce@example.com".into()),
        ("password", "x".into()),
    ];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = browser.post(&format!("{}/sign-in", idp.issuer()), &form).await;
    let lied = answer.headers.get("location").is_some() && {
        let tokens = redeem(&idp, &answer.returned("code").expect("a code"), &[]).await;
        claims(&tokens.member("id_token"))["nonce"] != "the-nonce"
    };
    assert!(!lied, "no name means a lie");
    // What was on before it was strict says nothing any more.
    let idp = Emulator::builder().client(Client::confidential("web", "s3cret").redirects_to(CALLBACK)).start().await;
    idp.fault(Fault::wrong_nonce());
    idp.next_login(Login::by("bob"));
    idp.advance(Duration::from_hours(100));
    let config = Control::of(&idp).get("/config").await;
    let mut config = config;
    config["strict"] = json!(true);
    assert_eq!(Control::of(&idp).call("PUT", "/config", Some(config)).await.status, 200);
    let tokens = redeem(&idp, &code(&idp, &[], "alice").await, &[]).await;
    let told = claims(&tokens.member("id_token"));
    assert_eq!((told["nonce"].as_str(), told["sub"].as_str()), (Some("the-nonce"), Some("alice")));
    let real = standin::world::Clock::default().now().0;
    assert!((told["iat"].as_i64().expect("a time") - real).abs() < 60, "the time is everybody's");
}

#[tokio::test]
async fn codes_cannot_be_foretold_and_the_clock_cannot_be_moved() {
    let (one, other) = (strict().await, strict().await);
    let code_of =
        async |idp: &Emulator| sign_in(idp, &Browser::new(), &[], "alice").await.returned("code").expect("a code");
    assert_ne!(code_of(&one).await, code_of(&other).await, "seed has no effect");
    let control = Control::of(&one);
    for (method, path, body) in
        [("PUT", "/clock", json!({ "mode": "frozen" })), ("POST", "/clock/advance", json!({ "by": "1h" }))]
    {
        let refused = control.call(method, path, Some(body)).await;
        assert_eq!(refused.status, 409, "{path}: {}", refused.text);
    }
    let told = standin::config::parse(
        "a.toml",
        "strict = true\nseed = 7\nauto_login = \"alice\"",
        standin::config::Format::Toml,
    )
    .expect("a configuration");
    let notes: Vec<String> = told.notes(&told.scopes).iter().map(ToString::to_string).collect();
    assert!(
        notes.iter().any(|note| note.contains("key seed")) && notes.iter().any(|note| note.contains("key auto_login")),
        "{notes:?}"
    );
}
