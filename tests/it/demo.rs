//! `standin demo`: two apps that share a sign-in, an API that knows `read` and `write`, and a token server for programs.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::command_line::{folder, standin};
use crate::harness::{Answer, Browser, http, send};

/// The demo, running on ports of its own.
pub(crate) struct Demo {
    child: Child,
    pub(crate) issuer: String,
    pub(crate) notes: String,
    calendar: String,
    pub(crate) api: String,
    _folder: tempfile::TempDir,
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Demo {
    pub(crate) fn start(environment: &[(&str, &str)]) -> Self {
        let folder = folder();
        let mut command = standin(folder.path(), &["demo", "--port", "0", "--json"]);
        let mut child = command
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut next =
            || -> Value { serde_json::from_str(&lines.next().expect("a line").expect("text")).expect("JSON") };
        let issuer = next()["issuer"].as_str().expect("an issuer").to_owned();
        let mut app = || next()["url"].as_str().expect("a URL").trim_end_matches('/').to_owned();
        let (notes, calendar, api) = (app(), app(), app());
        // The rest is nobody's, but the pipe must not break.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, issuer, notes, calendar, api, _folder: folder }
    }

    pub(crate) async fn control(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = http().request(method, format!("{}/_control/v1{path}", self.issuer));
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        send(request).await
    }

    async fn fault(&self, fault: Value) {
        let on = self.control("POST", "/faults", Some(fault)).await;
        assert_eq!(on.status, 201, "{}", on.text);
    }

    async fn token(&self, spec: Value) -> String {
        let minted = self.control("POST", "/tokens", Some(spec)).await;
        assert_eq!(minted.status, 200, "{}", minted.text);
        minted.member("token")
    }

    async fn api(&self, method: &str, path: &str, token: Option<&str>) -> Answer {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = http().request(method, format!("{}{path}", self.api)).body("hello");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        send(request).await
    }
}

/// A person with a browser, at one of the apps.
pub(crate) struct Person<'a> {
    demo: &'a Demo,
    browser: Browser,
}

impl<'a> Person<'a> {
    pub(crate) fn at(demo: &'a Demo) -> Self {
        Self { demo, browser: Browser::new() }
    }

    /// Presses a button of an app and goes wherever that leads, choosing alice and agreeing to everything.
    pub(crate) async fn press(&self, app: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        let (mut answer, mut at) = (self.browser.post(&format!("{app}{path}"), form).await, app.to_owned());
        for _ in 0..12 {
            let away = answer.header("location").to_owned();
            if away.is_empty() && !answer.text.contains("name=\"interaction\"") {
                return answer;
            }
            if away.is_empty() {
                at.clone_from(&self.demo.issuer);
                answer = self.answer(&answer).await;
                continue;
            }
            if let Ok(url) = url::Url::parse(&away) {
                at = url.origin().ascii_serialization();
            }
            answer = self.browser.get(&if away.starts_with('/') { format!("{at}{away}") } else { away }).await;
        }
        panic!("{path} goes round in circles");
    }

    async fn answer(&self, page: &Answer) -> Answer {
        let interaction = page.field("interaction");
        let issuer = &self.demo.issuer;
        if page.text.contains("data-testid=\"allow\"") {
            let all = ["openid", "profile", "email", "roles", "groups", "offline_access", "read", "write"];
            let mut form = vec![("interaction", interaction.as_str()), ("decision", "allow")];
            form.extend(all.map(|scope| ("scope", scope)));
            return self.browser.post(&format!("{issuer}/consent"), &form).await;
        }
        self.browser.post(&format!("{issuer}/sign-in"), &[("interaction", &interaction), ("sub", "alice")]).await
    }

    async fn sees(&self, app: &str) -> String {
        self.browser.get(&format!("{app}/")).await.words()
    }
}

#[tokio::test]
async fn one_sign_in_is_good_for_both_apps_and_three_logouts_differ() {
    let demo = Demo::start(&[]);
    let (notes, calendar) = (demo.notes.as_str(), demo.calendar.as_str());
    let person = Person::at(&demo);
    assert!(person.press(notes, "/sign-in", &[]).await.words().contains("Hello, Alice Adams"));
    let before =
        demo.control("GET", "/events?event=sign_in_asked", None).await.json().as_array().expect("a list").len();
    assert!(person.press(calendar, "/sign-in", &[]).await.words().contains("Hello, Alice Adams"));
    let asked = demo.control("GET", "/events?event=sign_in_asked", None).await.json().as_array().expect("a list").len();
    assert_eq!(asked, before, "the second app asks nobody");

    // Here only: the app forgets, the provider does not.
    let left = person.press(notes, "/sign-out", &[]).await.words();
    assert!(left.contains("Only this app’s cookie is gone"), "{left}");
    assert!(person.sees(calendar).await.contains("Hello"), "the other app is not concerned");
    assert!(person.press(notes, "/sign-in", &[]).await.words().contains("Hello, Alice Adams"), "straight back in");

    // Here and at the provider: the other app cannot be told, and stays.
    let left = person.press(notes, "/sign-out-at-provider", &[]).await.words();
    assert!(
        left.contains("Acme Calendar: The provider’s message that the sign-in is over found no endpoint here (404)."),
        "{left}"
    );
    assert!(person.sees(calendar).await.contains("Hello"), "it was not told");
    let failed = demo.control("GET", "/events?event=logout_failed", None).await.json();
    assert_eq!((&failed[0]["client"], &failed[0]["status"]), (&json!("calendar-web"), &json!(404)));

    // Everywhere.
    person.press(notes, "/sign-in", &[]).await;
    person.press(calendar, "/sign-in", &[]).await;
    let left = person.press(notes, "/sign-out-everywhere", &[]).await.words();
    assert!(
        left.contains("Acme Calendar: The provider told this app, server to server, that the sign-in is over"),
        "{left}"
    );
    let other = person.sees(calendar).await;
    assert!(other.contains("You are not signed in") && other.contains("The provider told this app"), "{other}");
}

#[tokio::test]
async fn the_api_says_what_is_missing_and_the_app_asks_for_it() {
    let demo = Demo::start(&[]);
    let notes = demo.notes.as_str();
    let person = Person::at(&demo);
    person.press(notes, "/sign-in", &[]).await;
    let read = person.press(notes, "/call", &[("path", "/blobs")]).await.words();
    assert!(read.contains("GET /blobs 200") && read.contains("{\"blobs\":[]}"), "{read}");
    let put = [("method", "PUT"), ("path", "/blobs/note"), ("body", "hello")];
    let refused = person.press(notes, "/call", &put).await.words();
    assert!(
        refused.contains("403") && refused.contains("insufficient_scope") && refused.contains("Ask for write"),
        "{refused}"
    );
    person.press(notes, "/sign-in", &[("scope", "write")]).await;
    assert!(person.press(notes, "/call", &put).await.words().contains("PUT /blobs/note 201"));
    let all = [("method", "DELETE"), ("path", "/blobs")];
    let weak = person.press(notes, "/call", &all).await.words();
    assert!(weak.contains("insufficient_user_authentication") && weak.contains("acr 2"), "{weak}");
    person.press(notes, "/sign-in", &[("scope", "write"), ("acr_values", "2"), ("max_age", "300")]).await;
    let done = person.press(notes, "/call", &all).await.words();
    assert!(done.contains("DELETE /blobs 204"), "{done}");
    let token = demo.control("GET", "/events?event=code_redeemed&bytes=true", None).await.json();
    let first = token[0]["response"]["body"].as_str().expect("tokens").to_owned();
    let renewed = person.press(notes, "/refresh", &[]).await.words();
    assert!(renewed.contains("Hello, Alice Adams"), "{renewed}");
    assert!(!first.is_empty());
    // The API's calls are in the flow of the sign-in, drawn as seen.
    let flows = demo.control("GET", "/flows?event=api_refused", None).await.json();
    let id = flows[0]["id"].as_u64().expect("a flow");
    let well = demo.control("GET", &format!("/flows/{id}/diagnosis"), None).await.json();
    assert_eq!(well["failed"], false, "what an API refuses is no failure of the sign-in: {well}");
    let drawn = demo.control("GET", &format!("/flows/{id}/diagram"), None).await.json();
    assert!(drawn.to_string().contains("403 refused"), "{drawn}");
    let messages = drawn["messages"].as_array().expect("messages");
    assert!(messages.iter().any(|message| message["to"] == "api"
        && message["seen"] == "observed"
        && message["label"] == "PUT /blobs/note"));
}

#[tokio::test]
async fn each_app_shows_every_check_and_one_that_is_off_lets_a_lie_through() {
    let demo = Demo::start(&[]);
    let notes = demo.notes.as_str();
    let person = Person::at(&demo);
    let shown = person.press(notes, "/sign-in", &[]).await.words();
    for check in ["state", "iss of the answer", "signature", "aud", "exp", "nonce", "at_hash", "sub of UserInfo"] {
        assert!(shown.contains(&format!("{check} held:")), "{check}: {shown}");
    }
    let lies = [
        ("idt.nonce.wrong", "nonce", &["state", "pkce", "signature"][..]),
        ("idt.sig.corrupt", "signature", &["state", "nonce", "pkce"]),
    ];
    for (lie, check, others) in lies {
        person.press(notes, "/sign-out", &[]).await;
        demo.fault(json!({"name": lie, "times": 1})).await;
        let noticed = person.press(notes, "/sign-in", &[]).await;
        assert_eq!(noticed.status, 400, "{lie}");
        assert!(noticed.words().contains(&format!("{check} failed:")), "{lie}: {}", noticed.words());
        let on: Vec<(&str, &str)> = others.iter().map(|name| ("on", *name)).collect();
        person.press(notes, "/switches", &on).await;
        demo.fault(json!({"name": lie, "times": 1})).await;
        let believed = person.press(notes, "/sign-in", &[]).await.words();
        assert!(believed.contains("Hello, Alice Adams") && believed.contains("(switched off)"), "{lie}: {believed}");
        person
            .press(notes, "/switches", &[("on", "state"), ("on", "nonce"), ("on", "pkce"), ("on", "signature")])
            .await;
    }
    // Every other check cannot be switched off, and notices.
    for lie in [
        "idt.aud.wrong",
        "idt.iss.wrong",
        "idt.exp.past",
        "idt.at_hash.wrong",
        "ui.sub.differs",
        "authz.state.wrong",
        "authz.iss.wrong",
        "authz.iss.missing",
    ] {
        person.press(notes, "/sign-out", &[]).await;
        demo.fault(json!({"name": lie, "times": 1})).await;
        assert_eq!(person.press(notes, "/sign-in", &[]).await.status, 400, "{lie}");
        demo.control("DELETE", "/faults", None).await;
    }
}

#[tokio::test]
async fn the_api_believes_good_tokens_and_no_others() {
    let demo = Demo::start(&[]);
    let spec = |more: Value| {
        let mut spec = json!({"as": "alice", "client": "notes-web", "scope": "read write", "audience": demo.api});
        spec.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        spec
    };
    let good = demo.token(spec(json!({}))).await;
    assert_eq!(demo.api("PUT", "/blobs/a", Some(&good)).await.status, 201);
    assert_eq!(demo.api("PUT", "/blobs/a", Some(&good)).await.status, 204);
    assert_eq!(demo.api("GET", "/blobs/a", Some(&good)).await.text, "hello");
    assert_eq!(demo.api("GET", "/blobs", Some(&good)).await.json(), json!({"blobs": ["a"]}));
    assert_eq!(demo.api("DELETE", "/blobs/a", Some(&good)).await.status, 204);
    assert_eq!(demo.api("GET", "/blobs/a", Some(&good)).await.status, 404);
    let metadata = demo.api("GET", "/.well-known/oauth-protected-resource", None).await.json();
    assert_eq!((&metadata["resource"], &metadata["authorization_servers"][0]), (&json!(demo.api), &json!(demo.issuer)));

    let nobody = demo.api("GET", "/blobs", None).await;
    assert_eq!(nobody.status, 401);
    let challenge = nobody.header("www-authenticate");
    assert!(challenge.contains("resource_metadata=") && !challenge.contains("error="), "RFC 6750 3.1: {challenge}");
    let (header, rest) = good.split_once('.').expect("a JWT");
    let altered = format!("{header}.{}", rest.replacen('a', "b", 1));
    let for_another = demo.token(spec(json!({"audience": "http://another.example"}))).await;
    let expired = demo.token(spec(json!({"ttl": "-1h"}))).await;
    let id_token = demo.token(spec(json!({"kind": "id"}))).await;
    for (what, token) in [
        ("altered", altered.as_str()),
        ("for another", &for_another),
        ("expired", &expired),
        ("an ID token", &id_token),
        ("invented", "my-own"),
    ] {
        let refused = demo.api("GET", "/blobs", Some(token)).await;
        assert_eq!(refused.status, 401, "{what}: {}", refused.text);
        assert!(
            refused.header("www-authenticate").contains("error=\"invalid_token\""),
            "{what}: {}",
            refused.header("www-authenticate")
        );
    }
    // Asked about, a refresh token is active, and a token for another API is: neither opens this one.
    demo.control("PATCH", "/clients/notes-web", Some(json!({"access_token_format": "opaque"}))).await;
    let mine = demo.token(spec(json!({}))).await;
    assert!(!mine.contains('.') && demo.api("GET", "/blobs", Some(&mine)).await.status == 200, "{mine}");
    let anothers = demo.token(spec(json!({"audience": "http://another.example"}))).await;
    assert_eq!(demo.api("GET", "/blobs", Some(&anothers)).await.status, 401);
    let person = Person::at(&demo);
    person.press(&demo.notes, "/sign-in", &[]).await;
    let redeemed = demo.control("GET", "/events?event=code_redeemed&bytes=true", None).await.json();
    let tokens: Value = serde_json::from_str(redeemed[0]["response"]["body"].as_str().expect("a body")).expect("JSON");
    let refresh = tokens["refresh_token"].as_str().expect("a refresh token");
    assert_eq!(demo.api("GET", "/blobs", Some(refresh)).await.status, 401, "a refresh token opens nothing");
    let sure = [("scope", "write"), ("acr_values", "2"), ("max_age", "300")];
    person.press(&demo.notes, "/sign-in", &sure).await;
    let all = person.press(&demo.notes, "/call", &[("method", "DELETE"), ("path", "/blobs")]).await.words();
    assert!(all.contains("DELETE /blobs 204"), "a sure sign-in is known of an opaque token: {all}");
    demo.control("PATCH", "/clients/notes-web", Some(json!({"access_token_format": "jwt"}))).await;
    // A key that is new is learnt, and the old token is still good.
    demo.control("POST", "/keys/rotate", Some(json!({"grace": "1h"}))).await;
    let by_new_key = demo.token(spec(json!({}))).await;
    assert_eq!(demo.api("GET", "/blobs", Some(&by_new_key)).await.status, 200);
    assert_eq!(demo.api("GET", "/blobs", Some(&good)).await.status, 200);
}

#[tokio::test]
async fn the_api_lies_on_request_as_the_catalogue_says() {
    let demo = Demo::start(&[]);
    let token = demo.token(json!({"as": "alice", "client": "notes-web", "scope": "read", "audience": demo.api})).await;
    let lies = [
        ("api.401", 401, "invalid_token", ""),
        ("api.401.no_challenge", 401, "", ""),
        ("api.403", 403, "insufficient_scope", ""),
        ("api.403.no_scope", 403, "", ""),
        ("api.429", 429, "", "2"),
        ("api.503", 503, "", "2"),
        ("api.audience", 401, "audience", ""),
        ("api.clock", 401, "expired", ""),
    ];
    for (lie, status, challenge, retry_after) in lies {
        demo.fault(json!({"name": lie, "times": 1, "match": {"client": "notes-web"}})).await;
        let answer = demo.api("GET", "/blobs", Some(&token)).await;
        assert_eq!((answer.status, answer.header("retry-after")), (status, retry_after), "{lie}");
        let sent = answer.header("www-authenticate");
        assert!(if challenge.is_empty() { sent.is_empty() } else { sent.contains(challenge) }, "{lie}: {sent}");
        assert_eq!(demo.api("GET", "/blobs", Some(&token)).await.status, 200, "{lie} was told once");
        let told = demo.control("GET", "/events?event=api_refused", None).await.json();
        let told = told.as_array().and_then(|all| all.last()).cloned().unwrap_or_default();
        assert_eq!(told["decided_by"][0]["by"], lie);
    }
    demo.fault(json!({"name": "api.cut", "times": 1})).await;
    let cut = http().get(format!("{}/blobs", demo.api)).bearer_auth(&token).send().await.expect("a head");
    assert_eq!(cut.status(), 200);
    assert!(cut.bytes().await.is_err(), "the answer breaks off");
    demo.fault(json!({"name": "api.401", "match": {"client": "another"}})).await;
    assert_eq!(demo.api("GET", "/blobs", Some(&token)).await.status, 200, "the lie is for another app");
}

#[tokio::test]
async fn an_app_that_refreshes_for_ever_is_found_out() {
    let demo = Demo::start(&[]);
    let person = Person::at(&demo);
    person.press(&demo.notes, "/sign-in", &[]).await;
    demo.fault(json!({"name": "api.401"})).await;
    for _ in 0..5 {
        person.press(&demo.notes, "/call", &[("path", "/blobs")]).await;
        person.press(&demo.notes, "/refresh", &[]).await;
    }
    let flows = demo.control("GET", "/flows?event=token_refreshed", None).await.json();
    let id = flows[0]["id"].as_u64().expect("a flow");
    let why = demo.control("GET", &format!("/flows/{id}/diagnosis"), None).await.json();
    assert_eq!(why["diagnosis"]["rule"], "refresh_loop", "{why}");
    assert!(
        why["diagnosis"]["sentence"].as_str().expect("a sentence").starts_with("The app refreshed 5 times in "),
        "{why}"
    );
}

#[tokio::test]
async fn a_token_of_the_environment_is_given_to_its_client_and_opens_everything_that_it_should() {
    let demo = Demo::start(&[("STANDIN_STATIC_TOKEN", "my-first-token")]);
    let token = |secret: &'static str, client: &'static str| {
        let request = http().post(format!("{}/token", demo.issuer)).basic_auth(client, Some(secret));
        crate::harness::post(request, &[("grant_type", "client_credentials")])
    };
    let given = token("token-client-secret", "token-client").await;
    assert_eq!(
        given.json(),
        json!({"access_token": "my-first-token", "token_type": "Bearer", "expires_in": 315_360_000, "scope": "openid read"})
    );
    assert_eq!(token("guessed", "token-client").await.member("error"), "invalid_client");
    let another = token("notes-web-secret", "notes-web").await;
    assert_ne!(another.member("access_token"), "my-first-token", "it is bound to one client");

    let asked = http().post(format!("{}/introspect", demo.issuer)).basic_auth("notes-api", Some("notes-api-secret"));
    let asked = crate::harness::post(asked, &[("token", "my-first-token")]).await.json();
    assert_eq!(
        (&asked["active"], &asked["sub"], &asked["client_id"], &asked["scope"]),
        (&json!(true), &json!("alice"), &json!("token-client"), &json!("openid read"))
    );
    let about = send(http().get(format!("{}/userinfo", demo.issuer)).bearer_auth("my-first-token")).await;
    assert_eq!(about.member("sub"), "alice");
    assert_eq!(demo.api("GET", "/blobs", Some("my-first-token")).await.status, 200);
    let refused = demo.api("PUT", "/blobs/a", Some("my-first-token")).await;
    assert!(refused.status == 403 && refused.header("www-authenticate").contains("scope=\"write\""));
    assert_eq!(demo.api("GET", "/blobs", Some("my-second-token")).await.status, 401);

    let revoke = http().post(format!("{}/revoke", demo.issuer)).basic_auth("token-client", Some("token-client-secret"));
    assert_eq!(crate::harness::post(revoke, &[("token", "my-first-token")]).await.status, 200);
    assert_eq!(demo.api("GET", "/blobs", Some("my-first-token")).await.status, 401, "a revoked token is revoked");
    assert_eq!(
        token("token-client-secret", "token-client").await.member("error"),
        "invalid_grant",
        "and given to nobody"
    );
    demo.control("POST", "/reset", Some(json!({}))).await;
    assert_eq!(demo.api("GET", "/blobs", Some("my-first-token")).await.status, 200, "and a reset begins anew");
}

#[test]
fn a_static_token_is_written_alone_or_with_what_it_is_bound_to_and_mistakes_are_told() {
    let folder = folder();
    let check = |environment: &[(&str, &str)]| {
        let mut command = standin(folder.path(), &["check"]);
        let output = command.envs(environment.iter().copied()).output().expect("it runs");
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    };
    let bound = [
        ("STANDIN_STATIC_TOKEN__TOKEN", "foo"),
        ("STANDIN_STATIC_TOKEN__SUB", "bob"),
        ("STANDIN_STATIC_TOKEN__SCOPE", "read write"),
    ];
    assert_eq!(check(&bound).0, Some(0), "{}", check(&bound).1);
    for (text, said) in
        [("a b", "is no bearer token"), ("{\"sub\": \"bob\"}", "has no `token`"), ("a.b.c", "looks like a JWT")]
    {
        let (code, errors) = check(&[("STANDIN_STATIC_TOKEN", text)]);
        assert!(code == Some(3) && errors.contains(said) && !errors.contains("untagged"), "{text}: {errors}");
    }
    std::fs::write(folder.path().join("standin.toml"), "static_token = { tokn = \"x\" }\n").expect("written");
    let (code, errors) = check(&[]);
    assert!(code == Some(3) && errors.contains("tokn") && !errors.contains("untagged"), "{errors}");
}
