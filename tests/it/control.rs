//! The control API: people and apps at run time, problems that name the field, and a description that is true.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{Browser, Control, authorize_url, code, get, http, redeem, registered, send};

#[tokio::test]
async fn people_are_added_changed_and_removed() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    let zoe = json!({ "sub": "zoe", "name": "Zoe", "roles": ["admin"] });
    assert_eq!(control.post("/users", zoe.clone()).await, zoe);
    assert!(!code(&idp, &[], "zoe").await.is_empty(), "and sign in at once");
    let (status, field, _) = control.problem("POST", "/users", zoe).await;
    assert_eq!((status, field.as_str()), (409, "sub"));

    let patched =
        control.call("PATCH", "/users/zoe", Some(json!({ "name": null, "email": "z@example.com" }))).await.json();
    assert_eq!(patched, json!({ "sub": "zoe", "roles": ["admin"], "email": "z@example.com" }));
    let put = control.call("PUT", "/users/zoe", Some(json!({ "name": "Zoe again" }))).await.json();
    assert_eq!(put, json!({ "sub": "zoe", "name": "Zoe again" }));
    assert_eq!(control.get("/users/zoe").await, put);
    control.delete("/users/zoe").await;
    assert_eq!(control.call("GET", "/users/zoe", None).await.status, 404);
    for (method, path, body, status, field) in [
        ("POST", "/users", json!({ "name": "nobody" }), 422, "sub"),
        ("POST", "/users", json!({ "sub": "x", "passwrd": "y" }), 422, "passwrd"),
        ("POST", "/users", json!({ "sub": "ü" }), 422, "ü"),
        ("POST", "/users", json!({ "sub": "x", "iss": "me" }), 422, "iss"),
        ("PUT", "/users/bob", json!({ "sub": "rob" }), 422, "sub"),
        ("PATCH", "/users/bob", json!({ "sub": "rob" }), 422, "sub"),
        ("PATCH", "/users/nobody", json!({}), 404, ""),
        ("POST", "/users", json!([1]), 422, ""),
    ] {
        let (got, what, detail) = control.problem(method, path, body.clone()).await;
        assert_eq!((got, what.as_str()), (status, field), "{method} {path} {body}: {detail}");
    }
    let broken = http().post(format!("{}/_control/v1/users", idp.issuer())).header("content-type", "application/json");
    assert_eq!(send(broken.body("{\"sub\": ")).await.status, 400);
}

#[tokio::test]
async fn apps_are_registered_changed_and_removed() {
    let idp = standin::Emulator::start().await;
    let control = Control::of(&idp);
    assert_eq!(control.get("/info").await["accepts_any_client"], true);
    let web = json!({ "client_id": "web", "client_secret": "s3cret", "redirect_uris": [crate::harness::CALLBACK] });
    control.post("/clients", web).await;
    assert_eq!(control.get("/info").await["accepts_any_client"], false, "from now on no other is accepted");
    assert_eq!(redeem(&idp, &code(&idp, &[], "alice").await, &[]).await.status, 200);
    let foreign = Browser::new().get(&authorize_url(&idp, &[("client_id", "other")])).await;
    assert_eq!(foreign.status, 400);

    control.call("PATCH", "/clients/web", Some(json!({ "secret": "new" }))).await;
    assert_eq!(redeem(&idp, &code(&idp, &[], "alice").await, &[]).await.status, 401);
    for (method, path, body, status, field) in [
        ("POST", "/clients", json!({ "id": "web" }), 409, "id"),
        ("POST", "/clients", json!({ "id": "x", "redirect_uri": "y" }), 422, "redirect_uri"),
        ("POST", "/clients", json!({ "id": "x", "redirect_uris": "y" }), 422, "redirect_uris"),
        ("POST", "/clients", json!({ "id": "x", "redirect_uris": ["y"] }), 422, "y"),
        ("POST", "/clients", json!({ "id": "x", "grant_types": ["explicit"] }), 422, "grant_types[0]"),
        ("PUT", "/clients/web", json!({ "id": "other" }), 422, "id"),
        ("PATCH", "/clients/none", json!({}), 404, ""),
    ] {
        let (got, what, detail) = control.problem(method, path, body.clone()).await;
        assert_eq!((got, what.as_str()), (status, field), "{method} {path} {body}: {detail}");
    }
    let (.., detail) = control.problem("POST", "/clients", json!({ "id": "x", "redirect_uri": "y" })).await;
    assert!(detail.contains("Did you mean `redirect_uris`"), "{detail}");
    control.delete("/clients/web").await;
    assert_eq!(control.get("/info").await["accepts_any_client"], true);
}

#[tokio::test]
async fn the_whole_configuration_is_read_and_replaced() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    let mut config = control.get("/config").await;
    assert_eq!(config["client"][0]["secret"], "s3cret");
    config["lifetimes"]["access_token"] = "5m".into();
    assert_eq!(control.call("PUT", "/config", Some(config.clone())).await.status, 200);
    let answer = redeem(&idp, &code(&idp, &[], "alice").await, &[]).await;
    assert_eq!(answer.member("expires_in"), "300");
    config["lifetimes"]["access_token"] = "soon".into();
    let (status, field, _) = control.problem("PUT", "/config", config).await;
    assert_eq!((status, field.as_str()), (422, "lifetimes.access_token"));
}

#[tokio::test]
async fn rules_that_make_no_sense_are_explained() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    for (path, body, field, said) in [
        ("/next-logins", json!({}), "as", "who signs in"),
        ("/next-logins", json!({ "as": "nobody" }), "as", "alice"),
        ("/next-logins", json!({ "as": "bob", "fail": "access_denied" }), "fail", "nobody's"),
        ("/next-logins", json!({ "fail": "no" }), "fail", "access_denied"),
        ("/next-logins", json!({ "as": "bob", "fault": "idt.nonce.wrng" }), "fault", "idt.nonce.wrong"),
        ("/next-logins", json!({ "as": "bob", "times": 0 }), "times", "never"),
        ("/next-logins", json!({ "as": "bob", "match": { "clnt": "web" } }), "match.clnt", "`client`"),
        ("/faults", json!({}), "name", "missing"),
        ("/faults", json!({ "name": "nonce" }), "name", "no fault"),
        ("/faults", json!({ "name": "net.flaky", "rate": 2 }), "rate", "0 to 1"),
        ("/faults", json!({ "name": "net.flaky", "every": 0 }), "every", "always"),
        ("/faults", json!({ "name": "net.latency", "with": { "delay": "soon" } }), "with.delay", "soon"),
        ("/faults", json!({ "name": "net.flaky", "match": { "endpoint": "tokn" } }), "match.endpoint", "token"),
        ("/faults", json!({ "name": "mix.as_swap", "with": { "realm": "none" } }), "with.realm", "no realm"),
    ] {
        let (status, what, detail) = control.problem("POST", path, body.clone()).await;
        assert_eq!((status, what.as_str()), (422, field), "{body}: {detail}");
        assert!(detail.contains(said), "{body}: {detail}");
    }
    for (path, method) in [("/faults/7", "DELETE"), ("/faults/x", "DELETE"), ("/next-logins/7", "DELETE")] {
        assert_eq!(control.call(method, path, None).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_as_well() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    let (status, _, detail) = control.problem("GET", "/user", Value::Null).await;
    assert!(status == 404 && detail.contains("/_control/v1/users"), "{detail}");
    let answer = control.call("PUT", "/reset", None).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
    assert!(answer.member("detail").contains("only POST"), "{}", answer.text);
    assert_eq!(control.call("GET", "/users/%ff", None).await.header("content-type"), "application/problem+json");
    assert_eq!(control.call("POST", "/reset", None).await.status, 200, "no body is an empty one");
    let (status, ..) = control.problem("POST", "/logouts", json!(["alice"])).await;
    assert_eq!(status, 422, "a list is no object");
    for (path, body, field) in [
        ("/faults", json!({ "name": "net.flaky", "ttl": "0" }), "ttl"),
        ("/realms", json!({ "name": "x", "ttl": "0" }), "ttl"),
        ("/expect", json!({ "event": "refused", "where": { "check": "None" } }), "where.check"),
        ("/expect", json!({ "event": "refused", "where": { "endpoint": "tokn" } }), "where.endpoint"),
        ("/next-logins", json!({ "as": "bob", "match": { "user": "bob" } }), "match.user"),
    ] {
        let (status, what, detail) = control.problem("POST", path, body).await;
        assert_eq!((status, what.as_str()), (422, field), "{detail}");
    }
    let (status, field, _) = control.problem("PUT", "/config", json!({ "port": 1 })).await;
    assert_eq!((status, field.as_str()), (422, "port"), "the port is what it is");
    let patched = control.call("PATCH", "/clients/web", Some(json!({ "client_secret": "other" }))).await;
    assert_eq!(patched.member("secret"), "other", "the registered names mean the same");
}

#[tokio::test]
async fn the_catalogue_is_machine_readable() {
    let catalog = Control::of(&registered().start().await).get("/faults/catalog").await;
    let faults = catalog["faults"].as_array().expect("faults");
    let ids: BTreeSet<&str> = faults.iter().filter_map(|fault| fault["name"].as_str()).collect();
    assert_eq!(ids.len(), faults.len(), "each id once");
    for fault in faults {
        for member in ["sentence", "correct", "section", "verdict"] {
            assert!(fault[member].as_str().is_some_and(|text| !text.is_empty()), "{fault}");
        }
        assert!(fault["section"].as_str().is_some_and(|link| link.starts_with("https://")), "{fault}");
        assert!(!fault["altered"].as_array().expect("a list").is_empty(), "{fault}");
    }
    for identity in catalog["test_identities"].as_array().expect("identities") {
        assert!(identity["example"].as_str().is_some_and(|text| text.starts_with("alice+")), "{identity}");
    }
}

#[tokio::test]
async fn beyond_loopback_or_with_a_token_nothing_is_told_without_it() {
    let idp = registered().control_token(Some("hush".into())).start().await;
    let base = format!("{}/_control/v1", idp.issuer());
    for path in ["/users", "/flows", "/events", "/config", "/info", "/clock", "/realms", "/realms/default/users"] {
        assert_eq!(get(&format!("{base}{path}")).await.status, 401, "{path}");
        assert_eq!(send(http().get(format!("{base}{path}")).bearer_auth("wrong")).await.status, 401, "{path}");
        assert_eq!(send(http().get(format!("{base}{path}")).bearer_auth("hush")).await.status, 200, "{path}");
    }
    for path in ["/health", "/ready", "/schema", "/openapi.json"] {
        assert_eq!(get(&format!("{base}{path}")).await.status, 200, "{path}");
    }
    for name in ["origin", "host"] {
        let foreign = http().get(format!("{base}/flows")).bearer_auth("hush").header(name, "evil.example");
        assert_eq!(send(foreign).await.status, 403, "a page of another site reads nothing: {name}");
    }
}

/// Every operation of the document is called, with names that are there, and answers as the document says.
#[tokio::test]
async fn the_description_is_true() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    idp.realm("one");
    code(&idp, &[], "alice").await;
    control
        .call("PATCH", "/clients/web", Some(json!({ "initiate_login_uri": "https://notes.example.com/begin" })))
        .await;
    let document = control.get("/openapi.json").await;
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().expect("paths");
    let mut ids = BTreeSet::new();
    let mut called = 0;
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().expect("methods") {
            assert!(ids.insert(operation["operationId"].as_str().expect("an id").to_owned()), "{path} {method}");
            let named = path.split('/').filter(|part| part.starts_with('{')).count();
            let described =
                operation["parameters"].as_array().expect("parameters").iter().filter(|p| p["in"] == "path").count();
            assert_eq!(named, described, "{path}");
            if method == "get" && !path.contains("/flows/{id}") && !path.contains("snapshots/{name}") {
                let path =
                    path.replace("snippets/{name}", "snippets/flask").replace("lessons/{name}", "lessons/sign-in");
                let path = path.replace("{realm}", "default").replace("{sub}", "alice").replace("{id}", "web");
                let answer = control.call("GET", path.strip_prefix("/_control/v1").expect("the prefix"), None).await;
                assert_eq!(answer.status, 200, "{path}: {}", answer.text);
                check(
                    &document,
                    &operation["responses"]["200"]["content"]["application/json"]["schema"],
                    &answer.json(),
                    &path,
                );
                called += 1;
            }
        }
    }
    assert!(called > 30, "{called}");
    references(&document, &document);
}

/// Every reference leads somewhere.
fn references(document: &Value, part: &Value) {
    match part {
        Value::Object(members) => {
            if let Some(Value::String(to)) = members.get("$ref") {
                let pointer = to.strip_prefix('#').unwrap_or_else(|| panic!("{to}"));
                assert!(document.pointer(pointer).is_some(), "{to}");
            }
            members.values().for_each(|part| references(document, part));
        }
        Value::Array(items) => items.iter().for_each(|part| references(document, part)),
        _ => {}
    }
}

/// An answer has the members that its schema requires, and none that the schema does not know.
fn check(document: &Value, schema: &Value, answer: &Value, at: &str) {
    if let Some(to) = schema["$ref"].as_str() {
        let pointer = to.strip_prefix('#').expect("a reference");
        return check(document, document.pointer(pointer).expect("a schema"), answer, at);
    }
    if let (Some(items), Some(answers)) = (schema.get("items"), answer.as_array()) {
        for answer in answers {
            check(document, items, answer, at);
        }
    }
    let (Some(known), Some(members)) = (schema["properties"].as_object(), answer.as_object()) else { return };
    for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        assert!(members.contains_key(required), "{at}: no {required} in {answer}");
    }
    if schema.get("additionalProperties").is_none_or(|more| *more == false) && schema.get("allOf").is_none() {
        for (name, value) in members {
            let schema = known.get(name).unwrap_or_else(|| panic!("{at}: {name} is not described"));
            check(document, schema, value, at);
        }
    }
}

#[tokio::test]
async fn a_query_parameter_that_does_not_exist_is_refused_with_the_nearest() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    for (path, nearest) in [("/flows?limt=3", "limit"), ("/users?aftr=x", "after"), ("/events?bogus=1", "")] {
        let answer = control.call("GET", path, None).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.text);
        let problem = answer.json();
        assert!(problem["type"].as_str().is_some_and(|name| name.ends_with("#unknown-query-parameter")), "{problem}");
        assert!(problem["detail"].as_str().is_some_and(|said| said.contains(nearest)), "{problem}");
    }
    for path in ["/users?limit=0", "/users?limit=many", "/users?limit=-1"] {
        let answer = control.call("GET", path, None).await;
        assert_eq!((answer.status, answer.member("field").as_str()), (422, "limit"), "{path}");
    }
}

#[tokio::test]
async fn lists_come_in_pages_that_lead_to_the_next() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    for n in 0..5 {
        control.post("/users", json!({ "sub": format!("person-{n}") })).await;
    }
    let (mut path, mut subs) = ("/users?limit=2".to_owned(), Vec::new());
    loop {
        let answer = control.call("GET", &path, None).await;
        let page = answer.json();
        let page = page.as_array().expect("a list");
        assert!(page.len() <= 2);
        subs.extend(page.iter().filter_map(|user| user["sub"].as_str().map(str::to_owned)));
        let link = answer.header("link").to_owned();
        let Some((next, rel)) = link.trim_start_matches('<').split_once('>') else { break };
        assert_eq!(rel, "; rel=\"next\"");
        path = format!("/users{next}");
    }
    let whole = control.get("/users").await;
    let whole: Vec<&str> = whole.as_array().expect("a list").iter().filter_map(|user| user["sub"].as_str()).collect();
    assert_eq!(subs, whole);
}

#[tokio::test]
async fn each_problem_has_a_type_that_is_explained() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    let listed = control.get("/problems").await.to_string();
    let unmet = control.call("POST", "/expect", Some(json!({ "event": "signed_out" }))).await.json();
    let wrong = control.call("POST", "/expect", Some(json!({ "event": "signed_owt" }))).await.json();
    let gone = control.call("GET", "/users/nobody", None).await.json();
    let types = [&unmet, &wrong, &gone].map(|problem| problem["type"].as_str().expect("a type").to_owned());
    for name in types.iter().filter_map(|name| name.rsplit('#').next()) {
        assert!(listed.contains(name) && name != "about:blank", "{name}: {listed}");
    }
    assert!(types[0] != types[1] && types[1] != types[2], "{types:?}");
    let index = control.get("").await.to_string();
    assert!(index.contains("openapi.json") && index.contains("/problems"), "{index}");
}

#[tokio::test]
async fn whatever_a_call_cannot_do_is_said_with_the_field() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    for (method, path, body, field) in [
        ("POST", "/next-logins", json!({ "as": "bob", "time": 2 }), "time"),
        ("POST", "/next-logins", json!({ "as": "bob", "ttl": "soon" }), "ttl"),
        ("PUT", "/clock", json!({ "mode": "frozen", "now": 5 }), "now"),
        ("POST", "/faults", json!({ "name": "idt.nonce.wrong", "with": { "delay": "5s" } }), "with.delay"),
    ] {
        let (status, what, detail) = control.problem(method, path, body.clone()).await;
        assert_eq!((status, what.as_str()), (422, field), "{body}: {detail}");
    }
    let useless = control.post("/clients", json!({ "id": "lonely", "secret": "x" })).await;
    assert!(useless["warnings"][0].as_str().is_some_and(|said| said.contains("redirect")), "{useless}");
}

/// Every body that the document gives as an example is taken.
#[tokio::test]
async fn the_examples_of_the_description_work() {
    let idp = registered().user(standin::User::new("zoe")).start().await;
    let control = Control::of(&idp);
    let document = control.get("/openapi.json").await;
    for (path, methods) in document["paths"].as_object().expect("paths").iter().filter(|(path, _)| !path.contains('{'))
    {
        for (method, operation) in methods.as_object().expect("methods") {
            assert!(operation["tags"][0].is_string() && operation["description"].is_string(), "{method} {path}");
            let content = &operation["requestBody"]["content"]["application/json"];
            if content.is_null() {
                continue;
            }
            let example = content.get("example").unwrap_or_else(|| panic!("{method} {path} has no example"));
            let path = path.trim_start_matches("/_control/v1");
            let answer = control.call(&method.to_uppercase(), path, Some(example.clone())).await;
            let met = answer.status < 300 || path == "/expect" && answer.text.contains("expectation-not-met");
            assert!(met, "{method} {path} {example}: {} {}", answer.status, answer.text);
        }
    }
}

#[tokio::test]
async fn values_outside_the_description_are_refused_with_the_member() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    for (method, path, body, field) in [
        ("POST", "/faults", json!({ "name": "ui.401", "match": { "grant_type": "AAA" } }), "match.grant_type"),
        ("POST", "/next-logins", json!({ "as": "bob", "match": { "grant_type": "AAA" } }), "match.grant_type"),
        ("PUT", "/clock", json!({ "mode": 1 }), "mode"),
        ("POST", "/faults", json!({ "name": "ui.401", "match": { "endpoint": 5 } }), "match.endpoint"),
        ("PUT", "/config", json!({ "memory": { "journal_mib": 0 } }), "journal_mib"),
    ] {
        let (status, what, detail) = control.problem(method, path, body.clone()).await;
        assert_eq!((status, what.as_str()), (422, field), "{body}: {detail}");
    }
    for query in ["after=abc", "after=-1", "after=99999999999999999999"] {
        assert_eq!(control.call("GET", &format!("/events?{query}"), None).await.status, 422, "{query}");
    }
    let document = control.get("/openapi.json").await;
    let problem = &document["components"]["schemas"]["Problem"];
    assert!(problem["properties"]["detail"].is_object(), "{problem}");
    assert_eq!(document["paths"]["/_control/v1/users"]["post"]["requestBody"]["required"], true);
    let closed = registered().control_token(Some("hush".into())).start().await;
    let answer = send(http().get(format!("{}/_control/v1/users", closed.issuer()))).await;
    assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer"));
}
