//! Why did it fail? Each rule in a situation that a real client makes: `openidconnect`, the sample app that is built on it, or Chromium.

use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl,
    Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, TokenResponse as _,
};
use serde_json::{Value, json};
use standin::demo::App;
use standin::world::AuthMethod;
use standin::{Client, Emulator, Fault};
use std::time::Duration;

use crate::harness::{Answer, Browser, CALLBACK, Control, as_anyone, registered};

type Party =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// What `openidconnect` is given to send requests with.
pub(crate) async fn send(request: openidconnect::HttpRequest) -> Result<openidconnect::HttpResponse, reqwest::Error> {
    let answer = crate::harness::http().execute(request.try_into()?).await?;
    let mut response = openidconnect::HttpResponse::default();
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = answer.bytes().await?.to_vec();
    Ok(response)
}

async fn metadata(idp: &Emulator) -> CoreProviderMetadata {
    let issuer = IssuerUrl::new(idp.issuer()).expect("an issuer");
    CoreProviderMetadata::discover_async(issuer, &send).await.expect("metadata")
}

fn party(metadata: CoreProviderMetadata, secret: &str, redirect_uri: &str) -> Party {
    let (id, secret) = (ClientId::new("web".into()), ClientSecret::new(secret.into()));
    let redirect = RedirectUrl::new(redirect_uri.into()).expect("a URI");
    CoreClient::from_provider_metadata(metadata, id, Some(secret)).set_redirect_uri(redirect)
}

/// A sign-in that was begun.
struct Begun {
    url: String,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

fn begin(party: &Party) -> Begun {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let flow = CoreAuthenticationFlow::AuthorizationCode;
    let request = party.authorize_url(flow, CsrfToken::new_random, Nonce::new_random).set_pkce_challenge(challenge);
    let (url, _, nonce) = request.url();
    Begun { url: url.to_string(), nonce, verifier }
}

/// A person clicks on alice; what comes back.
async fn click(idp: &Emulator, url: &str) -> Answer {
    let browser = Browser::new();
    let page = browser.get(url).await;
    browser
        .post(&format!("{}/sign-in", idp.issuer()), &[("interaction", &page.field("interaction")), ("sub", "alice")])
        .await
}

async fn code(idp: &Emulator, url: &str) -> AuthorizationCode {
    AuthorizationCode::new(click(idp, url).await.returned("code").expect("a code"))
}

/// The newest flow's diagnosis.
async fn why(idp: &Emulator) -> Value {
    let control = Control::of(idp);
    let flows = control.get("/flows").await;
    let newest = flows.as_array().and_then(|all| all.last()).expect("a flow")["id"].clone();
    control.get(&format!("/flows/{newest}/diagnosis")).await
}

async fn rule(idp: &Emulator) -> (String, String) {
    let why = why(idp).await;
    let text = |name: &str| why["diagnosis"][name].as_str().unwrap_or_else(|| panic!("no diagnosis: {why}")).to_owned();
    assert!(
        !text("fix").is_empty() && why["diagnosis"]["evidence"].as_array().is_some_and(|all| !all.is_empty()),
        "{why}"
    );
    (text("rule"), text("sentence"))
}

/// What `openidconnect` makes of a code.
async fn redeem(
    party: &Party,
    code: AuthorizationCode,
    verifier: PkceCodeVerifier,
) -> Result<openidconnect::core::CoreTokenResponse, String> {
    let request = party.exchange_code(code).expect("an endpoint").set_pkce_verifier(verifier);
    request.request_async(&send).await.map_err(|e| format!("{e:?}"))
}

#[tokio::test]
async fn a_sign_in_that_went_well_has_no_diagnosis() {
    let idp = registered().start().await;
    let party = party(metadata(&idp).await, "s3cret", CALLBACK);
    let begun = begin(&party);
    let code = code(&idp, &begun.url).await;
    redeem(&party, code, begun.verifier).await.expect("tokens");
    let why = why(&idp).await;
    assert_eq!((&why["failed"], why.get("diagnosis")), (&json!(false), None), "{why}");
}

#[tokio::test]
async fn the_code_was_never_redeemed() {
    let idp = registered().start().await;
    // The page tells whole seconds, and a busy machine would add some.
    idp.freeze(idp.now());
    let party = party(metadata(&idp).await, "s3cret", CALLBACK);
    code(&idp, &begin(&party).url).await;
    assert_eq!(why(&idp).await["failed"], false, "it may come yet");
    idp.advance(Duration::from_secs(11));
    assert_eq!(rule(&idp).await.0, "code_never_redeemed");
    let console = crate::harness::get(&format!("{}/_console/flows/3", idp.issuer())).await.words();
    assert!(
        console.contains("The app got a code, and never redeemed it") && console.contains("nothing for 11 s"),
        "{console}"
    );
}

#[tokio::test]
async fn the_code_was_redeemed_twice() {
    let idp = registered().start().await;
    let party = party(metadata(&idp).await, "s3cret", CALLBACK);
    let begun = begin(&party);
    let code = code(&idp, &begun.url).await;
    let again = PkceCodeVerifier::new(begun.verifier.secret().clone());
    redeem(&party, code.clone(), begun.verifier).await.expect("tokens");
    redeem(&party, code, again).await.expect_err("it is used up");
    assert_eq!(rule(&idp).await.0, "code_redeemed_twice");
}

#[tokio::test]
async fn the_redirect_uri_differs_by_one_character() {
    let idp = registered().start().await;
    let party = party(metadata(&idp).await, "s3cret", &format!("{CALLBACK}/"));
    assert_eq!(Browser::new().get(&begin(&party).url).await.status, 400);
    let (rule, sentence) = rule(&idp).await;
    assert_eq!(rule, "redirect_uri_differs");
    assert!(sentence.contains(CALLBACK), "{sentence}");
}

#[tokio::test]
async fn the_verifier_is_that_of_another_tab() {
    let idp = registered().start().await;
    let party = party(metadata(&idp).await, "s3cret", CALLBACK);
    let (first, second) = (begin(&party), begin(&party));
    let code = code(&idp, &first.url).await;
    Browser::new().get(&second.url).await;
    redeem(&party, code, second.verifier).await.expect_err("another verifier");
    let flows = Control::of(&idp).get("/flows").await;
    let failed =
        flows.as_array().expect("flows").iter().find(|flow| flow["refused"].is_string()).expect("a failure")["id"]
            .clone();
    let why = Control::of(&idp).get(&format!("/flows/{failed}/diagnosis")).await;
    assert_eq!(why["diagnosis"]["rule"], "verifier_of_another_sign_in", "{why}");
}

#[tokio::test]
async fn the_secret_is_another_one() {
    let idp = registered().start().await;
    let party = party(metadata(&idp).await, "s3cret ", CALLBACK);
    let begun = begin(&party);
    let code = code(&idp, &begun.url).await;
    redeem(&party, code, begun.verifier).await.expect_err("a wrong secret");
    assert_eq!(rule(&idp).await.0, "secret_wrong");
}

#[tokio::test]
async fn the_secret_is_sent_another_way_than_registered() {
    let web = Client {
        token_endpoint_auth_method: Some(AuthMethod::ClientSecretPost),
        ..Client::confidential("web", "s3cret").redirects_to(CALLBACK)
    };
    let idp = Emulator::builder().client(web).with(|config| config.strict = true).start().await;
    let party = party(metadata(&idp).await, "s3cret", CALLBACK);
    let begun = begin(&party);
    let code = code(&idp, &begun.url).await;
    redeem(&party, code, begun.verifier).await.expect_err("the library uses the header");
    assert_eq!(rule(&idp).await.0, "secret_sent_another_way");
}

#[tokio::test]
async fn a_lie_that_was_told_explains_that_the_app_refused() {
    let idp = Emulator::start().await;
    let app = App::bind(0).expect("a port");
    let (url, running) = (app.url(), app.start(&idp.issuer()).expect("an app"));
    let browser = Browser::new();
    let away = browser.post(&format!("{url}sign-in"), &[]).await;
    idp.fault(Fault::wrong_nonce().once());
    let page = browser.get(away.header("location")).await;
    let back = browser
        .post(&format!("{}/sign-in", idp.issuer()), &[("interaction", &page.field("interaction")), ("sub", "alice")])
        .await;
    assert_eq!(browser.get(back.header("location")).await.status, 400, "the app noticed");
    idp.advance(Duration::from_secs(11));
    let (rule, sentence) = rule(&idp).await;
    assert!(rule == "lie" && sentence.contains("idt.nonce.wrong"), "{sentence}");
    running.stop();
}

#[tokio::test]
async fn a_request_that_the_app_never_made_is_refused_by_it() {
    let idp = Emulator::start().await;
    let app = App::bind(0).expect("a port");
    let (redirect_uri, running) = (app.redirect_uri(), app.start(&idp.issuer()).expect("an app"));
    let url = format!(
        "{}/authorize?client_id=notes-web&response_type=code&scope=openid&redirect_uri={redirect_uri}",
        idp.issuer()
    );
    let back = click(&idp, &url).await;
    let refused = Browser::new().get(back.header("location")).await;
    assert!(refused.status == 400 && refused.words().contains("This answer was not asked for"), "{}", refused.words());
    idp.advance(Duration::from_secs(11));
    assert_eq!(rule(&idp).await.0, "state_never_sent");
    running.stop();
}

#[tokio::test]
async fn a_nonce_that_was_never_sent_is_missed_by_the_library() {
    let idp = registered().start().await;
    let party = party(metadata(&idp).await, "s3cret", CALLBACK);
    let browser = Browser::new();
    // The app writes the URL by hand, and lets the library verify what comes.
    let by_hand = format!(
        "{}/authorize?client_id=web&response_type=code&scope=openid&state=by-hand&redirect_uri={CALLBACK}",
        idp.issuer()
    );
    let page = browser.get(&by_hand).await;
    let form = [("interaction", page.field("interaction")), ("sub", "alice".to_owned())];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let back = browser.post(&format!("{}/sign-in", idp.issuer()), &form).await;
    let code = AuthorizationCode::new(back.returned("code").expect("a code"));
    let tokens = party.exchange_code(code).expect("an endpoint").request_async(&send).await.expect("tokens");
    let refused = tokens.id_token().expect("an ID token").claims(&party.id_token_verifier(), &Nonce::new_random());
    assert!(refused.expect_err("it insists on a nonce").to_string().contains("nonce"));
    let control = Control::of(&idp);
    let first = control.get("/flows").await[0]["id"].clone();
    let path = format!("/flows/{first}/diagnosis");
    assert_eq!(control.get(&path).await["failed"], false, "other apps are content without");
    // So it begins anew.
    assert!(browser.get(&by_hand).await.returned("code").is_some());
    let why = control.get(&path).await;
    assert_eq!(why["diagnosis"]["rule"], "nonce_never_sent", "{why}");
}

#[tokio::test]
async fn the_keys_were_read_before_the_rotation_and_not_since() {
    let idp = registered().start().await;
    let party = party(metadata(&idp).await, "s3cret", CALLBACK);
    idp.rotate_keys_of(standin::configuration::Alg::RS256, standin::Lifetime::of_seconds(0)).expect("a new key");
    let begun = begin(&party);
    let code = code(&idp, &begun.url).await;
    let tokens = redeem(&party, code, begun.verifier).await.expect("tokens");
    tokens
        .id_token()
        .expect("an ID token")
        .claims(&party.id_token_verifier(), &begun.nonce)
        .expect_err("by an unknown key");
    idp.advance(Duration::from_secs(11));
    assert_eq!(rule(&idp).await.0, "keys_older_than_rotation");
}

#[tokio::test]
async fn an_app_that_is_not_there_was_not_told_of_the_logout() {
    let gone: url::Url = "http://localhost:9/backchannel-logout".parse().expect("a URL");
    let web =
        Client { backchannel_logout_uri: Some(gone), ..Client::confidential("web", "s3cret").redirects_to(CALLBACK) };
    let idp = Emulator::builder().client(web).start().await;
    let party = party(metadata(&idp).await, "s3cret", CALLBACK);
    let begun = begin(&party);
    let code = code(&idp, &begun.url).await;
    redeem(&party, code, begun.verifier).await.expect("tokens");
    Control::of(&idp).post("/logouts", json!({"user": "alice"})).await;
    let (rule, sentence) = rule(&idp).await;
    assert!(rule == "logout_not_taken" && sentence.contains("web was not told"), "{sentence}");
}

#[tokio::test]
async fn an_app_whose_clock_is_off_signs_assertions_of_another_time() {
    // The app's key pair: another provider's, which nobody else has.
    let own = Emulator::start().await;
    let keys = own.provider().settings().keys.clone();
    let jwks = crate::harness::get(&format!("{}/jwks", own.issuer())).await.json();
    let web = Client {
        jwks: Some(jwks),
        token_endpoint_auth_method: Some(AuthMethod::PrivateKeyJwt),
        ..Client::public("web").redirects_to(CALLBACK)
    };
    let idp = Emulator::builder().client(web).start().await;
    idp.freeze(idp.now());
    let old = idp.now().0 - 7_200;
    let claims = json!({"iss": "web", "sub": "web", "aud": idp.issuer(), "jti": "one", "iat": old, "exp": old + 60});
    let assertion = keys.sign(&standin::tokens::TokenDraft::new(
        standin::protocol::Map::new(),
        claims.as_object().expect("claims").clone(),
        standin::tokens::KeyChoice::Current(standin::configuration::Alg::RS256),
    ));
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "web"),
        ("client_assertion_type", kind),
        ("client_assertion", assertion.as_str()),
    ];
    as_anyone(&idp, "/token", &form).await;
    let (rule, sentence) = rule(&idp).await;
    assert!(rule == "clock_off" && sentence.contains("7200 s behind"), "{rule}: {sentence}");
}

#[tokio::test]
async fn metadata_that_were_read_under_another_name_stop_the_library_and_the_checklist_says_so() {
    let idp = registered().start().await;
    let other = idp.issuer().replace("localhost", "127.0.0.1");
    let refused = CoreProviderMetadata::discover_async(IssuerUrl::new(other).expect("a URL"), &send).await;
    assert!(refused.is_err(), "the library compares");
    let setup = crate::harness::get(&format!("{}/_console/setup", idp.issuer())).await.words();
    assert!(setup.contains("The app read the metadata at 127.0.0.1:"), "{setup}");
}

/// `openid-client` reads the metadata where it is told to, and then refuses plain http: nothing more comes of it.
#[tokio::test]
async fn a_library_that_refuses_http_stops_after_the_metadata_and_the_checklist_says_so() {
    let recipe = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/playwright");
    if !recipe.join("node_modules/openid-client").exists() {
        return crate::browser::left_out("openid-client is not in examples/playwright (npm install)");
    }
    let idp = registered().start().await;
    let script = format!(
        "import * as client from 'openid-client';
         const metadata = await (await fetch('{0}/.well-known/openid-configuration')).json();
         const config = new client.Configuration(metadata, 'web', 's3cret');
         try {{ client.buildAuthorizationUrl(config, {{ redirect_uri: '{CALLBACK}', scope: 'openid' }}); }}
         catch (e) {{ console.log(e.cause?.message ?? e.message); }}",
        idp.issuer()
    );
    let node = tokio::process::Command::new("node")
        .args(["--input-type=module", "-e", &script])
        .current_dir(&recipe)
        .output()
        .await
        .expect("node");
    let said = String::from_utf8_lossy(&node.stdout);
    assert!(said.contains("HTTPS"), "{said} {}", String::from_utf8_lossy(&node.stderr));
    let setup = crate::harness::get(&format!("{}/_console/setup", idp.issuer())).await.words();
    assert!(setup.contains("a library that refuses http stops before it"), "{setup}");
}

#[tokio::test]
async fn the_command_line_says_the_same() {
    let idp = registered().start().await;
    let party = party(metadata(&idp).await, "s3cret ", CALLBACK);
    let begun = begin(&party);
    let code = code(&idp, &begun.url).await;
    redeem(&party, code, begun.verifier).await.expect_err("a wrong secret");
    let url = format!("http://localhost:{}", idp.address().port());
    let shown = tokio::task::spawn_blocking(move || {
        crate::command_line::run(crate::command_line::folder().path(), &["flows", "show", "3", "--url", &url])
    });
    let (status, said, errors) = shown.await.expect("it ends");
    assert_eq!(status, 0, "{errors}");
    assert!(said.contains("Why: ") && said.contains("What to do: ") && said.contains("client_secret"), "{said}");
}
