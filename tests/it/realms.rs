//! Realms: whole providers of their own behind one door.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use standin::{Config, Emulator, Fault, Login};

use crate::harness::{Answer, Browser, CALLBACK, Control, ask, claims, get, header, http, redeem_at, registered, send};

/// Signs in without a page and redeems; the ID token's claims.
async fn signed_in(issuer: &str, request: &str) -> Value {
    let answer = Browser::new().get(request).await;
    let code = answer.returned("code").unwrap_or_else(|| panic!("no code: {} {}", answer.status, answer.text));
    claims(&redeem_at(issuer, &code).await.member("id_token"))
}

#[tokio::test]
async fn a_realm_is_a_provider_of_its_own() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    let made = control.post("/realms", json!({ "name": "worker-3", "ttl": "1h" })).await;
    let issuer = format!("{}/r/worker-3", idp.issuer());
    assert_eq!(made["issuer"], issuer.as_str());
    assert!(made["until"].as_i64().is_some());

    let document = get(&format!("{issuer}/.well-known/openid-configuration")).await.json();
    assert_eq!(document["issuer"], issuer.as_str());
    assert_eq!(document["token_endpoint"], format!("{issuer}/token"));
    let rfc_8414 = get(&format!("{}/.well-known/oauth-authorization-server/r/worker-3", idp.issuer())).await;
    assert_eq!(rfc_8414.json()["issuer"], issuer.as_str());

    let worker = Control::of_realm(&idp, "worker-3");
    worker.post("/users", json!({ "sub": "zoe", "name": "Zoe" })).await;
    worker.post("/next-logins", json!({ "as": "zoe" })).await;
    let id_token = signed_in(&issuer, &ask(&issuer, &[])).await;
    assert_eq!((&id_token["iss"], &id_token["sub"]), (&json!(issuer), &json!("zoe")));

    let subs =
        |users: &Value| users.as_array().expect("users").iter().map(|user| user["sub"].to_string()).collect::<Vec<_>>();
    assert!(!subs(&control.get("/users").await).contains(&"\"zoe\"".into()), "the first realm knows nobody of hers");
    assert!(control.get("/flows").await.as_array().expect("flows").is_empty(), "nor what happened there");
    let below = control.get("/realms/worker-3/flows").await;
    assert_eq!(below[0]["user"], "zoe", "the path says the same as the header");
    control.delete("/realms/worker-3").await;
    assert_eq!(get(&format!("{issuer}/jwks")).await.status, 404);
}

#[tokio::test]
async fn an_unknown_realm_is_never_made_by_a_typing_mistake() {
    let idp = registered().start().await;
    idp.realm("worker-3");
    let answer = get(&format!("{}/r/worker3/.well-known/openid-configuration", idp.issuer())).await;
    assert_eq!(answer.status, 404);
    assert!(answer.member("error_description").contains("worker-3"), "{}", answer.text);
    let page = send(http().get(format!("{}/r/worker3/authorize", idp.issuer())).header("accept", "text/html")).await;
    assert!(page.status == 404 && page.words().contains("worker-3"), "{}", page.words());
    let by_header = send(http().get(format!("{}/jwks", idp.issuer())).header("standin-realm", "worker3")).await;
    assert_eq!(by_header.status, 404);
    let names = Control::of(&idp).get("/realms").await;
    assert_eq!(names.as_array().expect("realms").len(), 2);
    let (status, _, detail) = Control::of_realm(&idp, "worker3").problem("GET", "/users", json!({})).await;
    assert!(status == 404 && detail.contains("worker-3"), "{detail}");
}

#[tokio::test]
async fn names_and_places_are_checked() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    idp.realm("a");
    for (body, status, field) in [
        (json!({}), 422, "name"),
        (json!({ "name": "default" }), 422, "name"),
        (json!({ "name": "../etc" }), 422, "name"),
        (json!({ "name": "a b" }), 422, "name"),
        (json!({ "name": "a" }), 409, "name"),
        (json!({ "name": "b", "public_url": idp.issuer() }), 409, "public_url"),
        (json!({ "name": "b", "ttl": "soon" }), 422, "ttl"),
        (json!({ "name": "b", "usr": [] }), 422, "usr"),
    ] {
        let (got, what, detail) = control.problem("POST", "/realms", body.clone()).await;
        assert_eq!((got, what.as_str()), (status, field), "{body}: {detail}");
    }
}

#[tokio::test]
async fn issuers_with_several_segments_host_names_and_ports() {
    let idp = registered().realm(Config { name: Some("teams/red".into()), ..Config::default() }).start().await;
    let port = idp.address().port();
    let open = |name: &str, url: &str| {
        idp.open_realm(&Config { name: Some(name.into()), public_url: Some(url.into()), ..Config::default() })
            .expect("a realm")
    };
    open("tenant", &format!("http://localhost:{port}/tenants/acme/v2.0"));
    open("host", &format!("http://acme.localhost:{port}"));
    let own = idp.open_realm(&Config { name: Some("port".into()), port: 0, ..Config::default() }).expect("a realm");
    for issuer in
        [format!("{}/r/teams/red", idp.issuer()), format!("http://localhost:{port}/tenants/acme/v2.0"), own.issuer()]
    {
        let document = get(&format!("{issuer}/.well-known/openid-configuration")).await.json();
        assert_eq!(document["issuer"], issuer.as_str());
        let id_token = {
            let realm = ["teams/red", "tenant", "port"].into_iter().map(|name| idp.realm(name));
            let realm = realm.into_iter().find(|realm| realm.issuer() == issuer).expect("the realm");
            realm.next_login(Login::by("bob"));
            signed_in(&issuer, &ask(&issuer, &[])).await
        };
        assert_eq!(id_token["iss"], issuer.as_str());
    }
    let by_host = http().get(format!("http://127.0.0.1:{port}/.well-known/openid-configuration"));
    let by_host = send(by_host.header("host", format!("acme.localhost:{port}"))).await.json();
    assert_eq!(by_host["issuer"], format!("http://acme.localhost:{port}"));
    assert_ne!(own.issuer(), idp.issuer());
    assert!(idp.close_realm("port"));
}

#[tokio::test]
async fn a_browser_with_a_ticket_is_in_its_realm_though_the_app_knows_one_issuer() {
    let idp = registered().start().await;
    let root = idp.issuer();
    let (one, other) = (idp.realm("one"), idp.realm("other"));
    one.next_login(Login::by("alice").claim("email", "one@example.com"));
    other.next_login(Login::by("bob"));
    for (realm, user) in [("one", "alice"), ("other", "bob")] {
        let ticket = Control::of(&idp).post(&format!("/realms/{realm}/tickets"), json!({})).await;
        let browser = Browser::new();
        let led =
            browser.get(&format!("{}?return_to=http://localhost:3000/", ticket["url"].as_str().expect("a URL"))).await;
        assert_eq!((led.status, led.header("location")), (303, "http://localhost:3000/"));
        assert_eq!(browser.cookie(ticket["cookie"].as_str().expect("a name")).as_deref(), ticket["value"].as_str());
        let answer = browser.get(&ask(&root, &[])).await;
        let tokens = redeem_at(&root, &answer.returned("code").expect("a code")).await;
        let id_token = claims(&tokens.member("id_token"));
        assert_eq!(
            (&id_token["iss"], &id_token["sub"]),
            (&json!(root), &json!(user)),
            "the app sees the issuer that it knows"
        );
        let bearer = tokens.member("access_token");
        let about = send(http().get(format!("{root}/userinfo")).bearer_auth(bearer)).await;
        assert_eq!(about.member("sub"), user);
        assert_eq!(idp.realm(realm).flows().len(), 1);
    }
    assert!(idp.flows().is_empty(), "the first realm saw none of it");
}

#[tokio::test]
async fn tickets_lead_nowhere_foreign() {
    let idp = registered().start().await;
    idp.realm("one");
    let ticket = Control::of(&idp).post("/realms/one/tickets", json!({})).await;
    let url = ticket["url"].as_str().expect("a URL");
    for (to, status) in
        [("https://evil.example/", 400), ("javascript:alert(1)", 400), (CALLBACK, 303), ("http://127.0.0.1:9/", 303)]
    {
        let answer = Browser::new().get(&format!("{url}?return_to={to}")).await;
        assert_eq!(answer.status, status, "{to}");
    }
    assert_eq!(Browser::new().get(&format!("{}/ticket/guessed", idp.issuer())).await.status, 404);
}

#[tokio::test]
async fn a_login_hint_or_a_header_leads_to_a_realm() {
    let idp = registered().start().await;
    let root = idp.issuer();
    let worker = idp.realm("worker-3");
    let id_token = signed_in(&root, &ask(&root, &[("login_hint", "worker-3/alice+mfa@example.com")])).await;
    assert_eq!(id_token["amr"], json!(["pwd", "otp", "mfa"]));
    assert_eq!(worker.flows()[0].user.as_deref(), Some("alice"));

    worker.next_login(Login::by("bob"));
    let browser = Browser::new();
    let answer: Answer = browser.send(http().get(ask(&root, &[])).header("standin-realm", "worker-3")).await;
    let code = answer.returned("code").expect("a code");
    assert_eq!(claims(&redeem_at(&root, &code).await.member("id_token"))["sub"], "bob");
    assert!(idp.flows().is_empty());
}

#[tokio::test]
async fn an_app_that_knows_one_issuer_finds_the_keys_of_every_realm_there() {
    let idp = registered().start().await;
    let root = idp.issuer();
    let worker = idp.realm("worker-3");
    let kids = async || {
        let set = send(http().get(format!("{root}/jwks"))).await.json();
        let keys = set["keys"].as_array().expect("keys").iter();
        keys.map(|key| key["kid"].as_str().expect("a kid").to_owned()).collect::<Vec<_>>()
    };
    let before = kids().await;
    worker.rotate_keys().expect("a key");
    let browser = Browser::new();
    let answer = browser.get(&ask(&root, &[("login_hint", "worker-3/alice+mfa@example.com")])).await;
    let id_token = redeem_at(&root, &answer.returned("code").expect("a code")).await.member("id_token");
    let signed_by = header(&id_token)["kid"].as_str().expect("a kid").to_owned();
    assert!(!before.contains(&signed_by));
    assert_eq!(kids().await, [before.clone(), vec![signed_by]].concat());
    assert!(idp.close_realm("worker-3"));
    assert_eq!(kids().await, before);
}

#[tokio::test]
async fn an_app_that_knows_one_issuer_signs_out_of_the_realm_that_signed_in() {
    let idp = registered().start().await;
    let root = idp.issuer();
    let worker = idp.realm("worker-3");
    let browser = Browser::new();
    let answer = browser.get(&ask(&root, &[("login_hint", "worker-3/alice+mfa@example.com")])).await;
    let tokens = redeem_at(&root, &answer.returned("code").expect("a code")).await;
    assert_eq!(worker.sessions().await.expect("sessions").len(), 1);
    let hint = tokens.member("id_token");
    let page = browser.get(&format!("{root}/logout?id_token_hint={hint}&client_id=web")).await;
    assert_eq!((page.status, worker.sessions().await.expect("sessions").len()), (200, 0), "{}", page.text);
}

/// As a real browser does it: cookies have paths, and the longest comes first.
#[tokio::test]
async fn a_browser_that_is_known_at_the_root_signs_in_at_a_realm() {
    let idp = registered().start().await;
    let (root, realm, nested) = (idp.issuer(), idp.realm("a").issuer(), idp.realm("a/b").issuer());
    let _ = http();
    let browser = reqwest::Client::builder()
        .cookie_store(true)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client");
    for issuer in [&root, &realm, &nested, &realm, &root] {
        let page =
            browser.get(ask(issuer, &[("prompt", "login")])).send().await.expect("a page").text().await.expect("text");
        let interaction =
            page.split("name=\"interaction\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a form");
        let form = format!("interaction={interaction}&sub=alice");
        let post =
            browser.post(format!("{issuer}/sign-in")).header("content-type", "application/x-www-form-urlencoded");
        let answer = post.body(form).send().await.expect("an answer");
        assert_eq!(answer.status(), 303, "{issuer}");
        let silent = browser.get(ask(issuer, &[("prompt", "none")])).send().await.expect("an answer");
        assert!(silent.headers()["location"].to_str().is_ok_and(|to| to.contains("code=")), "{issuer}");
    }
}

#[tokio::test]
async fn what_one_issuer_gave_is_good_at_no_other() {
    let idp = registered().start().await;
    let (root, worker) = (idp.issuer(), idp.realm("worker-3"));
    worker.next_login(Login::by("alice").times(2));
    let code = |answer: Answer| answer.returned("code").expect("a code");
    let of_worker = code(Browser::new().get(&ask(&worker.issuer(), &[])).await);
    assert_eq!(redeem_at(&root, &of_worker).await.status, 400);
    let of_worker = code(Browser::new().get(&ask(&worker.issuer(), &[])).await);
    let token = redeem_at(&worker.issuer(), &of_worker).await.member("access_token");
    assert_eq!(send(http().get(format!("{root}/userinfo")).bearer_auth(&token)).await.status, 401);

    let as_guest = code(Browser::new().get(&ask(&root, &[("login_hint", "worker-3/alice+mfa")])).await);
    assert_eq!(redeem_at(&worker.issuer(), &as_guest).await.status, 400, "it was given in the first issuer's name");
}

#[tokio::test]
async fn a_ticket_of_a_closed_realm_leads_nowhere_else() {
    let idp = registered().start().await;
    idp.realm("one");
    let ticket = Control::of(&idp).post("/realms/one/tickets", json!({})).await;
    let browser = Browser::new();
    browser.get(ticket["url"].as_str().expect("a URL")).await;
    idp.close_realm("one");
    assert_eq!(browser.get(&ask(&idp.issuer(), &[])).await.status, 404);
}

#[tokio::test]
async fn the_longest_place_that_fits_is_meant() {
    let idp = registered().start().await;
    let port = idp.address().port();
    for (name, path) in [("alpha", "/t"), ("beta", "/t/long")] {
        let url = Some(format!("http://localhost:{port}{path}"));
        idp.open_realm(&Config { name: Some(name.into()), public_url: url, ..Config::default() }).expect("a realm");
    }
    let document = get(&format!("http://localhost:{port}/t/long/.well-known/openid-configuration")).await;
    assert_eq!(document.member("issuer"), format!("http://localhost:{port}/t/long"));
    for (path, key, value) in [
        ("/_control/v1", "", ""),
        ("/authorize", "", ""),
        ("/r/else", "", ""),
        ("", "keys", "x"),
        ("", "host", "0.0.0.0"),
    ] {
        let mut body = json!({ "name": "odd" });
        if key.is_empty() {
            body["public_url"] = format!("http://localhost:{port}{path}").into();
        } else {
            body[key] = value.into();
        }
        let (status, ..) = Control::of(&idp).problem("POST", "/realms", body.clone()).await;
        assert!(matches!(status, 409 | 422), "{body}: {status}");
    }
}

#[tokio::test]
async fn a_port_is_free_again_when_its_realm_is_closed() {
    let idp = registered().start().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    let open = |name: &str, ttl: &str| {
        let ttl = Some(ttl.parse().expect("a time"));
        idp.open_realm(&Config { name: Some(name.into()), port: free, ttl, ..Config::default() })
    };
    open("brief", "0").expect("a realm");
    let next = open("next", "1h").expect("the port of a realm whose time is over");
    assert_eq!(
        get(&format!("{}/.well-known/openid-configuration", next.issuer())).await.member("issuer"),
        next.issuer()
    );
}

#[tokio::test]
async fn a_realm_closes_when_its_time_is_over() {
    let idp = registered().start().await;
    let config = Config { name: Some("brief".into()), ttl: Some("0".parse().expect("no time")), ..Config::default() };
    let brief = idp.open_realm(&config).expect("a realm");
    assert_eq!(get(&format!("{}/jwks", brief.issuer())).await.status, 404);
    idp.open_realm(&config).expect("its name is free again");
}

#[tokio::test]
async fn what_a_realm_does_not_say_is_as_in_the_first() {
    let text = "
        access_token_typ = \"at+jwt\"
        [[user]]
        sub = \"alice\"
        [[client]]
        id = \"web\"
        secret = \"s3cret\"
        redirect_uris = [\"http://localhost:3000/callback\"]
        [[realm]]
        name = \"red\"
        signing_alg = \"ES256\"
        [[realm]]
        name = \"blue\"
        auto_login = \"bert\"
        [[realm.user]]
        sub = \"bert\"
    ";
    let config = standin::config::parse("standin.toml", text, standin::config::Format::Toml).expect("a configuration");
    let idp = Emulator::builder().config(config, "standin.toml").with(|config| config.port = 0).start().await;
    let (red, blue) = (idp.realm("red"), idp.realm("blue"));
    red.next_login(Login::by("alice"));
    let answer = Browser::new().get(&ask(&red.issuer(), &[])).await;
    let token = redeem_at(&red.issuer(), &answer.returned("code").expect("a code")).await.member("id_token");
    assert_eq!(crate::harness::header(&token)["alg"], "ES256");
    assert_eq!(signed_in(&blue.issuer(), &ask(&blue.issuer(), &[])).await["sub"], "bert");
}

#[tokio::test]
async fn a_thousand_realms_are_no_problem() {
    let idp = registered().start().await;
    for n in 0..1_000 {
        idp.realm(&format!("worker-{n}"));
    }
    for n in [0, 499, 999] {
        let realm = idp.realm(&format!("worker-{n}"));
        realm.next_login(Login::by("alice").claim("nickname", n));
        let id_token = signed_in(&realm.issuer(), &ask(&realm.issuer(), &[])).await;
        assert_eq!(id_token["iss"], realm.issuer().as_str());
    }
    let control = Control::of(&idp);
    let page = control.get("/realms").await.as_array().expect("realms").clone();
    let last = page.last().and_then(|realm| realm["name"].as_str()).expect("a name").to_owned();
    let rest = control.get(&format!("/realms?after={last}")).await.as_array().expect("realms").len();
    assert_eq!((page.len(), rest), (1_000, 1));
}

/// Each worker has a realm, a fault and a time of its own, and sees nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn eight_workers_do_not_disturb_each_other() {
    const FAULTS: [&str; 4] = ["idt.nonce.wrong", "idt.aud.wrong", "idt.iss.wrong", "id.sub.changed"];
    let idp = std::sync::Arc::new(registered().workers(2).start().await);
    let workers = (0..8_usize).map(|worker| {
        let idp = std::sync::Arc::clone(&idp);
        tokio::spawn(async move {
            let name = format!("worker-{worker}");
            let control = Control::of(&idp);
            control.post("/realms", json!({ "name": name })).await;
            let control = Control::of_realm(&idp, &name);
            let now = 1_800_000_000 + i64::try_from(worker).expect("small") * 86_400;
            control.call("PUT", "/clock", Some(json!({ "mode": "frozen", "at": now }))).await;
            if worker < FAULTS.len() {
                control.post("/faults", json!({ "name": FAULTS[worker] })).await;
            }
            let realm = idp.realm(&name);
            for round in 0..50 {
                let user = if round % 2 == 0 { "alice" } else { "bob" };
                let state = format!("{worker}-{round}");
                realm.next_login(Login::by(user));
                let answer = Browser::new().get(&ask(&realm.issuer(), &[("state", &state)])).await;
                assert_eq!(answer.returned("state").as_deref(), Some(state.as_str()));
                let tokens = redeem_at(&realm.issuer(), &answer.returned("code").expect("a code")).await;
                let id_token = claims(&tokens.member("id_token"));
                let lie = FAULTS.get(worker).copied();
                let wrong = |fault: &str, wrong: &str, right: &str| {
                    if lie == Some(fault) { wrong.to_owned() } else { right.to_owned() }
                };
                assert_eq!(id_token["nonce"], wrong("idt.nonce.wrong", "uhe-nonce", "the-nonce"));
                assert_eq!(id_token["aud"], wrong("idt.aud.wrong", "another-client", "web"));
                assert_eq!(
                    id_token["iss"],
                    wrong("idt.iss.wrong", &realm.issuer().replace("localhost", "mocalhost"), &realm.issuer())
                );
                assert_eq!(
                    id_token["sub"],
                    wrong("id.sub.changed", if user == "alice" { "blice" } else { "cob" }, user)
                );
                assert_eq!(id_token["iat"], now, "each worker's clock stands at its own time");
            }
            let flows = control.get("/flows").await;
            let flows = flows.as_array().expect("flows");
            assert_eq!(flows.len(), 50);
            let states: BTreeSet<&str> = flows.iter().filter_map(|flow| flow["state"].as_str()).collect();
            assert!(
                states.len() == 50 && states.iter().all(|state| state.starts_with(&format!("{worker}-"))),
                "{states:?}"
            );
            let others = flows.iter().flat_map(|flow| flow["decided_by"].as_array().expect("a list"));
            assert!(
                others
                    .into_iter()
                    .all(|by| by["by"] == "next-login" || FAULTS.get(worker).is_some_and(|fault| by["by"] == *fault))
            );
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.expect("the worker is content");
    }
    assert!(idp.flows().is_empty(), "nobody came to the first realm");
}

#[tokio::test]
async fn a_mix_up_needs_two_realms() {
    let idp = registered().start().await;
    let attacker = idp.realm("attacker");
    let honest = idp.issuer();
    let control = Control::of_realm(&idp, "attacker");
    control.post("/faults", json!({ "name": "mix.as_swap", "times": 1 })).await;
    let sent = Browser::new().get(&ask(&attacker.issuer(), &[])).await;
    assert_eq!(sent.status, 303);
    assert!(sent.header("location").starts_with(&format!("{honest}/authorize?")), "{}", sent.header("location"));
    idp.next_login(Login::by("alice"));
    let back = Browser::new().get(sent.header("location")).await;
    assert_eq!(back.returned("iss").as_deref(), Some(honest.as_str()), "a careful app sees whose code it is");

    attacker.fault(Fault::named("mix.metadata_confusion"));
    let document = get(&format!("{}/.well-known/openid-configuration", attacker.issuer())).await.json();
    assert_eq!(document["authorization_endpoint"], format!("{honest}/authorize"));
    assert_eq!(document["token_endpoint"], format!("{}/token", attacker.issuer()));
    let (status, field, _) = Control::of(&idp).problem("POST", "/faults", json!({ "name": "mix.as_swap" })).await;
    assert_eq!((status, field.as_str()), (422, "with.issuer"), "the first realm has no other by itself");
    let decided = idp.realm("attacker").journal();
    assert!(decided.iter().any(|entry| entry.applied.iter().any(|decided| decided.by == "mix.as_swap")));
}

#[tokio::test]
async fn a_port_is_free_for_the_next_realm_as_soon_as_one_is_gone() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    for _ in 0..3 {
        let realm = control.post("/realms", json!({ "name": "alone", "port": free })).await;
        assert_eq!(realm["issuer"], format!("http://localhost:{free}"));
        assert_eq!(get(&format!("http://localhost:{free}/jwks")).await.status, 200);
        control.delete("/realms/alone").await;
    }
}

#[tokio::test]
async fn a_form_without_a_cookie_that_names_a_guest_realm_is_asked_again_there() {
    let idp = registered().start().await;
    idp.realm("worker");
    let browser = Browser::new();
    let query = ask(&idp.issuer(), &[("login_hint", "worker/bob")]);
    let (url, query) = query.split_once('?').expect("a query");
    let form: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let again = browser.post(url, &form).await;
    assert_eq!(again.status, 303, "{}", again.text);
    let page = browser.get(&format!("{}{}", idp.issuer(), again.header("location"))).await;
    assert_eq!(page.status, 200, "{}", page.words());
    assert!(page.words().contains("realm worker"), "{}", page.words());
}
