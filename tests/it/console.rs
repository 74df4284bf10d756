//! The console: every view has its address and is whole without scripts; whatever it does, it does through the control API.

use serde_json::{Value, json};
use standin::{Check, Client, Emulator};

use crate::harness::{
    Answer, Browser, CHALLENGE, Control, VERIFIER, as_web, authorize_url, code, get, http, post, redeem, registered,
    send, sign_in,
};

async fn view(idp: &Emulator, path: &str) -> Answer {
    get(&format!("{}{path}", idp.issuer())).await
}

async fn control(idp: &Emulator, method: &str, path: &str) -> Answer {
    Control::of(idp).call(method, path, None).await
}

/// Presses a button of the console, as a browser without scripts does.
async fn press(idp: &Emulator, call: &str, fields: &[(&str, &str)]) -> Answer {
    let mut form = vec![("_call", call), ("_back", "/_console/faults")];
    form.extend(fields);
    Browser::new().post(&format!("{}/_console/call", idp.issuer()), &form).await
}

/// A sign-in with PKCE.
const PKCE: &[(&str, &str)] = &[("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];

const VIEWS: [&str; 9] = [
    "/_console/setup",
    "/_console/flows",
    "/_console/people",
    "/_console/apps",
    "/_console/sessions",
    "/_console/keys",
    "/_console/faults",
    "/_console/time",
    "/_console/lesson",
];

#[tokio::test]
async fn every_view_has_its_address_and_the_way_to_every_other() {
    let idp = registered().start().await;
    for path in VIEWS {
        let page = view(&idp, path).await;
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.elements("nav.rail a"), 9, "{path}");
        assert_eq!(page.elements("nav.rail a[aria-current]"), 1, "{path}");
        assert!(page.words().contains("The same by command and over HTTP"), "{path}");
        assert!(!page.text.contains("style=") && !page.text.contains("onclick"), "{path}: nothing inline");
        assert!(page.header("content-security-policy").contains("connect-src 'self'"), "{path}");
    }
    assert!(view(&idp, "/").await.words().contains("Point your app here"), "nobody has come yet");
    code(&idp, &[], "alice").await;
    assert!(view(&idp, "/").await.words().contains("What happened"), "somebody has");
    assert_eq!(view(&idp, "/_console/flows/77").await.status, 404);
    assert_eq!(view(&idp, "/_console/setup/cobol").await.status, 404);
}

#[tokio::test]
async fn a_flow_is_a_diagram_whose_every_message_is_explained() {
    let idp = registered().start().await;
    let browser = Browser::new();
    let answer = sign_in(&idp, &browser, PKCE, "alice").await;
    let tokens = redeem(&idp, &answer.returned("code").expect("a code"), &[("code_verifier", VERIFIER)]).await;
    get(&format!("{}/jwks", idp.issuer())).await;
    send(http().get(format!("{}/userinfo", idp.issuer())).bearer_auth(tokens.member("access_token"))).await;

    let drawn = control(&idp, "GET", "/flows/1/diagram").await.json();
    let told: Vec<String> = drawn["messages"].as_array().expect("messages").iter().map(told).collect();
    assert_eq!(
        told,
        [
            "ask: browser → app opens the app, inferred",
            "ask: browser → provider GET /authorize, observed",
            "sign_in: browser → provider POST /sign-in, observed",
            "code_returns: browser → app GET /callback, inferred",
            "redeem: app → provider POST /token, observed",
            "verify: app → provider GET /jwks, observed",
            "use: app → provider GET /userinfo, observed",
        ]
    );
    let redeemed = view(&idp, "/_console/flows/1?message=4&follow=code_verifier").await;
    let words = redeemed.words();
    for said in [
        "The app trades the code for tokens",
        VERIFIER,
        "The key to the locked box",
        "code_verifier belongs to code_challenge",
        "RFC 7636",
        "id_token, decoded",
        "Who vouches.",
        "left",
        "the verifier fits",
        "inferred",
        "curl -sS -i -X 'POST'",
    ] {
        assert!(words.contains(said), "{said}: {words}");
    }
    assert_eq!(redeemed.elements("ol a.msg"), 7);
    assert_eq!(redeemed.elements(".seq .ghost"), 2, "what was not seen is dotted");
}

fn told(message: &Value) -> String {
    let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
    format!("{}: {} → {} {}, {}", text("step"), text("from"), text("to"), text("label"), text("seen"))
}

#[tokio::test]
async fn a_value_is_followed_from_where_it_is_born_to_where_it_is_checked() {
    let idp = registered().start().await;
    let code = code(&idp, PKCE, "alice").await;
    redeem(&idp, &code, &[("code_verifier", VERIFIER)]).await;
    let drawn = control(&idp, "GET", "/flows/1/diagram").await.json();
    let threads: Vec<&str> =
        drawn["threads"].as_array().expect("threads").iter().filter_map(|thread| thread["name"].as_str()).collect();
    assert_eq!(threads, ["state", "nonce", "code", "code_verifier"]);
    let of_code = &drawn["threads"][2]["touches"];
    assert_eq!(of_code[0]["note"], "made here, and sent by the browser");
    assert_eq!(of_code[1], json!({"exchange": 3, "note": "redeemed: good, once", "checked": true}));
}

#[tokio::test]
async fn flows_are_found_by_person_app_error_and_any_value_that_travelled() {
    let idp = registered().start().await;
    let alices = code(&idp, &[("state", "alices-state")], "alice").await;
    let token = redeem(&idp, &alices, &[]).await.member("access_token");
    let bobs = code(&idp, &[], "bob").await;
    as_web(&idp, "/token", &[("grant_type", "authorization_code"), ("code", &bobs), ("code_verifier", VERIFIER)]).await;
    let listed = |query: String| {
        let idp = &idp;
        async move {
            let page = view(idp, &format!("/_console/flows?q={query}")).await;
            (page.elements("a.flow"), page.words().contains("Alice Adams"))
        }
    };
    assert_eq!(listed(String::new()).await, (2, true));
    for wanted in ["alice", "Alice", "alices-state", alices.as_str(), token.as_str()] {
        assert_eq!(listed(wanted.to_owned()).await, (1, true), "{wanted}");
    }
    for wanted in ["bob", "RedirectUriRepeated", "invalid_grant"] {
        assert_eq!(listed(wanted.to_owned()).await, (1, false), "{wanted}");
    }
    assert_eq!(listed("web".to_owned()).await, (2, true));
    assert_eq!(listed("nobody-at-all".to_owned()).await.0, 0);
}

#[tokio::test]
async fn documents_and_lost_requests_are_beside_the_sign_ins() {
    let idp = registered().start().await;
    get(&format!("{}/.well-known/openid-configuration", idp.issuer())).await;
    get(&format!("{}/favicon.ico", idp.issuer())).await;
    let page = view(&idp, "/_console/flows").await;
    assert_eq!(page.elements("a.flow"), 0);
    assert_eq!(page.elements(".beside li"), 2);
}

#[tokio::test]
async fn a_button_of_the_console_is_a_call_of_the_control_api() {
    let idp = registered().start().await;
    let done =
        press(&idp, "POST /faults", &[("name", "idt.nonce.wrong"), ("match.client", "web"), ("times:number", "2")])
            .await;
    assert_eq!((done.status, done.header("location")), (303, "/_console/faults"));
    let faults = control(&idp, "GET", "/faults").await.json();
    assert_eq!(
        (&faults[0]["name"], &faults[0]["match"]["client"], &faults[0]["times"]),
        (&json!("idt.nonce.wrong"), &json!("web"), &json!(2))
    );
    assert!(view(&idp, "/_console/faults").await.words().contains("2 to go"));

    press(&idp, "POST /clock/advance", &[("by", "1h")]).await;
    assert!(
        view(&idp, "/_console/time").await.words().contains("+60 min"),
        "{}",
        view(&idp, "/_console/time").await.words()
    );
    press(&idp, "POST /users", &[("sub", "dora"), ("name", "Dora Ek"), ("roles:words", "admin editor")]).await;
    assert_eq!(control(&idp, "GET", "/users/dora").await.json()["roles"], json!(["admin", "editor"]));
    press(&idp, "DELETE /users/dora", &[]).await;
    assert_eq!(control(&idp, "GET", "/users/dora").await.status, 404);
    press(&idp, "POST /keys/rotate", &[("grace", "1h")]).await;
    assert_eq!(
        view(&idp, "/_console/keys").await.elements("tbody tr"),
        control(&idp, "GET", "/keys").await.json().as_array().expect("keys").len()
    );

    let refused = press(&idp, "POST /faults", &[("name", "idt.nonce.worng")]).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.words().contains("That was not done") && refused.words().contains("idt.nonce.wrong"),
        "{}",
        refused.words()
    );
    assert_eq!(press(&idp, "GET /nowhere", &[]).await.status, 404);
    assert_eq!(press(&idp, "POST /faults", &[("times:number", "often")]).await.status, 422);
    let away = Browser::new()
        .post(&format!("{}/_console/call", idp.issuer()), &[("_call", "DELETE /faults"), ("_back", "//evil.example")])
        .await;
    assert_eq!(away.header("location"), "/_console", "no open redirect");
}

#[tokio::test]
async fn no_page_of_another_site_presses_a_button_here() {
    let idp = registered().start().await;
    let url = format!("{}/_console/call", idp.issuer());
    let foreign = http().post(&url).header("origin", "https://evil.example");
    assert_eq!(post(foreign, &[("_call", "DELETE /users/alice")]).await.status, 403);
    assert_eq!(control(&idp, "GET", "/users/alice").await.status, 200);
    let rebound = http().get(format!("{}/_console/flows", idp.issuer())).header("host", "evil.example.com");
    assert_eq!(send(rebound).await.status, 403);
}

#[tokio::test]
async fn nothing_that_a_client_sends_runs_in_the_console() {
    let idp = Emulator::start().await;
    let hostile = "\"><script>alert(1)</script><img src=x onerror=alert(2)>";
    let more = [
        ("client_id", hostile),
        ("state", hostile),
        ("nonce", hostile),
        ("scope", "openid <b>x</b>"),
        ("login_hint", hostile),
        ("acr_values", hostile),
    ];
    let page = Browser::new().get(&authorize_url(&idp, &more)).await;
    assert_eq!(page.status, 200, "{}", page.text);
    as_web(&idp, "/token", &[("grant_type", hostile), ("code", hostile), ("code_verifier", hostile)]).await;
    send(http().get(format!("{}/userinfo", idp.issuer())).bearer_auth("<script>alert(3)</script>")).await;
    let ids: Vec<u64> = control(&idp, "GET", "/flows")
        .await
        .json()
        .as_array()
        .expect("flows")
        .iter()
        .filter_map(|flow| flow["id"].as_u64())
        .collect();
    let mut paths: Vec<String> = VIEWS.iter().map(|view| (*view).to_owned()).collect();
    for id in &ids {
        paths.push(format!("/_console/flows/{id}"));
        paths.extend((0..6).map(|at| format!("/_console/flows/{id}?message={at}&follow=state")));
        paths.push(format!("/_console/flows/{id}/page.html"));
    }
    assert!(!ids.is_empty());
    for path in paths {
        let page = view(&idp, &path).await;
        assert!(!page.text.contains("<script>alert") && !page.text.contains("<img src=x"), "{path}");
        assert!(!page.text.contains("<b>x</b>"), "{path}");
    }
}

#[tokio::test]
async fn a_flow_leaves_as_one_file_that_opens_anywhere() {
    let idp = registered().start().await;
    let code = code(&idp, &[], "alice").await;
    redeem(&idp, &code, &[]).await;
    let file = view(&idp, "/_console/flows/1/page.html").await;
    assert!(file.header("content-disposition").contains("flow-1.html"));
    for outside in ["src=\"http", "href=\"/", "<link", "<script"] {
        assert!(!file.text.contains(outside), "{outside}");
    }
    assert!(
        file.words().contains("The app trades the code for tokens") && file.words().contains("CodeFresh"),
        "{}",
        file.words()
    );
    let test = view(&idp, "/_console/flows/1/export?as=playwright").await;
    assert!(test.text.contains("getByTestId(\"person-alice\")"), "{}", test.text);
    let mermaid = view(&idp, "/_console/flows/1/export?as=mermaid").await;
    assert!(mermaid.text.starts_with("sequenceDiagram"), "{}", mermaid.text);
}

#[tokio::test]
async fn the_sessions_view_shows_every_app_and_how_it_would_hear_of_the_end() {
    let uri: url::Url = "http://localhost:9/backchannel".parse().expect("a URL");
    let notes = Client {
        backchannel_logout_uri: Some(uri),
        name: Some("Acme Notes".into()),
        ..Client::confidential("web", "s3cret").redirects_to(crate::harness::CALLBACK)
    };
    let idp = Emulator::builder().client(notes).start().await;
    code(&idp, &[], "alice").await;
    let page = view(&idp, "/_console/sessions").await.words();
    assert!(page.contains("Alice Adams") && page.contains("Acme Notes hears about a logout by back channel"), "{page}");
    let sid = control(&idp, "GET", "/sessions").await.json()[0]["sid"].as_str().expect("a sid").to_owned();
    press(&idp, &format!("POST /sessions/{sid}/logout"), &[]).await;
    let page = view(&idp, "/_console/sessions").await.words();
    assert!(
        page.contains("Nobody is signed in") && page.contains("no answer") && page.contains("Send again"),
        "{page}"
    );
    let failed =
        control(&idp, "GET", "/events?event=logout_failed").await.json()[0]["number"].as_u64().expect("a number");
    let again = control(&idp, "POST", &format!("/logouts/{failed}/retry")).await;
    assert!(
        again.json()["exchange"].as_u64() > Some(failed),
        "told once more, and still nobody listens: {}",
        again.text
    );
    assert_eq!(control(&idp, "POST", "/logouts/1/retry").await.status, 404);
}

#[tokio::test]
async fn the_checklist_ticks_itself() {
    let idp = registered().start().await;
    let ticked = |page: &Answer| page.elements("[data-testid=checklist] li use");
    assert_eq!(ticked(&view(&idp, "/_console/setup").await), 0);
    get(&format!("{}/.well-known/openid-configuration", idp.issuer())).await;
    assert_eq!(ticked(&view(&idp, "/_console/setup").await), 1);
    let code = code(&idp, &[], "alice").await;
    let page = view(&idp, "/_console/setup").await;
    assert_eq!(ticked(&page), 2);
    assert!(page.words().contains("No code was redeemed yet"), "{}", page.words());
    let token = redeem(&idp, &code, &[]).await.member("access_token");
    get(&format!("{}/jwks", idp.issuer())).await;
    send(http().get(format!("{}/userinfo", idp.issuer())).bearer_auth(token)).await;
    assert_eq!(ticked(&view(&idp, "/_console/setup").await), 5);
}

#[tokio::test]
async fn snippets_carry_the_values_of_this_provider() {
    let idp = registered().start().await;
    let all = control(&idp, "GET", "/snippets").await.json();
    let all = all.as_array().expect("snippets");
    assert!(all.len() >= 14, "{}", all.len());
    for snippet in all {
        let name = snippet["name"].as_str().expect("a name");
        let text = snippet["text"].as_str().expect("a text");
        assert!(text.contains(&idp.issuer()), "{name} has no issuer: {text}");
        assert!(
            !text.contains('%')
                || !["%ISSUER%", "%CLIENT_ID%", "%CLIENT_SECRET%", "%APP%", "%REDIRECT_URI%"]
                    .iter()
                    .any(|left| text.contains(left)),
            "{name}"
        );
        for said in ["title", "place", "http", "docs"] {
            assert!(!snippet[said].as_str().expect(said).is_empty(), "{name} has no {said}");
        }
        assert!(
            view(&idp, &format!("/_console/setup/{name}"))
                .await
                .words()
                .contains(snippet["title"].as_str().expect("a title"))
        );
    }
    assert_eq!(control(&idp, "GET", "/snippets/cobol").await.status, 404);
}

#[tokio::test]
async fn a_realm_has_a_console_of_its_own() {
    let idp = registered().start().await;
    let worker = idp.realm("worker-1");
    worker.add_user(standin::User::new("wanda").claim("name", "Wanda")).expect("a user");
    let page = get(&format!("{}/_console/people", worker.issuer())).await;
    assert!(page.words().contains("Wanda"), "{}", page.words());
    assert!(!view(&idp, "/_console/people").await.words().contains("Wanda"));
    assert!(
        view(&idp, "/_console/people").await.text.contains(&format!("{}/_console", worker.issuer())),
        "the switch leads there"
    );
    Browser::new()
        .post(
            &format!("{}/_console/call", worker.issuer()),
            &[("_call", "DELETE /users/wanda"), ("_back", "/_console/people")],
        )
        .await;
    assert!(!get(&format!("{}/_console/people", worker.issuer())).await.words().contains("Wanda"));
}

#[tokio::test]
async fn a_refusal_is_read_with_the_check_that_failed_and_what_to_do() {
    let idp = registered().start().await;
    let code = code(&idp, PKCE, "alice").await;
    redeem(&idp, &code, &[("code_verifier", "another-verifier-that-is-long-enough-to-be-one-0000")]).await;
    let page = view(&idp, "/_console/flows/1").await;
    assert!(
        page.words().contains(Check::PkceMatches.name()) && page.words().contains("What to do"),
        "{}",
        page.words()
    );
}

#[tokio::test]
async fn a_lesson_ticks_itself_and_others_can_be_written() {
    let idp = registered().start().await;
    let ticked = async || view(&idp, "/_console/lesson").await.elements(".lesson .done");
    assert_eq!(ticked().await, 0);
    let answer = sign_in(&idp, &Browser::new(), PKCE, "alice").await;
    assert_eq!(ticked().await, 3, "asked, signed in, a code");
    redeem(&idp, &answer.returned("code").expect("a code"), &[("code_verifier", VERIFIER)]).await;
    assert_eq!(ticked().await, 4, "redeemed with PKCE");
    let lesson = json!({"title": "Bob", "steps": [
        {"title": "Bob signs in", "text": "Choose `bob` <b>.", "when": {"event": "signed_in", "where": {"user": "bob"}}},
        {"title": "A refusal", "text": "", "when": {"event": "refused", "where": {"check": "CodeKnown"}}},
    ]});
    let control = Control::of(&idp);
    assert_eq!(control.call("PUT", "/lessons/bob", Some(lesson.clone())).await.member("done"), "0");
    code(&idp, &[], "bob").await;
    let done = control.get("/lessons/bob").await;
    assert_eq!((&done["done"], done["steps"][1].get("done")), (&json!(1), None));
    let page = view(&idp, "/_console/lesson/bob").await;
    assert!(
        page.text.contains("<code>bob</code> &#60;b&#62;") && page.words().contains("1 of 2 done"),
        "{}",
        page.text
    );
    let odd = json!({"title": "x", "steps": [{"title": "x", "text": "x", "when": {"event": "signed_in", "where": {"held": "PkceMatch"}}}]});
    let (status, field, said) = control.problem("PUT", "/lessons/odd", odd).await;
    assert!(status == 422 && field == "where.held" && said.contains("PkceMatches"), "{field}: {said}");
    let file = crate::command_line::folder();
    std::fs::write(
        file.path().join("mine.toml"),
        "title = \"Mine\"\n[[step]]\ntitle = \"In\"\ntext = \"\"\nwhen = { event = \"signed_in\" }\n",
    )
    .expect("written");
    let url = format!("http://localhost:{}", idp.address().port());
    let put = tokio::task::spawn_blocking(move || {
        crate::command_line::run(file.path(), &["lesson", "--put", "mine.toml", "--url", &url])
    });
    let (status, said, errors) = put.await.expect("it ends");
    assert!(status == 0 && said.contains("✓ In") && said.contains("1 of 1 done"), "{said}{errors}");
}

/// What was told untruly is not called unchanged, and what was failed by hand is no success.
#[tokio::test]
async fn the_diagram_says_where_a_value_is_another_one() {
    let idp = registered().start().await;
    idp.fault(standin::Fault::wrong_state().once());
    code(&idp, &[("state", "the-state")], "alice").await;
    let drawn = Control::of(&idp).get("/flows/1/diagram").await;
    let state =
        drawn["threads"].as_array().expect("threads").iter().find(|thread| thread["name"] == "state").expect("state");
    let last = state["touches"].as_array().expect("touches").last().expect("one").clone();
    assert!(
        last["checked"] == false && last["note"].as_str().expect("a note").starts_with("another value: "),
        "{last}"
    );
    let nowhere: url::Url = "http://localhost:9/".parse().expect("a URL");
    let web = Client {
        backchannel_logout_uri: Some(nowhere),
        ..Client::confidential("web", "s3cret").redirects_to(crate::harness::CALLBACK)
    };
    let idp = Emulator::builder().client(web).start().await;
    code(&idp, &[], "alice").await;
    idp.fault(standin::Fault::named("lo.back.lost"));
    Control::of(&idp).post("/logouts", json!({"user": "alice"})).await;
    let why = Control::of(&idp).get("/flows/1/diagnosis").await;
    assert_eq!(why["diagnosis"]["rule"], "lie", "it is our own doing: {why}");
    let drawn = Control::of(&idp).get("/flows/1/diagram").await;
    assert!(
        drawn["messages"].as_array().expect("messages").iter().any(|message| message["seen"] == "missing"),
        "{drawn}"
    );
}

#[tokio::test]
async fn a_flow_whose_answer_was_failed_by_hand_is_no_success() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    let code = code(&idp, &[], "alice").await;
    control.call("PUT", "/breakpoints", Some(json!({"endpoints": ["token_endpoint"]}))).await;
    let (answer, ()) = tokio::join!(redeem(&idp, &code, &[]), async {
        let mut holds = json!([]);
        while holds == json!([]) {
            holds = control.get("/holds").await;
        }
        control.call("POST", &format!("/holds/{}/fail", holds[0]["id"]), Some(json!({"status": 500}))).await;
    });
    assert_eq!(answer.status, 500);
    let why = control.get("/flows/1/diagnosis").await;
    assert_eq!((&why["failed"], &why["ending"]), (&json!(true), &json!("the answer was 500")));
    for path in ["/_console/", "/_console/flows/", "/_console/flows/1/"] {
        assert_eq!(view(&idp, path).await.status, 200, "{path}");
    }
    let lesson = json!({"title": "Ümlaut", "steps": [{"title": "x", "text": "x", "when": {"event": "signed_in"}}]});
    assert_eq!(control.call("PUT", "/lessons/my%20l%C3%A4sson", Some(lesson)).await.status, 200);
    assert_eq!(view(&idp, "/_console/lesson/my%20l%C3%A4sson").await.status, 200);
}

/// What a stranger tripped over.
#[tokio::test]
async fn forms_lead_back_to_where_they_were_and_the_menu_to_every_realm() {
    let idp = registered().start().await;
    let page = view(&idp, "/_console/faults?q=nonce").await;
    assert!(page.text.contains("name=\"_back\" value=\"/_console/faults?q=nonce\""), "the search is not forgotten");
    assert!(page.elements("form button[type=submit][disabled]") == 1, "Enter in a field turns nothing on");
    let reloaded = Browser::new().get(&format!("{}/_console/call", idp.issuer())).await;
    assert_eq!((reloaded.status, reloaded.header("location")), (303, "/_console"));
    assert!(idp.journal().is_empty(), "and is no exchange");
    let worker = idp.realm("worker-1");
    let page = get(&format!("{}/_console/people", worker.issuer())).await;
    assert!(page.text.contains(&format!("href=\"{}/_console\"", idp.issuer())), "the way back to the first realm");
    for path in ["/_console/setup/cobol", "/_console/lesson/nope", "/_console/flows/77"] {
        let missing = view(&idp, path).await;
        assert!(missing.status == 404 && missing.elements("nav.rail a") == 9, "{path}");
    }
    Control::of(&idp).post("/next-logins", json!({"as": "bob"})).await;
    assert!(view(&idp, "/_console/faults").await.words().contains("Bob Reyes : the next sign-in"), "it says who");
    let strict = registered().start().await;
    let grafana = view(&strict, "/_console/setup/grafana").await.words();
    assert!(
        grafana.contains("Only registered apps are accepted") && grafana.contains("standin clients add"),
        "{grafana}"
    );
}

#[tokio::test]
async fn a_step_that_is_done_stays_done_when_the_journal_forgets() {
    let idp = registered().start().await;
    code(&idp, &[], "alice").await;
    let done = async || Control::of(&idp).get("/lessons/sign-in").await["done"].clone();
    assert_eq!(done().await, 3);
    Control::of(&idp).delete("/journal").await;
    assert_eq!(done().await, 3);
    Control::of(&idp).call("POST", "/reset", Some(json!({}))).await;
    assert_eq!(done().await, 0);
}
