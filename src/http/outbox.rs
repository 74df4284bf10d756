//! Requests that we make ourselves: few, small, and never where a redirect points.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use futures_util::{StreamExt as _, stream};
use reqwest::cookie::Jar;
use reqwest::redirect::Policy;
use reqwest::{Body, Certificate, Client};
use serde_json::Value;

use crate::protocol::Params;
use crate::realm::{Message, Outbox, Posted, Wire};

use super::record;

/// The longest that an app or provider may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most bytes of a document that is fetched.
const LARGEST: usize = 256 * 1024;

/// The authorities in a text of certificates in PEM.
pub fn authorities(pem: &[u8]) -> Result<Vec<Certificate>, String> {
    match Certificate::from_pem_bundle(pem) {
        Ok(all) if !all.is_empty() => Ok(all),
        Ok(_) => Err("there is no certificate in it, in PEM".into()),
        Err(e) => Err(format!("it is no certificate in PEM: {e}")),
    }
}

/// A client for requests to apps and providers, with TLS by the one crypto library that is linked. `trusted` are authorities that are
/// believed beside the machine's own.
pub fn http_client(trusted: &[Certificate]) -> Result<Client, reqwest::Error> {
    // Whoever came first has installed the same.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    // A connection belongs to the thread that opened it; the next request may be made by another.
    let client = Client::builder().no_proxy().redirect(Policy::none()).pool_max_idle_per_host(0);
    client.tls_certs_merge(trusted.iter().cloned()).timeout(PATIENCE).build()
}

/// The same for the samples, which wait as long as an answer may be held.
#[cfg(feature = "demo")]
pub fn patient_client(trusted: &[Certificate]) -> Result<Client, reqwest::Error> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = Client::builder().no_proxy().redirect(Policy::none()).pool_max_idle_per_host(0);
    client.tls_certs_merge(trusted.iter().cloned()).timeout(Duration::from_mins(11)).build()
}

/// The same as a browser without a screen: it keeps cookies, and follows nothing by itself.
pub fn browser_client(jar: Arc<Jar>, trusted: &[Certificate]) -> Result<Client, reqwest::Error> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = Client::builder().no_proxy().redirect(Policy::none()).cookie_provider(jar);
    client.tls_certs_merge(trusted.iter().cloned()).timeout(Duration::from_secs(30)).build()
}

/// The way out over HTTP.
#[derive(Debug, Default)]
pub struct HttpOutbox {
    /// Authorities that are believed beside the machine's own.
    trusted: Vec<Certificate>,
    /// Made at the first use, once: most realms never call anybody.
    client: OnceLock<Client>,
}

impl HttpOutbox {
    /// One that believes these authorities beside the machine's own.
    pub fn trusting(trusted: Vec<Certificate>) -> Self {
        Self { trusted, ..Self::default() }
    }

    fn client(&self) -> Result<Client, String> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let client = http_client(&self.trusted).map_err(|e| e.to_string())?;
        Ok(self.client.get_or_init(|| client).clone())
    }

    async fn bring(&self, url: &str, media_types: &str) -> Result<Vec<u8>, String> {
        let response = self.client()?.get(url).header("accept", media_types).send().await;
        let response = response.map_err(|e| format!("{url} could not be fetched: {e}"))?;
        if !response.status().is_success() {
            return Err(format!("{url} answered {}", response.status()));
        }
        limited(response).await.map_err(|e| format!("{url}: {e}"))
    }

    async fn send(&self, url: &str, text: String, pause: Duration) -> Result<(u16, Message), String> {
        let request = self.client()?.post(url).header(CONTENT_TYPE, FORM);
        let request = match pause {
            Duration::ZERO => request.body(text),
            // Its length is said beforehand, as that of any form: the app knows that more is to come.
            _ => request.header(CONTENT_LENGTH, text.len()).body(in_halves(text, pause)).timeout(PATIENCE + pause),
        };
        let response = request.send().await.map_err(|e| format!("{url} could not be reached: {e}"))?;
        let status = response.status();
        let line = ["HTTP/1.1", status.as_str(), status.canonical_reason().unwrap_or_default()];
        let head = record::head_of(&line, response.headers());
        // What it answered is known by now; of a body that breaks off or is too long nothing is kept.
        let body = limited(response).await.unwrap_or_default();
        Ok((status.as_u16(), Message::received(head, &body)))
    }
}

/// The media type of forms.
const FORM: &str = "application/x-www-form-urlencoded";

#[async_trait]
impl Outbox for HttpOutbox {
    async fn fetch(&self, url: &str) -> Result<Value, String> {
        let bytes = self.bring(url, "application/json").await?;
        let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
        serde_json::from_slice::<Value>(text).map_err(|e| format!("{url} is no JSON: {e}"))
    }

    async fn fetch_text(&self, url: &str) -> Result<String, String> {
        let bytes = self.bring(url, "application/oauth-authz-req+jwt, application/jwt").await?;
        String::from_utf8(bytes).map_err(|_| format!("{url} is no text"))
    }

    async fn post(&self, url: &str, form: &Params, pause: Duration) -> Posted {
        let text = form.to_query();
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(FORM))]);
        let request = Message::received(record::head_of(&["POST", url, "HTTP/1.1"], &headers), text.as_bytes());
        match self.send(url, text, pause).await {
            Ok((status, response)) => Posted { wire: Wire { request, response }, status: Ok(status) },
            Err(why) => Posted { wire: Wire { request, response: Message::default() }, status: Err(why) },
        }
    }
}

/// A body whose second half comes a while after the first.
fn in_halves(text: String, pause: Duration) -> Body {
    let mut first = text.into_bytes();
    let second = first.split_off(first.len() / 2);
    let halves = [(first, Duration::ZERO), (second, pause)];
    Body::wrap_stream(stream::iter(halves).then(|(half, wait)| async move {
        tokio::time::sleep(wait).await;
        Ok::<_, Infallible>(half)
    }))
}

async fn limited(mut response: reqwest::Response) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| e.to_string())? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LARGEST {
            return Err(format!("more than {LARGEST} bytes"));
        }
    }
    Ok(bytes)
}
