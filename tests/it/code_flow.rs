//! Would a stranger agree? `openidconnect`, a strict relying party, signs in by every algorithm and every way of proving who a client is.

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdTokenVerifier, CoreProviderMetadata, CoreUserInfoClaims,
};
use openidconnect::{
    AccessTokenHash, AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse,
    IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, RedirectUrl, Scope, TokenResponse as _,
};
use serde_json::{Value, json};
use standin::tokens::{Alg, KeyChoice, KeyFiles, TokenDraft};
use standin::world::AuthMethod;
use standin::{Check, Client, Emulator};

use crate::harness::{Answer, Browser, CALLBACK, as_anyone, http, refused_by};

async fn send(request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let answer = http().execute(request.try_into()?).await?;
    let mut response = HttpResponse::default();
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = answer.bytes().await?.to_vec();
    Ok(response)
}

/// Verifies what is signed by the client's secret; no published key will do.
fn by_secret(idp: &Emulator, secret: &ClientSecret) -> CoreIdTokenVerifier<'static> {
    CoreIdTokenVerifier::new_confidential_client(
        ClientId::new("web".into()),
        secret.clone(),
        IssuerUrl::new(idp.issuer()).expect("an issuer"),
        openidconnect::core::CoreJsonWebKeySet::new(Vec::new()),
    )
}

/// Discovery, PKCE, state, nonce, ID token, `at_hash`, UserInfo and refresh, as the library does them.
async fn signs_in(idp: &Emulator, secret: Option<&str>, auth: AuthType, alg: Alg) {
    let issuer = IssuerUrl::new(idp.issuer()).expect("an issuer");
    let metadata = CoreProviderMetadata::discover_async(issuer, &send).await.expect("discovery");
    let secret = secret.map(|secret| ClientSecret::new(secret.into()));
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new("web".into()), secret.clone())
        .set_redirect_uri(RedirectUrl::new(CALLBACK.into()).expect("a URL"))
        .set_auth_type(auth);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scopes(["profile", "email", "offline_access"].map(|scope| Scope::new(scope.into())))
        .set_pkce_challenge(challenge)
        .url();
    let browser = Browser::new();
    let interaction = browser.get(url.as_str()).await.field("interaction");
    let form = [("interaction", interaction.as_str()), ("sub", "alice")];
    let back: Answer = browser.post(&format!("{}/sign-in", idp.issuer()), &form).await;
    assert_eq!(back.returned("state").as_deref(), Some(state.secret().as_str()));

    let code = AuthorizationCode::new(back.returned("code").expect("a code"));
    let tokens =
        client.exchange_code(code).expect("an endpoint").set_pkce_verifier(verifier).request_async(&send).await;
    let tokens = tokens.expect("tokens");
    let id_token = tokens.id_token().expect("an ID token");
    let allowed = [serde_json::from_value(json!(alg.as_str())).expect("an algorithm")];
    let verifier: CoreIdTokenVerifier<'_> = match (alg, &secret) {
        (Alg::HS256, Some(secret)) => by_secret(idp, secret),
        _ => client.id_token_verifier(),
    };
    let verifier = verifier.set_allowed_algs(allowed);
    let claims = id_token.claims(&verifier, &nonce).unwrap_or_else(|e| panic!("{alg:?}: {e}"));
    assert_eq!(claims.subject().as_str(), "alice");
    if let Some(expected) = claims.access_token_hash().filter(|_| alg != Alg::HS256) {
        let (algorithm, key) =
            (id_token.signing_alg().expect("an algorithm"), id_token.signing_key(&verifier).expect("a key"));
        let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key).expect("a hash");
        assert_eq!(&actual, expected, "at_hash");
    }
    let info: CoreUserInfoClaims = client
        .user_info(tokens.access_token().clone(), Some(claims.subject().clone()))
        .expect("an endpoint")
        .request_async(&send)
        .await
        .expect("UserInfo");
    assert_eq!(info.email().map(|email| email.as_str()), Some("alice@example.com"));
    let refreshed =
        client.exchange_refresh_token(tokens.refresh_token().expect("a refresh token")).expect("an endpoint");
    let refreshed = refreshed.request_async(&send).await.expect("a refresh");
    let again =
        refreshed.id_token().expect("an ID token").claims(&verifier, |_: Option<&Nonce>| Ok(())).expect("claims");
    assert_eq!(again.subject(), claims.subject());
}

fn web(alg: Alg) -> Client {
    let mut web = Client::confidential("web", "a secret of more than thirty-two bytes").redirects_to(CALLBACK);
    web.id_token_signed_response_alg = Some(alg.into());
    web.access_token_signed_response_alg = Some(alg).filter(|alg| *alg != Alg::HS256);
    web
}

#[tokio::test]
async fn a_relying_party_signs_in_by_every_algorithm() {
    for alg in Alg::ALL {
        let client = web(alg);
        let secret = client.secret.clone();
        let idp = Emulator::builder().client(client).start().await;
        signs_in(&idp, secret.as_deref(), AuthType::BasicAuth, alg).await;
    }
}

#[tokio::test]
async fn a_relying_party_authenticates_by_secret_in_header_or_body_or_not_at_all() {
    for (method, auth) in [
        (AuthMethod::ClientSecretBasic, AuthType::BasicAuth),
        (AuthMethod::ClientSecretPost, AuthType::RequestBody),
        (AuthMethod::None, AuthType::RequestBody),
    ] {
        let mut client = web(Alg::RS256);
        client.token_endpoint_auth_method = Some(method);
        let secret = client.secret.take_if(|_| method == AuthMethod::None);
        let sent = client.secret.clone();
        drop(secret);
        let idp = Emulator::builder().client(client).start().await;
        signs_in(&idp, sent.as_deref(), auth, Alg::RS256).await;
    }
}

#[tokio::test]
async fn a_relying_party_signs_in_where_nobody_is_registered() {
    let idp = Emulator::start().await;
    signs_in(&idp, Some("whatever"), AuthType::BasicAuth, Alg::RS256).await;
}

/// A client assertion, RFC 7523 §3, changed by `more`.
#[expect(clippy::needless_pass_by_value, reason = "callers write the claims where they call")]
fn assertion(idp: &Emulator, key: KeyChoice, more: Value) -> String {
    let mut claims = json!({"iss": "web", "sub": "web", "aud": idp.issuer(), "exp": idp.provider().now().0 + 60});
    claims["jti"] = format!("{}", idp.provider().journal().count()).into();
    let mut claims = claims.as_object().expect("an object").clone();
    claims.extend(more.as_object().expect("an object").clone());
    let ring = KeyFiles::Development.open().expect("keys");
    ring.sign(&TokenDraft::new(serde_json::Map::new(), claims, key))
}

async fn with_assertion(idp: &Emulator, assertion: &str) -> Answer {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
    ];
    as_anyone(idp, "/token", &form).await
}

/// A client that proves itself by the development keys: they are as good as any others.
fn by_key() -> Client {
    let mut client = Client::public("web").redirects_to(CALLBACK);
    let jwks = KeyFiles::Development.open().expect("keys").jwks(standin::UnixTime(0), |_| true);
    client.jwks = Some(Value::Object(jwks));
    client
}

#[tokio::test]
async fn a_client_proves_itself_by_a_signed_assertion() {
    let idp = Emulator::builder().client(by_key()).start().await;
    for alg in Alg::PUBLIC {
        let answer = with_assertion(&idp, &assertion(&idp, KeyChoice::Current(alg), json!({}))).await;
        assert_eq!(answer.status, 200, "{alg:?}: {}", answer.text);
    }
    let endpoint = format!("{}/token", idp.issuer());
    for audience in [json!(endpoint), json!([endpoint, "x"])] {
        let assertion = assertion(&idp, KeyChoice::Current(Alg::ES256), json!({"aud": audience}));
        assert_eq!(with_assertion(&idp, &assertion).await.status, 200);
    }
    let secret = "a secret of more than thirty-two bytes";
    let idp = Emulator::builder().client(web(Alg::RS256)).start().await;
    let answer = with_assertion(&idp, &assertion(&idp, KeyChoice::Secret(secret.into()), json!({}))).await;
    assert_eq!(answer.status, 200, "client_secret_jwt: {}", answer.text);
    with_assertion(&idp, &assertion(&idp, KeyChoice::Secret("another".into()), json!({}))).await;
    refused_by(&idp, Check::ClientAssertionValid);
}

#[tokio::test]
async fn an_assertion_that_is_not_right_or_not_new_is_refused() {
    let idp = Emulator::builder().client(by_key()).start().await;
    let sign = |more| assertion(&idp, KeyChoice::Current(Alg::RS256), more);
    let used = sign(json!({}));
    assert_eq!(with_assertion(&idp, &used).await.status, 200);
    assert_eq!(with_assertion(&idp, &used).await.member("error"), "invalid_client");
    refused_by(&idp, Check::ClientAssertionUnused);
    let now = idp.provider().now().0;
    for wrong in [
        json!({"iss": "spa"}),
        json!({"aud": "https://elsewhere.example"}),
        json!({"aud": null}),
        json!({"exp": now - 120}),
        json!({"exp": null}),
        json!({"exp": now + 10 * 86_400}),
        json!({"nbf": now + 600}),
        json!({"jti": null}),
    ] {
        let answer = with_assertion(&idp, &sign(wrong.clone())).await;
        assert_eq!((answer.status, answer.member("error").as_str()), (401, "invalid_client"), "{wrong}");
        refused_by(&idp, Check::ClientAssertionValid);
    }
    let altered = sign(json!({})).replacen("eyJpc3Mi", "eyJpc3NB", 1);
    assert_eq!(with_assertion(&idp, &altered).await.status, 401);
    // Made for another host, and sent to ours under that name.
    let stolen = sign(json!({"aud": "http://other-as.example/token"}));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", stolen.as_str()),
    ];
    let request = http().post(format!("{}/token", idp.issuer())).header("host", "other-as.example");
    assert_eq!(crate::harness::post(request, &form).await.status, 401);
    refused_by(&idp, Check::ClientAssertionValid);
}

#[tokio::test]
async fn a_clients_keys_are_fetched_and_fetched_again_when_it_has_a_new_one() {
    // The client publishes its keys at a Standin of its own, which knows how to rotate.
    let keys = Emulator::start().await;
    let mut client = Client::public("web").redirects_to(CALLBACK);
    client.jwks_uri = Some(format!("{}/jwks", keys.issuer()).parse().expect("a URL"));
    let idp = Emulator::builder().client(client).start().await;
    idp.freeze(idp.provider().now());
    let sign = || {
        let claims = json!({"iss": "web", "sub": "web", "aud": idp.issuer(), "exp": idp.provider().now().0 + 60, "jti": idp.provider().journal().count()});
        let mut claims = claims.as_object().expect("an object").clone();
        claims["jti"] = format!("{}", claims["jti"]).into();
        let draft = TokenDraft::new(serde_json::Map::new(), claims, KeyChoice::Current(Alg::ES256));
        keys.provider().settings().keys.sign(&draft)
    };
    assert_eq!(with_assertion(&idp, &sign()).await.status, 200);
    keys.rotate_keys_of(Alg::ES256, "1h".parse().expect("a lifetime")).expect("a key");
    idp.advance(std::time::Duration::from_secs(2));
    let answer = with_assertion(&idp, &sign()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    drop(keys);
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_are_a_refusal_that_says_so() {
    let mut client = Client::public("web");
    client.jwks_uri = Some("http://127.0.0.1:9/jwks".parse().expect("a URL"));
    let idp = Emulator::builder().client(client).start().await;
    let answer = with_assertion(&idp, &assertion(&idp, KeyChoice::Current(Alg::ES256), json!({}))).await;
    assert_eq!((answer.status, answer.member("error").as_str()), (401, "invalid_client"));
    assert!(answer.member("error_description").contains("http://127.0.0.1:9/jwks"));
}

#[tokio::test]
async fn a_clients_keys_are_fetched_again_though_the_clock_stands_still() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port");
    let mut client = Client::public("web").redirects_to(CALLBACK);
    client.jwks_uri = Some(format!("http://localhost:{}/jwks", free.port()).parse().expect("a URL"));
    let idp = Emulator::builder().client(client).start().await;
    idp.freeze(idp.provider().now());
    let ask = async |keys: &standin::tokens::KeyRing, jti: usize| {
        let claims = json!({
            "iss": "web", "sub": "web", "aud": idp.issuer(), "exp": idp.provider().now().0 + 60, "jti": jti.to_string()
        });
        let claims = claims.as_object().expect("an object").clone();
        let draft = TokenDraft::new(serde_json::Map::new(), claims, KeyChoice::Current(Alg::ES256));
        with_assertion(&idp, &keys.sign(&draft)).await.status
    };
    let ring = KeyFiles::Development.open().expect("keys");
    assert_eq!(ask(&ring, 0).await, 401, "the client does not listen yet");
    let publisher = Emulator::builder().with(|config| config.port = free.port()).start().await;
    // A failure is believed for a second of the machine's clock; the realm's stands.
    let asked_until_known = async {
        let mut jti = 1;
        while ask(&publisher.provider().settings().keys, jti).await != 200 {
            jti += 1;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), asked_until_known).await.expect("it is asked again");
}
