//! A small axum app with a login, and its tests: `cargo test --example notes`.
//!
//! The app is an ordinary relying party on the `openidconnect` crate. It knows its issuer's URL, and nothing of Standin.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use openidconnect::core::{CoreClient, CoreProviderMetadata, CoreResponseType};
use openidconnect::{
    AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl,
    Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
};

/// What the app remembers of a browser.
#[derive(Default)]
struct Session {
    /// A sign-in that has begun.
    begun: Option<(CsrfToken, Nonce, PkceCodeVerifier)>,
    /// Who is signed in.
    user: Option<String>,
}

struct Notes {
    metadata: CoreProviderMetadata,
    home: String,
    sessions: Mutex<HashMap<String, Session>>,
}

impl Notes {
    async fn new(issuer: &str, home: &str) -> Result<Arc<Self>, Box<dyn std::error::Error>> {
        let metadata = CoreProviderMetadata::discover_async(IssuerUrl::new(issuer.to_owned())?, &send).await?;
        Ok(Arc::new(Self { metadata, home: home.to_owned(), sessions: Mutex::default() }))
    }

    fn router(self: &Arc<Self>) -> Router {
        let router = Router::new().route("/", get(home)).route("/login", get(login)).route("/callback", get(callback));
        router.with_state(Arc::clone(self))
    }

    fn session<T>(&self, id: &str, change: impl FnOnce(&mut Session) -> T) -> T {
        change(self.sessions.lock().expect("nobody panics with it").entry(id.to_owned()).or_default())
    }
}

/// Sends a request of `openidconnect`'s. A relying party follows no redirect of a token endpoint: its credentials would go along.
async fn send(request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let answer = http.execute(request.try_into()?).await?;
    let mut response = HttpResponse::default();
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = answer.bytes().await?.to_vec();
    Ok(response)
}

fn session_of(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies.split("; ").find_map(|pair| pair.strip_prefix("notes=")).map(str::to_owned)
}

async fn home(State(notes): State<Arc<Notes>>, headers: HeaderMap) -> Html<String> {
    let user = session_of(&headers).and_then(|id| notes.session(&id, |session| session.user.clone()));
    Html(match user {
        Some(user) => format!("<h1>Notes of {user}</h1>"),
        None => "<p>Nobody is signed in.</p><a href=\"/login\">Sign in</a>".to_owned(),
    })
}

async fn login(State(notes): State<Arc<Notes>>) -> Response {
    let client = CoreClient::from_provider_metadata(
        notes.metadata.clone(),
        ClientId::new("notes".into()),
        Some(ClientSecret::new("notes-secret".into())),
    );
    let redirect = RedirectUrl::new(format!("{}/callback", notes.home)).expect("a URL");
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(
            AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .set_redirect_uri(std::borrow::Cow::Owned(redirect))
        .add_scope(Scope::new("profile".into()))
        .set_pkce_challenge(challenge)
        .url();
    let id = CsrfToken::new_random().secret().clone();
    notes.session(&id, |session| session.begun = Some((state, nonce, verifier)));
    let cookie = format!("notes={id}; HttpOnly; SameSite=Lax; Path=/");
    ([(header::SET_COOKIE, cookie)], Redirect::to(url.as_str())).into_response()
}

async fn callback(State(notes): State<Arc<Notes>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let answer = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    match finish(&notes, &headers, &answer).await {
        Ok(()) => Redirect::to("/").into_response(),
        Err(why) => (StatusCode::FORBIDDEN, Html(format!("<h1>Sign-in failed</h1><p>{why}</p>"))).into_response(),
    }
}

/// Every check that a relying party owes its people.
async fn finish(notes: &Notes, headers: &HeaderMap, answer: &HashMap<String, String>) -> Result<(), String> {
    let id = session_of(headers).ok_or("no session")?;
    let begun = notes.session(&id, |session| session.begun.take());
    let (state, nonce, verifier) = begun.ok_or("no sign-in has begun in this browser")?;
    if answer.get("state") != Some(state.secret()) {
        return Err("the state is another one".into());
    }
    if let Some(error) = answer.get("error") {
        return Err(error.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect());
    }
    let code = AuthorizationCode::new(answer.get("code").ok_or("no code")?.clone());
    let client = CoreClient::from_provider_metadata(
        notes.metadata.clone(),
        ClientId::new("notes".into()),
        Some(ClientSecret::new("notes-secret".into())),
    )
    .set_redirect_uri(RedirectUrl::new(format!("{}/callback", notes.home)).map_err(|e| e.to_string())?);
    let request = client.exchange_code(code).map_err(|e| e.to_string())?.set_pkce_verifier(verifier);
    let tokens = request.request_async(&send).await.map_err(|e| e.to_string())?;
    let id_token = openidconnect::TokenResponse::id_token(&tokens).ok_or("no ID token")?;
    let claims = id_token.claims(&client.id_token_verifier(), &nonce).map_err(|e| e.to_string())?;
    notes.session(&id, |session| session.user = Some(claims.subject().to_string()));
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let issuer = std::env::args().nth(1).unwrap_or_else(|| "http://localhost:7760".into());
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    let notes = Notes::new(&issuer, "http://localhost:3000").await?;
    println!("http://localhost:3000 signs in at {issuer}");
    Ok(axum::serve(listener, notes.router()).await?)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use standin::{Emulator, Event, Expectation, Fault, Login, RealmHandle, SignIn};

    use super::Notes;

    /// The app on a free port, signing in at this realm; its URL.
    async fn app(realm: &RealmHandle) -> String {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let home = format!("http://localhost:{}", listener.local_addr().expect("an address").port());
        let notes = Notes::new(&realm.issuer(), &home).await.expect("discovery");
        tokio::spawn(async move { axum::serve(listener, notes.router()).await });
        home
    }

    #[tokio::test]
    async fn bob_signs_in() {
        let idp = Emulator::start().await;
        let home = app(idp.default_realm()).await;
        let page = idp.sign_in(SignIn::at(&format!("{home}/login")).by("bob")).await.expect("an end");
        assert!(page.body.contains("Notes of bob"), "{}", page.body);
        let redeemed = Expectation::of(Event::CodeRedeemed).at("notes").by("bob").times(1);
        idp.expect(&redeemed.within(Duration::from_secs(5))).await.expect("once");
    }

    #[tokio::test]
    async fn no_lie_is_believed() {
        let idp = Emulator::start().await;
        let home = app(idp.default_realm()).await;
        for lie in [
            "idt.nonce.wrong",
            "idt.sig.corrupt",
            "idt.aud.wrong",
            "idt.iss.wrong",
            "idt.exp.past",
            "authz.state.wrong",
        ] {
            let _told = idp.scoped_fault(Fault::named(lie));
            let page = idp.sign_in(SignIn::at(&format!("{home}/login")).by("alice")).await.expect("an end");
            assert!(page.status == 403 && page.body.contains("Sign-in failed"), "{lie}: {}", page.body);
        }
        let page = idp.sign_in(SignIn::at(&format!("{home}/login")).by("alice")).await.expect("an end");
        assert!(page.body.contains("Notes of alice"), "each lie ended with its guard");
    }

    #[tokio::test]
    async fn workers_do_not_meet() {
        let idp = Emulator::start().await;
        let (one, other) = (idp.realm("one"), idp.realm("other"));
        let (home_of_one, home_of_other) = (app(&one).await, app(&other).await);
        one.next_login(Login::declined());
        other.next_login(Login::by("alice"));
        let denied = one.sign_in(SignIn::at(&format!("{home_of_one}/login"))).await.expect("an end");
        assert!(denied.body.contains("access_denied"), "{}", denied.body);
        let page = other.sign_in(SignIn::at(&format!("{home_of_other}/login"))).await.expect("an end");
        assert!(page.body.contains("Notes of alice"), "{}", page.body);
    }
}
