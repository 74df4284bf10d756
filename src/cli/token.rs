//! `standin token`: a token for a test of an API, in one line.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use reqwest::Method;

use crate::config::Config;
use crate::http::HttpOutbox;
use crate::protocol::{Scopes, Span};
use crate::realm::{Minted, ROOT, Realm, RealmOptions, Remembered, TokenSpec};
use crate::store::Memory;
use crate::tokens::KeyFiles;
use crate::tokens::TokenKind;
use crate::world::{AccessTokenFormat, Client};

use super::exit::Exit;
use super::output::print;
use super::running::{ServerArgs, block_on, pairs};
use super::sources::Text;

/// Which token.
#[derive(Clone, Debug, Args)]
pub(super) struct TokenArgs {
    /// Whom it is about [default: the client itself]
    #[arg(long = "as", value_name = "USER")]
    user: Option<String>,
    /// For which client
    #[arg(long, value_name = "ID")]
    client: String,
    /// Its scopes, separated by spaces
    #[arg(long, default_value = "")]
    scope: String,
    /// Its audience
    #[arg(long, alias = "aud")]
    audience: Option<String>,
    /// A claim to add or change; the value is JSON, or text where it is none
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// How long it is good for, such as 5m; -5m makes one that expired five minutes ago
    #[arg(long, value_name = "SPAN", allow_hyphen_values = true)]
    ttl: Option<Span>,
    /// An access token (the default)
    #[arg(long, conflicts_with = "id")]
    access: bool,
    /// An ID token
    #[arg(long)]
    id: bool,
    /// Configuration file, where there is no server
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    server: ServerArgs,
}

/// Makes the token and prints it.
pub(super) fn token(args: &TokenArgs) -> Result<(), Exit> {
    if args.client.is_empty() || args.user.as_deref() == Some("") {
        return Err(Exit::usage("--client and --as need a name"));
    }
    let spec = TokenSpec {
        user: args.user.clone(),
        client: args.client.clone(),
        scope: Scopes::from(args.scope.as_str()),
        audience: args.audience.clone(),
        claims: pairs("--set", &args.set)?,
        ttl: args.ttl,
        kind: if args.id { TokenKind::Id } else { TokenKind::Access },
    };
    let minted = match args.server.named()? {
        Some(url) => {
            let remote = args.server.remote_at(url)?;
            let body = serde_json::to_value(&spec).map_err(|e| Exit::failed(e.to_string()))?;
            let minted = block_on(remote.call(Method::POST, "/tokens", Some(body)))?;
            serde_json::from_value(minted).map_err(|e| Exit::failed(format!("this is no token: {e}")))?
        }
        None if args.server.realm.is_some() => {
            return Err(Exit::usage("a realm is a running server's: name it with --url"));
        }
        None => without_server(args.config.clone(), &spec)?,
    };
    minted.notes.iter().for_each(|note| eprintln!("note: {note}"));
    if !args.server.json {
        return print(&minted.token);
    }
    print(&serde_json::to_string_pretty(&minted).map_err(|e| Exit::failed(e.to_string()))?)
}

/// The same keys and the same code as a server has, so an API cannot tell the difference.
fn without_server(config: Option<PathBuf>, spec: &TokenSpec) -> Result<Minted, Exit> {
    let text = Text::find(config)?;
    let config: Config = text.read()?;
    let keys = config.keys.clone().map_or(KeyFiles::Development, |folder| KeyFiles::Folder(folder.into()));
    let keys = keys.open().map_err(|e| Exit::config(e.to_string()))?;
    let issuer = config.public_url.clone().unwrap_or_else(|| {
        let scheme = if config.speaks_tls() { "https" } else { "http" };
        crate::emulator::issuer(scheme, &config.host, config.port)
    });
    let realm = Realm::open(RealmOptions {
        name: ROOT.into(),
        config,
        source: text.source(),
        root_url: issuer,
        keys,
        store: Arc::new(Memory::default()),
        outbox: Arc::new(HttpOutbox::default()),
        remembered: Remembered::default(),
    })?;
    let client = realm.settings().client(&spec.client).unwrap_or_else(|| Arc::new(Client::unregistered(&spec.client)));
    if spec.kind == TokenKind::Access && realm.settings().access_token_format(&client) == AccessTokenFormat::Opaque {
        return Err(Exit::usage(
            "this client's access tokens are opaque, so only a running server knows them: name it with --url",
        ));
    }
    if let Some(why) = realm.misspelt(spec) {
        return Err(Exit::usage(why));
    }
    block_on(async { realm.mint(spec).await.map_err(|e| Exit::failed(e.to_string())) })
}
