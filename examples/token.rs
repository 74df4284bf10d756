//! A program that fetches a token for itself, as `docs/token-server.md` has it: `cargo run --example token`.
//!
//! `STANDIN_URL` says where the token server is, if it is not at `http://localhost:7760`.

use std::env;
use std::error::Error;

#[expect(clippy::disallowed_methods, reason = "the environment says where the server is")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let server = env::var("STANDIN_URL").unwrap_or_else(|_| "http://localhost:7760".to_owned());
    let request = reqwest::Client::builder()
        .no_proxy()
        .build()?
        .post(format!("{server}/token"))
        .basic_auth("token-client", Some("token-client-secret"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("grant_type=client_credentials");
    let answer = request.send().await?.error_for_status()?.bytes().await?;
    let answer: serde_json::Value = serde_json::from_slice(&answer)?;
    let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
    println!("{} {}", text("token_type"), text("access_token"));
    Ok(())
}
