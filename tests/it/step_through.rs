//! Step through: an answer that is decided waits until somebody lets it go, alters it, or has it fail.

use serde_json::{Value, json};
use standin::Emulator;

use crate::command_line::{folder, run};
use crate::harness::{Browser, Control, as_web, authorize_url, code, get, registered, sign_in};

/// Waits until so many answers are held; the oldest of them.
async fn held(idp: &Emulator, count: usize) -> Value {
    for _ in 0..2_000 {
        let holds = Control::of(idp).get("/holds").await;
        if holds.as_array().expect("a list").len() == count {
            return holds[0].clone();
        }
        tokio::task::yield_now().await;
    }
    panic!("there are never {count} held answers")
}

async fn asked_for_itself(idp: &Emulator) -> crate::harness::Answer {
    as_web(idp, "/token", &[("grant_type", "client_credentials")]).await
}

#[tokio::test]
async fn an_answer_waits_and_nothing_of_it_is_in_the_journal_until_it_goes() {
    let idp = registered().start().await;
    idp.freeze(idp.now());
    let control = Control::of(&idp);
    control.call("PUT", "/breakpoints", Some(json!({"endpoints": ["token_endpoint"]}))).await;
    let (answer, ()) = tokio::join!(asked_for_itself(&idp), async {
        let hold = held(&idp, 1).await;
        assert_eq!(
            (&hold["path"], &hold["client"], &hold["status"], &hold["back_channel"]),
            (&json!("/token"), &json!("web"), &json!(200), &json!(true))
        );
        assert!(hold["answer"].as_str().expect("text").contains("access_token"));
        assert!(idp.journal().is_empty(), "it was decided, and not answered");
        let console = get(&format!("{}/_console/flows", idp.issuer())).await.words();
        assert!(
            console.contains("POST /token web: the answer, 200, is held for 0 s") && console.contains("Continue"),
            "{console}"
        );
        assert_eq!(control.call("POST", &format!("/holds/{}/continue", hold["id"]), None).await.status, 204);
    });
    assert_eq!(answer.status, 200);
    assert_eq!(idp.journal().len(), 1);
    // Elsewhere nothing is held.
    assert_eq!(get(&format!("{}/jwks", idp.issuer())).await.status, 200);
}

#[tokio::test]
async fn an_answer_is_altered_by_hand_or_fails_and_the_journal_says_so() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    control.call("PUT", "/breakpoints", Some(json!({"endpoints": ["token_endpoint"]}))).await;
    let (answer, ()) = tokio::join!(asked_for_itself(&idp), async {
        let hold = held(&idp, 1).await;
        let edit = json!({"status": 418, "body": "{\"error\":\"teapot\"}", "headers": {"x-by-hand": "yes"}});
        assert_eq!(control.call("POST", &format!("/holds/{}/edit", hold["id"]), Some(edit)).await.status, 200);
    });
    assert_eq!((answer.status, answer.member("error").as_str(), answer.header("x-by-hand")), (418, "teapot", "yes"));
    let journal = idp.journal();
    assert_eq!(journal[0].status, 418);
    assert!(
        journal[0].trace.remarks.iter().any(|remark| remark.contains("altered by hand")),
        "{:?}",
        journal[0].trace.remarks
    );
    let (answer, ()) = tokio::join!(asked_for_itself(&idp), async {
        let hold = held(&idp, 1).await;
        control.call("POST", &format!("/holds/{}/fail", hold["id"]), Some(json!({}))).await;
    });
    assert_eq!(answer.status, 503);
}

#[tokio::test]
async fn the_way_back_to_the_app_is_held_and_altered_as_well() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    control.call("PUT", "/breakpoints", Some(json!({"endpoints": ["sign_in"]}))).await;
    let browser = Browser::new();
    let (answer, ()) = tokio::join!(sign_in(&idp, &browser, &[], "alice"), async {
        let hold = held(&idp, 1).await;
        assert!(hold["answer"].as_str().expect("text").contains("code=") && hold["back_channel"] == false);
        control
            .call(
                "POST",
                &format!("/holds/{}/edit", hold["id"]),
                Some(json!({"params": {"state": "another", "iss": ""}})),
            )
            .await;
    });
    assert_eq!(answer.returned("state").as_deref(), Some("another"));
    assert!(answer.returned("iss").is_none() && answer.returned("code").is_some());
}

#[tokio::test]
async fn whoever_goes_away_or_switches_it_off_leaves_nothing_behind() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    control.call("PUT", "/breakpoints", Some(json!({"all": true}))).await;
    tokio::select! {
        _ = asked_for_itself(&idp) => panic!("it is held"),
        _ = held(&idp, 1) => {}
    }
    held_none(&idp).await;
    let (first, second, ()) = tokio::join!(asked_for_itself(&idp), get_page(&idp), async {
        held(&idp, 2).await;
        control.call("PUT", "/breakpoints", Some(json!({}))).await;
    });
    assert_eq!((first.status, second), (200, 200));
    code(&idp, &[], "alice").await;
    assert_eq!(control.call("POST", "/holds/77/continue", None).await.status, 404);
    let (status, field, said) = control.problem("PUT", "/breakpoints", json!({"endpoints": ["token_endpont"]})).await;
    assert!(status == 422 && field == "endpoints" && said.contains("Did you mean `token_endpoint`?"), "{said}");
    let (status, field, _) = control.problem("POST", "/holds/77/edit", json!({"status": 99})).await;
    assert_eq!((status, field.as_str()), (422, "status"));
}

async fn get_page(idp: &Emulator) -> u16 {
    Browser::new().get(&authorize_url(idp, &[])).await.status
}

async fn held_none(idp: &Emulator) {
    for _ in 0..2_000 {
        if Control::of(idp).get("/holds").await == json!([]) {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("whoever went away is still waited for")
}

#[tokio::test]
async fn it_is_said_how_long_the_app_will_wait() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    control.call("PUT", "/breakpoints", Some(json!({"endpoints": ["token_endpoint"]}))).await;
    let ask = |agent: &'static str| {
        let request = crate::harness::http().post(format!("{}/token", idp.issuer())).basic_auth("web", Some("s3cret"));
        let request = request.header("user-agent", agent);
        tokio::spawn(async move { crate::harness::post(request, &[("grant_type", "client_credentials")]).await })
    };
    let app = ask("python-httpx/0.28.1");
    let hold = held(&idp, 1).await;
    assert_eq!(hold["patience"], json!({"seconds": 5, "said": "httpx waits 5 s, unless the app says otherwise."}));
    // It goes away, which says more than any rule.
    app.abort();
    held_none(&idp).await;
    let app = ask("python-httpx/0.28.1");
    let hold = held(&idp, 1).await;
    assert!(hold["patience"]["said"].as_str().expect("words").starts_with("It gave up after"), "{hold}");
    let console = get(&format!("{}/_console/flows", idp.issuer())).await.words();
    assert!(console.contains("The app waits for it. It gave up after"), "{console}");
    control.call("POST", &format!("/holds/{}/continue", hold["id"]), None).await;
    assert_eq!(app.await.expect("no panic").status, 200);
}

#[tokio::test]
async fn the_command_line_holds_and_lets_go() {
    let idp = registered().start().await;
    let step = |args: &'static [&'static str]| {
        let url = format!("http://localhost:{}", idp.address().port());
        async move {
            let done = tokio::task::spawn_blocking(move || {
                run(folder().path(), &[&["step"], args, &["--url", &url]].concat())
            });
            done.await.expect("it ends")
        }
    };
    assert_eq!(step(&["continue"]).await.0, 1, "nothing is held");
    assert_eq!(step(&["on", "--at", "token_endpoint"]).await.0, 0);
    let (answer, ()) = tokio::join!(asked_for_itself(&idp), async {
        held(&idp, 1).await;
        let (_, listed, _) = step(&["list"]).await;
        assert!(listed.contains("/token") && listed.contains("web"), "{listed}");
        assert_eq!(step(&["fail", "--status", "500"]).await.0, 0);
    });
    assert_eq!(answer.status, 500);
    let (answer, ()) = tokio::join!(asked_for_itself(&idp), async {
        held(&idp, 1).await;
        assert_eq!(step(&["off"]).await.0, 0);
    });
    assert_eq!(answer.status, 200);
}
