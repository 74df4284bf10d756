//! Requests that we make ourselves: few, small, and never where a redirect points.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::Client;
use reqwest::cookie::Jar;
use reqwest::redirect::Policy;
use serde_json::Value;

use crate::realm::Fetch;

/// The most bytes of a document that is fetched.
const LARGEST: usize = 256 * 1024;

/// A client for requests to apps and providers, with TLS by the one crypto library that is linked.
pub fn http_client() -> Result<Client, reqwest::Error> {
    // Whoever came first has installed the same.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    // A connection belongs to the thread that opened it; the next request may be made by another.
    let client = Client::builder().no_proxy().redirect(Policy::none()).pool_max_idle_per_host(0);
    client.timeout(Duration::from_secs(5)).build()
}

/// The same as a browser without a screen: it keeps cookies, and follows nothing by itself.
pub fn browser_client(jar: Arc<Jar>) -> Result<Client, reqwest::Error> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = Client::builder().no_proxy().redirect(Policy::none()).cookie_provider(jar);
    client.timeout(Duration::from_secs(30)).build()
}

/// Fetches JSON documents, such as a client's `jwks_uri`. The client is made at the first use, once: most realms never fetch.
pub fn fetch() -> Fetch {
    let made: Arc<OnceLock<Client>> = Arc::default();
    Arc::new(move |url| {
        let made = Arc::clone(&made);
        Box::pin(async move {
            let client = if let Some(client) = made.get() {
                client.clone()
            } else {
                let client = http_client().map_err(|e| e.to_string())?;
                made.get_or_init(|| client).clone()
            };
            let response = client.get(&url).header("accept", "application/json").send().await;
            let response = response.map_err(|e| format!("{url} could not be fetched: {e}"))?;
            if !response.status().is_success() {
                return Err(format!("{url} answered {}", response.status()));
            }
            let bytes = limited(response).await.map_err(|e| format!("{url}: {e}"))?;
            let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
            serde_json::from_slice::<Value>(text).map_err(|e| format!("{url} is no JSON: {e}"))
        })
    })
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
