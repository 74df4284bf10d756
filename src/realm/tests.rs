//! What flows decide, without a server: the checks of each endpoint in the order in which they are made, and what no configuration
//! can ask for yet.

use std::sync::Arc;

use crate::config::Config;
use crate::flows;
use crate::protocol::{Params, ResponseMode};
use crate::reply::{Body, Page, Reply};
use crate::store::Memory;
use crate::tokens::{KeyFiles, Opened};
use crate::world::{
    AccessSlot, AuthorizationResponse, Client, Credential, Ctx, Destination, Endpoint, Failure, Grant, IdTokenSlot,
    Issuance, Method, Outcome, Reads, Request, ReturnAddress, SignedInUser,
};

use super::{Entry, Flow, ROOT, Realm, RealmOptions, Remembered};

const CALLBACK: &str = "http://localhost:3000/callback";

/// A realm with one confidential and one public app, and nobody asked on a page: alice signs in.
fn realm() -> Realm {
    let confidential = Client::confidential("notes-web", "s3cret").redirects_to(CALLBACK);
    let public = Client::public("notes-spa").redirects_to(CALLBACK);
    let config = Config {
        client: vec![confidential, public],
        auto_login: Some("alice".into()),
        seed: Some(7),
        ..Config::default()
    };
    let options = RealmOptions {
        name: ROOT.into(),
        config,
        source: "the test".into(),
        root_url: "http://localhost:7760".into(),
        keys: KeyFiles::Development.open().expect("keys"),
        store: Arc::new(Memory::default()),
        outbox: Arc::new(Nobody),
        remembered: Remembered::default(),
    };
    Realm::open(options).expect("a realm")
}

/// There is nobody to call.
struct Nobody;

#[async_trait::async_trait]
impl super::Outbox for Nobody {
    async fn fetch(&self, url: &str) -> Result<serde_json::Value, String> {
        Err(format!("{url} is not fetched in a test"))
    }

    async fn fetch_text(&self, url: &str) -> Result<String, String> {
        Err(format!("{url} is not fetched in a test"))
    }

    async fn post(&self, url: &str, _: &Params, _: std::time::Duration) -> super::Posted {
        super::Posted { wire: super::Wire::default(), status: Err(format!("{url} is not called in a test")) }
    }
}

fn request(endpoint: Endpoint, query: &str) -> Request {
    Request {
        endpoint,
        method: Method::Post,
        params: Params::parse(query.as_bytes()),
        json: None,
        credential: None,
        browser: Some("browser".into()),
        former_cookie: false,
        path: "/".into(),
        host: "localhost:7760".into(),
        reads: Reads::Pages,
        base: "http://localhost:7760".into(),
        cross_origin: false,
        unreadable: None,
    }
}

fn ask(realm: &Realm, request: &Request, flow: Flow) -> (Reply, Entry) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(realm.exchange(request, flow, realm.settings()))
}

/// The checks in order, and how it ended.
fn told(reply: &Reply, entry: &Entry) -> String {
    let checks =
        entry.trace.iter().map(|made| format!("{} {}\n", if made.held { '✓' } else { '✗' }, made.check.name()));
    let end = match &reply.body {
        Body::Return(back) => back.params.iter().map(|(name, _)| name).collect::<Vec<_>>().join(" "),
        Body::Page(page) => match &**page {
            Page::Error(_) => format!("error page {}", reply.status),
            _ => "page".into(),
        },
        Body::Json(text) => {
            let members: crate::protocol::Map = serde_json::from_slice(text).expect("an object");
            format!("{} {}", reply.status, members.keys().cloned().collect::<Vec<_>>().join(" "))
        }
        _ => reply.status.to_string(),
    };
    checks.collect::<String>() + "→ " + &end
}

fn trace(realm: &Realm, request: &Request, flow: Flow) -> String {
    let (reply, entry) = ask(realm, request, flow);
    told(&reply, &entry)
}

const SIGN_IN: &str = "response_type=code&scope=openid+offline_access&state=abc&nonce=n&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fcallback";

fn code(realm: &Realm) -> String {
    let (reply, _) =
        ask(realm, &request(Endpoint::Authorize, &format!("client_id=notes-web&{SIGN_IN}")), flows::authorize);
    let Body::Return(back) = reply.body else { panic!("no way back") };
    back.params.get("code").expect("a code").to_owned()
}

fn by_secret(endpoint: Endpoint, form: &str) -> Request {
    let credential = Credential::Basic { id: "notes-web".into(), secret: "s3cret".into(), as_sent: None };
    Request { credential: Some(credential), ..request(endpoint, form) }
}

fn redeem(realm: &Realm) -> crate::protocol::Map {
    let callback = Params::default().with("redirect_uri", CALLBACK).to_query();
    let form = format!("grant_type=authorization_code&code={}&{callback}", code(realm));
    let (reply, _) = ask(realm, &by_secret(Endpoint::Token, &form), flows::token);
    let Body::Json(text) = reply.body else { panic!("no tokens") };
    serde_json::from_slice(&text).expect("an object")
}

#[test]
fn authorize_checks_the_client_then_the_way_back_then_the_rest() {
    let realm = realm();
    let good =
        trace(&realm, &request(Endpoint::Authorize, &format!("client_id=notes-web&{SIGN_IN}")), flows::authorize);
    assert_eq!(
        good,
        "✓ ParameterPresent\n✓ ParameterOnce\n✓ ClientKnown\n✓ RedirectUriGiven\n✓ RedirectUriUsable\n\
         ✓ RedirectUriRegistered\n✓ ResponseTypeOffered\n✓ ParameterUsable\n✓ ScopeWellFormed\n✓ PersonKnown\n\
         ✓ PersonMaySignIn\n✓ PersonAgrees\n→ code session_state state iss"
    );
    let unknown =
        trace(&realm, &request(Endpoint::Authorize, &format!("client_id=nobody&{SIGN_IN}")), flows::authorize);
    assert_eq!(unknown, "✓ ParameterPresent\n✓ ParameterOnce\n✗ ClientKnown\n→ error page 400");
    let public =
        trace(&realm, &request(Endpoint::Authorize, &format!("client_id=notes-spa&{SIGN_IN}")), flows::authorize);
    assert!(
        public.ends_with("✓ ScopeWellFormed\n✗ PkceUsed\n→ error error_description error_uri state iss"),
        "{public}"
    );
}

#[test]
fn the_token_endpoint_checks_the_client_then_the_grant_type_then_the_code() {
    let realm = realm();
    let callback = Params::default().with("redirect_uri", CALLBACK).to_query();
    let form = format!("grant_type=authorization_code&code={}&{callback}", code(&realm));
    let good = trace(&realm, &by_secret(Endpoint::Token, &form), flows::token);
    assert_eq!(
        good,
        "✓ ParameterOnce\n✓ ClientAuthenticatesOnce\n✓ ClientNamed\n✓ ClientKnown\n✓ ClientMethodAllowed\n\
         ✓ ClientSecretMatches\n✓ ParameterPresent\n✓ GrantTypeKnown\n✓ CodeKnown\n✓ CodeOfThisClient\n✓ CodeUnused\n\
         ✓ CodeFresh\n✓ RedirectUriRepeated\n✓ PkceExpected\n✓ GrantAlive\n✓ PersonKnown\n✓ PersonMaySignIn\n\
         → 200 access_token token_type expires_in refresh_token id_token scope"
    );
    let again = trace(&realm, &by_secret(Endpoint::Token, &form), flows::token);
    assert!(again.ends_with("✓ CodeOfThisClient\n✗ CodeUnused\n→ 400 error error_description error_uri"), "{again}");
}

#[test]
fn a_refresh_checks_the_token_then_what_it_stands_for() {
    let realm = realm();
    let tokens = redeem(&realm);
    let form = format!("grant_type=refresh_token&refresh_token={}", tokens["refresh_token"].as_str().expect("a token"));
    let good = trace(&realm, &by_secret(Endpoint::Token, &form), flows::token);
    assert!(
        good.ends_with(
            "✓ GrantTypeKnown\n✓ RefreshKnown\n✓ RefreshOfThisClient\n✓ RefreshFresh\n✓ GrantAlive\n✓ PersonKnown\n\
             ✓ PersonMaySignIn\n✓ RefreshUnused\n✓ SessionAlive\n→ 200 access_token token_type expires_in refresh_token \
             id_token scope"
        ),
        "{good}"
    );
}

#[test]
fn userinfo_checks_the_token_then_whom_it_is_about() {
    let realm = realm();
    let tokens = redeem(&realm);
    let token = tokens["access_token"].as_str().expect("a token").to_owned();
    let bearer = |token: &str| Request {
        credential: Some(Credential::Bearer(token.to_owned())),
        method: Method::Get,
        ..request(Endpoint::UserInfo, "")
    };
    let good = trace(&realm, &bearer(&token), flows::userinfo);
    assert_eq!(
        good,
        "✓ BearerOnce\n✓ BearerGiven\n✓ TokenKnown\n✓ TokenFresh\n✓ TokenAlive\n✓ TokenForUserInfo\n✓ PersonKnown\n\
         ✓ PersonMaySignIn\n✓ ClientKnown\n→ 200 sub"
    );
    let none = trace(&realm, &Request { credential: None, ..bearer("") }, flows::userinfo);
    assert_eq!(none, "✓ BearerOnce\n✗ BearerGiven\n→ 401 error error_description error_uri");
}

#[test]
fn introspection_and_revocation_check_the_client_and_are_silent_about_the_token() {
    let realm = realm();
    let asked = trace(&realm, &by_secret(Endpoint::Introspection, "token=nothing"), flows::introspect);
    let client = "✓ ParameterOnce\n✓ ClientAuthenticatesOnce\n✓ ClientNamed\n✓ ClientKnown\n✓ ClientMethodAllowed\n✓ ClientSecretMatches\n";
    assert_eq!(asked, format!("{client}✓ ClientConfidential\n✓ ParameterPresent\n→ 200 active"));
    let revoked = trace(&realm, &by_secret(Endpoint::Revocation, "token=nothing"), flows::revoke);
    assert_eq!(revoked, format!("{client}✓ ParameterPresent\n→ 200"));
}

#[test]
fn logout_checks_the_hint_then_the_client_then_the_way_back() {
    let realm = realm();
    let hint = redeem(&realm)["id_token"].as_str().expect("a token").to_owned();
    let good = trace(
        &realm,
        &request(Endpoint::EndSession, &format!("id_token_hint={hint}&client_id=notes-web")),
        flows::end_session,
    );
    assert_eq!(good, "✓ ParameterOnce\n✓ LogoutHintValid\n✓ LogoutClientAgrees\n→ page");
    let away = format!("id_token_hint={hint}&post_logout_redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fbye");
    let away = trace(&realm, &request(Endpoint::EndSession, &away), flows::end_session);
    assert_eq!(away, "✓ ParameterOnce\n✓ LogoutHintValid\n✗ LogoutUriRegistered\n→ error page 400");
}

/// An app that would get everything at once: no response type asks for that here yet, and yet an answer can carry it.
fn everything_at_once(ctx: &mut Ctx<'_>, _: &Request) -> Result<Outcome, Failure> {
    let request = ctx.understood.authorization.clone().unwrap_or_default();
    let client = ctx.settings.client("notes-web").expect("the app");
    let address = Box::new(ReturnAddress::find(ctx, &client, &request)?);
    let person = SignedInUser::known("alice".into());
    let grant = Grant {
        auth_time: Some(ctx.now),
        nonce: request.nonce().map(str::to_owned),
        ..Grant::new(&ctx.settings.issuer, client.client_id(), person, request.scopes.clone())
    };
    let (grant, until) = (Arc::new(grant), ctx.now.plus(crate::protocol::Lifetime::of_seconds(60)));
    let access =
        AccessSlot { name: "access".into(), audience: vec!["api".into()], until, names_resource: false, opaque: false };
    let tokens = Issuance {
        client,
        grant: Arc::clone(&grant),
        grant_id: "grant".into(),
        scopes: grant.scopes.clone(),
        access: Some(access),
        recipient: None,
        id_token: Some(IdTokenSlot { says_nonce: true, says_scopes: false }),
        refresh: None,
    };
    Ok(Outcome::Return(Box::new(AuthorizationResponse {
        address,
        grant,
        code: Some("the-code".into()),
        tokens: Some(tokens),
    })))
}

#[test]
fn an_authorization_response_can_carry_tokens_with_the_hashes_of_what_is_beside_them() {
    let realm = realm();
    let query =
        format!("client_id=notes-web&{}", SIGN_IN.replace("response_type=code", "response_type=code+id_token+token"));
    let (reply, _) = ask(&realm, &request(Endpoint::Authorize, &query), everything_at_once);
    let Body::Return(back) = reply.body else { panic!("no way back") };
    assert_eq!(back.mode, ResponseMode::Fragment, "tokens stay out of the query");
    let names: Vec<&str> = back.params.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["code", "access_token", "token_type", "expires_in", "id_token", "scope", "state", "iss"]);
    let id_token = Opened::read(back.params.get("id_token").expect("an ID token")).expect("a JWT");
    assert_eq!(id_token.claim("nonce"), Some("n"));
    let hash = |name: &str| crate::tokens::half_hash(crate::tokens::Alg::RS256, back.params.get(name).expect("there"));
    assert_eq!(id_token.claim("c_hash"), Some(hash("code").as_str()));
    assert_eq!(id_token.claim("at_hash"), Some(hash("access_token").as_str()));
}

#[test]
fn a_sign_in_that_fails_tells_whoever_waits_for_it() {
    let realm = realm();
    let query = format!("client_id=notes-web&prompt=nonsense&{SIGN_IN}");
    let (_, entry) = ask(&realm, &request(Endpoint::Authorize, &query), flows::authorize);
    assert_eq!(entry.refused.expect("a refusal").check.name(), "ParameterUsable");
    fn shows(ctx: &mut Ctx<'_>, _: &Request) -> Result<Outcome, Failure> {
        let request = ctx.understood.authorization.clone().unwrap_or_default();
        let client = ctx.settings.client("notes-web").expect("the app");
        let destination = Destination::App(Box::new(ReturnAddress::find(ctx, &client, &request)?));
        assert_eq!(destination.shown(), ("localhost:3000".to_owned(), "/callback".to_owned()));
        Err(destination.refuse(ctx.refuse(crate::spec::Check::PersonAgrees)))
    }
    let told = trace(&realm, &request(Endpoint::Authorize, &format!("client_id=notes-web&{SIGN_IN}")), shows);
    assert!(told.ends_with("✗ PersonAgrees\n→ error error_description error_uri state iss"), "{told}");
}
