//! What people met elsewhere, sign-ins and tokens: each is a kind, and its siblings are here too.

use serde_json::json;
use standin::{Check, Client, Config, Emulator, User};

use crate::harness::{
    Browser, CALLBACK, Control, as_anyone, as_web, authorize_url, claims, code, get, header, http, post, redeem,
    refused_by, registered, send, sign_in, tokens, userinfo,
};

fn opened() -> Config {
    Config { user: None, ..Config::default() }
}

#[tokio::test]
async fn a_form_that_is_sent_twice_ends_both_times_in_the_app() {
    let idp = registered().with(|config| config.consent = standin::world::Consent::Always).start().await;
    let browser = Browser::new();
    let page = browser.get(&authorize_url(&idp, &[])).await;
    let (interaction, url) = (page.field("interaction"), format!("{}/sign-in", idp.issuer()));
    let form = [("interaction", interaction.as_str()), ("sub", "alice")];
    let before = browser.cookie(&format!("standin-{}", idp.address().port())).expect("a cookie");
    let first = browser.post(&url, &form).await;
    assert!(first.header("location").contains("/consent"), "{}", first.header("location"));
    // The second press was on its way already, with the cookie of before.
    browser.set_cookie(&format!("standin-{}", idp.address().port()), &before);
    let second = browser.post(&url, &form).await;
    assert!(second.header("location").contains("/consent"), "{} {}", second.status, second.text);
}

#[tokio::test]
async fn a_second_press_gives_a_code_of_its_own() {
    let idp = registered().start().await;
    let browser = Browser::new();
    let interaction = browser.get(&authorize_url(&idp, &[])).await.field("interaction");
    let form = [("interaction", interaction.as_str()), ("sub", "alice")];
    let url = format!("{}/sign-in", idp.issuer());
    let one = browser.post(&url, &form).await.returned("code").expect("a code");
    let other = browser.post(&url, &form).await.returned("code").expect("a code");
    assert_ne!(one, other);
    assert_eq!((redeem(&idp, &other, &[]).await.status, redeem(&idp, &other, &[]).await.status), (200, 400));
}

#[tokio::test]
async fn whoever_is_locked_or_gone_is_so_at_every_endpoint() {
    for change in ["lock", "delete"] {
        let mut web = Client::confidential("web", "s3cret").redirects_to(CALLBACK);
        web.grant_types = Some(serde_json::from_str("[\"authorization_code\", \"refresh_token\"]").expect("types"));
        let idp = Emulator::builder().client(web).start().await;
        let had = tokens(&idp, &[], "bob").await;
        let (access, refresh) = (had.member("access_token"), had.member("refresh_token"));
        let unused = code(&idp, &[], "bob").await;
        let control = Control::of(&idp);
        let right = if change == "lock" {
            control.call("PATCH", "/users/bob", Some(json!({ "locked": true }))).await;
            "Bob Reyes is locked"
        } else {
            control.delete("/users/bob").await;
            "bob"
        };
        assert_eq!(userinfo(&idp, &access).await.status, 401, "{change}");
        for token in [&access, &refresh] {
            assert_eq!(as_web(&idp, "/introspect", &[("token", token)]).await.member("active"), "false", "{change}");
        }
        let renewed = as_web(&idp, "/token", &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).await;
        assert_eq!(renewed.member("error"), "invalid_grant");
        assert!(renewed.text.contains(right), "{change}: {}", renewed.text);
        let redeemed = redeem(&idp, &unused, &[]).await;
        assert!(redeemed.status == 400 && redeemed.text.contains(right), "{change}: {}", redeemed.text);
    }
}

#[tokio::test]
async fn no_scope_is_no_member_and_a_registered_one_is_the_default() {
    let mut scoped = Client::confidential("scoped", "s3cret");
    scoped.scope = Some("notes:read notes:write".into());
    let idp = registered().client(scoped).start().await;
    let bare = as_web(&idp, "/token", &[("grant_type", "client_credentials")]).await.json();
    assert_eq!(bare.get("scope"), None, "{bare}");
    let request = http().post(format!("{}/token", idp.issuer())).basic_auth("scoped", Some("s3cret"));
    assert_eq!(post(request, &[("grant_type", "client_credentials")]).await.member("scope"), "notes:read notes:write");
}

#[tokio::test]
async fn a_hint_that_names_somebody_is_stronger_than_the_session() {
    let idp = registered().with(|config| config.auto_login = Some("login_hint".into())).start().await;
    let browser = Browser::new();
    let who = async |hint: &str| {
        let answer = browser.get(&authorize_url(&idp, &[("login_hint", hint)])).await;
        let tokens = redeem(&idp, &answer.returned("code").expect("a code"), &[]).await;
        claims(&tokens.member("id_token"))["sub"].as_str().expect("a sub").to_owned()
    };
    assert_eq!((who("alice").await.as_str(), who("bob").await.as_str()), ("alice", "bob"));
    let silent = browser.get(&authorize_url(&idp, &[("login_hint", "alice"), ("prompt", "none")])).await;
    assert_eq!(silent.returned("error").as_deref(), Some("login_required"));
}

#[tokio::test]
async fn an_error_comes_back_where_the_answer_would_have() {
    let idp = registered().start().await;
    for response_type in ["token", "id_token", "id_token token", "code id_token", "code token", "code id_token token"] {
        let silent = [("response_type", response_type), ("prompt", "none")];
        let back = Browser::new().get(&authorize_url(&idp, &silent)).await.location();
        let error = if response_type == "token" { "unsupported_response_type" } else { "login_required" };
        let in_fragment = back.fragment().unwrap_or_default().contains(&format!("error={error}"));
        assert!(in_fragment && back.query().is_none(), "{response_type}: {back}");
    }
    let silent = [("response_type", "none"), ("prompt", "none")];
    let none = Browser::new().get(&authorize_url(&idp, &silent)).await.location();
    assert!(none.query().is_some_and(|query| query.contains("error=")), "{none}");
}

#[tokio::test]
async fn a_page_that_posts_itself_may_be_framed_and_no_other() {
    let idp = registered().start().await;
    let browser = Browser::new();
    let page = browser.get(&authorize_url(&idp, &[])).await;
    assert_eq!(page.header("x-frame-options"), "DENY");
    let hidden = browser.get(&authorize_url(&idp, &[("prompt", "none"), ("response_mode", "form_post")])).await;
    assert!(hidden.text.contains("login_required"), "{}", hidden.text);
    assert_eq!(hidden.header("x-frame-options"), "");
    assert!(!hidden.header("content-security-policy").contains("frame-ancestors"), "{:?}", hidden.headers);
}

#[tokio::test]
async fn a_state_that_is_no_text_is_refused_and_any_other_comes_back_byte_for_byte() {
    let idp = registered().start().await;
    let garbled = format!("{}&ui_locales=caf%E9", authorize_url(&idp, &[]));
    let answer = Browser::new().get(&garbled).await;
    assert_eq!(answer.returned("error").as_deref(), Some("invalid_request"), "{}", answer.text);
    let form = http().post(format!("{}/authorize", idp.issuer()));
    let form = form.header("content-type", "application/x-www-form-urlencoded").body("client_id=web&state=caf%E9");
    assert_eq!(send(form).await.status, 400, "nor does it wait to be asked again as another one");
    let replacement = authorize_url(&idp, &[("state", "caf\u{fffd} é")]);
    assert_eq!(Browser::new().get(&replacement).await.status, 200, "U+FFFD itself is text");
}

#[tokio::test]
async fn a_subject_that_the_configuration_would_refuse_is_refused_by_the_editor() {
    let idp = registered().start().await;
    for sub in ["é", &"x".repeat(300), " zoe "] {
        let browser = Browser::new();
        let interaction = browser.get(&authorize_url(&idp, &[])).await.field("interaction");
        let form = [("interaction", interaction.as_str()), ("sub", "alice"), ("edited", "yes"), ("claim.sub", sub)];
        let answer = browser.post(&format!("{}/sign-in", idp.issuer()), &form).await;
        assert_eq!(answer.status, 400, "{sub}: {:?}", answer.headers);
        assert!(answer.words().contains("sub"), "{}", answer.words());
    }
}

#[tokio::test]
async fn what_is_set_for_one_sign_in_reaches_the_app_whatever_it_asked_for() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    control.post("/next-logins", json!({ "as": "alice", "claims": { "dept": 7, "roles": ["owner"] } })).await;
    let back = Browser::new().get(&authorize_url(&idp, &[])).await;
    let had = redeem(&idp, &back.returned("code").expect("a code"), &[]).await;
    let id_token = claims(&had.member("id_token"));
    let info = userinfo(&idp, &had.member("access_token")).await.json();
    for told in [&id_token, &info] {
        assert_eq!((&told["dept"], &told["roles"]), (&json!(7), &json!(["owner"])), "{told}");
    }
    for own in ["iss", "nonce", "aud"] {
        let wish = json!({ "as": "alice", "claims": { own: "x" } });
        let (status, field, detail) = control.problem("POST", "/next-logins", wish).await;
        assert_eq!((status, field.as_str()), (422, "claims"), "{detail}");
    }
}

#[tokio::test]
async fn looking_changes_nothing() {
    let idp = registered().start().await;
    Control::of(&idp).post("/next-logins", json!({ "as": "bob" })).await;
    let looked = send(http().head(authorize_url(&idp, &[]))).await;
    assert_eq!((looked.header("location"), looked.text.as_str()), ("", ""));
    assert_eq!(Control::of(&idp).get("/next-logins").await[0]["left"], 1);
}

#[tokio::test]
async fn a_right_secret_the_other_way_is_served_and_remarked_on() {
    let mut web = Client::confidential("web", "s3cret").redirects_to(CALLBACK);
    web.token_endpoint_auth_method = Some(standin::world::AuthMethod::ClientSecretBasic);
    let form = [("grant_type", "client_credentials"), ("client_id", "web"), ("client_secret", "s3cret")];
    let idp = Emulator::builder().client(web.clone()).start().await;
    assert_eq!(as_anyone(&idp, "/token", &form).await.status, 200);
    let events = Control::of(&idp).get("/events").await;
    assert!(events[0]["remarks"][0].as_str().is_some_and(|said| said.contains("client_secret_basic")), "{events}");
    let strict = Emulator::builder().client(web).with(|config| config.strict = true).start().await;
    assert_eq!(as_anyone(&strict, "/token", &form).await.status, 401);
    refused_by(&strict, Check::ClientMethodAllowed);
}

#[tokio::test]
async fn a_secret_that_is_not_encoded_is_told_from_a_wrong_one() {
    let idp = Emulator::builder().client(Client::confidential("web", "a+b c").redirects_to(CALLBACK)).start().await;
    let request = http().post(format!("{}/token", idp.issuer())).basic_auth("web", Some("a+b c"));
    let answer = post(request, &[("grant_type", "client_credentials")]).await;
    assert!(answer.status == 401 && answer.text.contains("not encoded"), "{}", answer.text);
    let request = http().post(format!("{}/token", idp.issuer())).basic_auth("web", Some("a%2Bb+c"));
    assert_eq!(post(request, &[("grant_type", "client_credentials")]).await.status, 200);
}

#[tokio::test]
async fn whoever_signs_out_by_client_id_comes_back_or_is_shown_the_way() {
    let idp = registered().start().await;
    let url =
        format!("{}/logout?client_id=web&post_logout_redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fbye", idp.issuer());
    let nobody = Browser::new().get(&url).await;
    assert_eq!((nobody.status, nobody.header("location")), (200, ""), "nothing redirects by itself");
    assert_eq!(nobody.elements("a[data-testid=back][href='http://localhost:3000/bye']"), 1);
    let browser = Browser::new();
    sign_in(&idp, &browser, &[], "alice").await;
    let interaction = browser.get(&url).await.field("interaction");
    let form = [("interaction", interaction.as_str()), ("decision", "out")];
    let back = browser.post(&format!("{}/sign-out", idp.issuer()), &form).await;
    assert_eq!(back.header("location"), "http://localhost:3000/bye");
}

#[tokio::test]
async fn a_hint_from_the_apps_server_ends_the_session_that_it_names() {
    let idp = registered().start().await;
    let browser = Browser::new();
    let back = sign_in(&idp, &browser, &[], "alice").await;
    let hint = redeem(&idp, &back.returned("code").expect("a code"), &[]).await.member("id_token");
    get(&format!("{}/logout?id_token_hint={hint}", idp.issuer())).await;
    let silent = browser.get(&authorize_url(&idp, &[("prompt", "none")])).await;
    assert_eq!(silent.returned("error").as_deref(), Some("login_required"));
}

#[tokio::test]
async fn hosts_can_be_added_where_any_app_is_accepted() {
    let config = |config: &mut Config| config.redirect_hosts = vec!["acme.test".into()];
    let idp = Emulator::builder().with(config).start().await;
    for (uri, status) in [
        ("https://app.acme.test/cb", 200),
        ("https://acme.test/cb", 200),
        ("https://notacme.test/cb", 400),
        ("https://acme.test.evil.example/cb", 400),
    ] {
        let page = Browser::new().get(&authorize_url(&idp, &[("redirect_uri", uri)])).await;
        assert_eq!(page.status, status, "{uri}");
    }
    refused_by(&idp, Check::RedirectUriLoopback);
}

#[tokio::test]
async fn a_page_that_was_left_open_leads_to_the_same_request() {
    let idp = registered().start().await;
    let browser = Browser::new();
    let page = browser.get(&authorize_url(&idp, &[])).await;
    let (interaction, again) = (page.field("interaction"), page.field("request_again"));
    Control::of(&idp).call("POST", "/reset", None).await;
    let form = [("interaction", interaction.as_str()), ("request_again", again.as_str()), ("sub", "alice")];
    let late = browser.post(&format!("{}/sign-in", idp.issuer()), &form).await;
    refused_by(&idp, Check::InteractionKnown);
    assert_eq!(late.elements("a[data-testid=begin-again]"), 1, "{}", late.text);
}

#[tokio::test]
async fn whoever_is_typed_in_is_made_up_as_long_as_the_people_are_the_examples() {
    let typed = async |idp: &Emulator| {
        let browser = Browser::new();
        let interaction = browser.get(&authorize_url(idp, &[])).await.field("interaction");
        let form = [("interaction", interaction.as_str()), ("username", "zoe@example.com")];
        browser.post(&format!("{}/sign-in", idp.issuer()), &form).await
    };
    let open = registered().with(|config| config.user = opened().user).start().await;
    let code = typed(&open).await.returned("code").expect("a code");
    assert_eq!(claims(&redeem(&open, &code, &[]).await.member("id_token"))["sub"], "zoe");
    let configured = registered().user(User::new("dave")).start().await;
    assert_eq!(typed(&configured).await.status, 400);
    refused_by(&configured, Check::PersonKnown);
}

#[tokio::test]
async fn a_refresh_token_can_be_a_jwt() {
    let mut web = Client::confidential("web", "s3cret").redirects_to(CALLBACK);
    web.grant_types = Some(serde_json::from_str("[\"authorization_code\", \"refresh_token\"]").expect("types"));
    let format = |config: &mut Config| config.refresh_token_format = standin::world::RefreshTokenFormat::Jwt;
    let idp = Emulator::builder().client(web).with(format).start().await;
    let refresh = tokens(&idp, &[], "alice").await.member("refresh_token");
    assert_eq!(header(&refresh)["typ"], "refresh+jwt");
    assert_eq!(userinfo(&idp, &refresh).await.status, 401, "nobody takes it for an access token");
    let renewed = as_web(&idp, "/token", &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).await;
    assert_eq!(renewed.status, 200, "{}", renewed.text);
}

#[tokio::test]
async fn the_typ_of_access_tokens_is_what_was_said() {
    let typ = async |idp: &Emulator, more: &[(&str, &str)]| {
        header(&tokens(idp, more, "alice").await.member("access_token"))["typ"].clone()
    };
    let idp = registered().start().await;
    let resource = [("resource", "https://api.example.com")];
    assert_eq!((typ(&idp, &[]).await, typ(&idp, &resource).await), (json!("JWT"), json!("at+jwt")));
    let strict = registered().with(|config| config.strict = true).start().await;
    assert_eq!(typ(&strict, &[]).await, "at+jwt");
    let said = |config: &mut Config| config.access_token_typ = Some(standin::world::AccessTokenTyp::AtJwt);
    assert_eq!(typ(&registered().with(said).start().await, &[]).await, "at+jwt");
}

#[tokio::test]
async fn a_wrong_path_is_in_the_journal_with_the_nearest_endpoint() {
    let idp = registered().start().await;
    let answer = as_anyone(&idp, "/oauth2/v2.0/token", &[("grant_type", "client_credentials")]).await;
    assert_eq!(answer.status, 404);
    refused_by(&idp, Check::AddressKnown);
    assert!(answer.text.contains("There is nothing at `/oauth2/v2.0/token`"), "{}", answer.text);
    let page = Browser::new().get(&format!("{}/autorize", idp.issuer())).await;
    assert!(page.words().contains("Did you mean /authorize"), "{}", page.words());
    let strange = get(&format!("{}/r/nowhere/jwks", idp.issuer())).await;
    assert_eq!(strange.status, 404);
    refused_by(&idp, Check::RealmKnown);
}

#[tokio::test]
async fn whoever_reads_no_pages_is_told_as_json() {
    let idp = registered().start().await;
    let url = authorize_url(&idp, &[("client_id", "wob")]);
    let told = get(&url).await;
    assert_eq!((told.status, told.header("content-type")), (400, "application/json"));
    assert!(told.member("error_description").starts_with("No app is registered as `wob`."), "{}", told.text);
    assert!(Browser::new().get(&url).await.header("content-type").starts_with("text/html"));
}

#[tokio::test]
async fn a_lie_that_publishes_a_key_leaves_none_behind_that_others_sign_with() {
    let idp = registered().start().await;
    let kids = async || {
        let jwks = get(&format!("{}/jwks", idp.issuer())).await.json();
        let keys = jwks["keys"].as_array().expect("keys").clone();
        keys.iter().map(|key| key["kid"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let before = kids().await;
    let control = Control::of(&idp);
    control.post("/faults", json!({ "name": "idt.kid.absent_multi", "times": 1 })).await;
    tokens(&idp, &[], "alice").await;
    let published = kids().await;
    control.delete("/faults").await;
    control.post("/faults", json!({ "name": "idt.hdr.jwk" })).await;
    let forged = header(&tokens(&idp, &[], "alice").await.member("id_token"));
    let modulus = &forged["jwk"]["n"];
    let jwks = get(&format!("{}/jwks", idp.issuer())).await.json();
    assert!(jwks["keys"].as_array().expect("keys").iter().all(|key| key["n"] != *modulus), "never published");
    assert!(published.len() >= before.len());
    control.call("POST", "/reset", None).await;
    assert_eq!(kids().await, before, "gone at a reset");
}

#[tokio::test]
async fn each_published_key_names_its_algorithm_under_one_kid_each() {
    let idp = registered().start().await;
    let jwks = get(&format!("{}/jwks", idp.issuer())).await.json();
    let keys = jwks["keys"].as_array().expect("keys");
    assert!(keys.iter().all(|key| key["alg"].is_string()), "{jwks}");
    let kids: std::collections::BTreeSet<&str> = keys.iter().filter_map(|key| key["kid"].as_str()).collect();
    assert_eq!(kids.len(), keys.len());
    for (fault, member) in [("jwks.alg.missing", "alg"), ("jwks.use.missing", "use")] {
        idp.fault(standin::Fault::named(fault).once());
        let jwks = get(&format!("{}/jwks", idp.issuer())).await.json();
        assert!(jwks["keys"][0].get(member).is_none(), "{fault}: {jwks}");
    }
}

#[tokio::test]
async fn a_lie_that_cannot_speak_is_warned_of() {
    let idp = registered().start().await;
    let control = Control::of(&idp);
    let told = control.post("/faults", json!({ "name": "ui.jwt.bad_sig", "match": { "client": "web" } })).await;
    assert!(told["warnings"][0].as_str().is_some_and(|said| said.contains("userinfo_signed_response_alg")), "{told}");
    control.post("/faults", json!({ "name": "idt.nonce.wrong" })).await;
    tokens(&idp, &[("nonce", "")], "alice").await;
    let rules = control.get("/faults").await.to_string();
    assert!(rules.contains("found nothing in it to alter"), "{rules}");
    let events = control.get("/events").await.to_string();
    assert!(events.contains("the lie idt.nonce.wrong fitted here, and found nothing to alter"), "{events}");
}

#[tokio::test]
async fn a_lie_about_an_opaque_value_changes_it_where_it_begins() {
    let idp = registered().start().await;
    for (state, altered) in [
        ("tok:https://app/r", "uok:https://app/r"),
        ("tok|https://app/r", "uok|https://app/r"),
        ("id.tab.client", "jd.tab.client"),
        ("https://app/r", "https://bpp/r"),
    ] {
        idp.fault(standin::Fault::named("authz.state.wrong").once());
        let back = sign_in(&idp, &Browser::new(), &[("state", state)], "alice").await;
        assert_eq!(back.returned("state").as_deref(), Some(altered));
    }
}

#[tokio::test]
async fn a_page_whose_answer_is_decided_says_so() {
    let idp = registered().start().await;
    Control::of(&idp).post("/next-logins", json!({ "as": "bob", "page": true })).await;
    let page = Browser::new().get(&authorize_url(&idp, &[])).await;
    assert!(page.words().contains("Whatever is pressed here, bob signs in"), "{}", page.words());
}

#[tokio::test]
async fn only_checks_that_were_made_are_listed_and_each_once() {
    let idp = Emulator::start().await;
    tokens(&idp, &[], "alice").await;
    for entry in idp.journal() {
        let names: Vec<&str> = entry.checks().map(|(check, ..)| check.name()).collect();
        let distinct: std::collections::BTreeSet<&&str> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "{entry}");
        for unlooked in ["ClientSecretMatches", "ClientMethodAllowed", "SignedIn", "PkceGiven"] {
            assert!(!names.contains(&unlooked), "any client with any secret, and no challenge: {entry}");
        }
    }
}
