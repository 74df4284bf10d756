//! `standin decode`: what a token says, and whether its signature holds.

use std::io::Read as _;

use clap::Args;
use serde_json::Value;

use crate::http::HttpOutbox;
use crate::realm::Outbox as _;
use crate::tokens::{KeyFiles, Opened, Unverified, liar, token_in, verify_with_jwk};
use crate::world::Clock;

use super::exit::Exit;
use super::moment;
use super::output::print;
use super::running::block_on;

/// Which token, and whose keys.
#[derive(Clone, Debug, Args)]
pub(super) struct DecodeArgs {
    /// The token, or - to read it from standard input
    #[arg(default_value = "-")]
    token: String,
    /// A JWKS to verify against, URL or file [default: the development keys]
    #[arg(long, value_name = "URL|FILE")]
    jwks: Option<String>,
    /// Print header and claims as JSON
    #[arg(long)]
    json: bool,
}

/// What each claim is, in a few words.
const CLAIMS: [(&str, &str); 18] = [
    ("iss", "who issued it"),
    ("sub", "whom it is about"),
    ("aud", "whom it is for"),
    ("exp", "when it expires"),
    ("nbf", "from when it counts"),
    ("iat", "when it was issued"),
    ("jti", "its own name"),
    ("nonce", "the app's proof that it asked for this one"),
    ("auth_time", "when the person signed in"),
    ("acr", "how surely"),
    ("amr", "how"),
    ("azp", "which app may use it"),
    ("at_hash", "the access token that came with it, hashed"),
    ("c_hash", "the code that came with it, hashed"),
    ("sid", "the sign-in at the provider"),
    ("client_id", "which app it was issued to"),
    ("scope", "what it allows"),
    ("events", "what has happened"),
];

/// Explains the token. The exit code is 1 if the signature does not hold.
pub(super) fn decode(args: &DecodeArgs) -> Result<(), Exit> {
    let token = read(&args.token)?;
    let opened = Opened::read(&token).map_err(|why| Exit::usage(format!("the token {}", why.sentence())))?;
    let verified = verify(&token, args.jwks.as_deref())?;
    if args.json {
        let whole = serde_json::json!({ "header": opened.header, "claims": opened.claims, "signature_holds": verified.is_ok() });
        print(&serde_json::to_string_pretty(&whole).map_err(|e| Exit::failed(e.to_string()))?)?;
    } else {
        explain(&opened)?;
    }
    match verified {
        Ok(_) if args.json => Ok(()),
        Ok(_) => print(&format!("\nThe signature holds.{}", expired(&opened))),
        Err(why) => {
            let by = liar(&token)
                .map(|whose| format!("\n  it is signed by {whose}, as a fault told the provider to"))
                .unwrap_or_default();
            Err(Exit::failed(format!("the token {}{by}", why.sentence())))
        }
    }
}

fn read(token: &str) -> Result<String, Exit> {
    if token != "-" {
        return Ok(token_in(token));
    }
    let mut text = String::new();
    let limited = &mut std::io::stdin().take(1024 * 1024);
    limited.read_to_string(&mut text).map_err(|e| Exit::usage(format!("cannot read the token: {e}")))?;
    Ok(token_in(&text))
}

fn verify(token: &str, jwks: Option<&str>) -> Result<Result<Opened, Unverified>, Exit> {
    let jwks: Value = match jwks {
        None => {
            let ring = KeyFiles::Development.open().map_err(|e| Exit::failed(e.to_string()))?;
            Value::Object(ring.jwks(Clock::default().now(), |_| true))
        }
        Some(url) if url.starts_with("http://") || url.starts_with("https://") => {
            let trusted = super::running::trusted()?;
            block_on(async { HttpOutbox::trusting(trusted).fetch(url).await.map_err(Exit::unreachable) })?
        }
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(|e| Exit::usage(format!("cannot read {file}: {e}")))?;
            serde_json::from_str(text.trim_start_matches('\u{feff}'))
                .map_err(|e| Exit::usage(format!("{file} is no JWKS: {e}")))?
        }
    };
    Ok(verify_with_jwk(token, &jwks))
}

fn explain(opened: &Opened) -> Result<(), Exit> {
    print("header")?;
    opened.header.iter().try_for_each(|(name, value)| print(&format!("  {name:<12} {value}")))?;
    print("claims")?;
    let now = Clock::default().now();
    for (name, value) in &opened.claims {
        let known = CLAIMS.iter().find(|(known, _)| known == name).map(|(_, sentence)| *sentence);
        let from_now = match (name.as_str(), opened.time(name)) {
            ("exp" | "nbf" | "iat" | "auth_time", Some(at)) => {
                format!(": {}, {}", moment::shown(at), moment::from_now(at.since(now)))
            }
            _ => String::new(),
        };
        let comment = known.map(|known| format!("   ({known}{from_now})")).unwrap_or_default();
        print(&format!("  {name:<12} {value}{comment}"))?;
    }
    Ok(())
}

/// That a token has expired is no fault of its signature, but it is what most people look for.
fn expired(opened: &Opened) -> String {
    let since = opened.time("exp").map_or(-1, |exp| Clock::default().now().since(exp));
    if since >= 0 { format!(" It expired {}.", moment::from_now(-since)) } else { String::new() }
}
