//! `standin users` and `standin clients`: added, shown, changed, removed while the provider runs.

use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};

use super::Exit;
use super::manage::{lines, pretty, text};
use super::running::{ServerArgs, pairs, part};

/// What is to be done with users.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum UsersCommand {
    /// List the people
    List(ServerArgs),
    /// Show one person with all claims
    Show {
        /// `sub`
        sub: String,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Add a person
    Add {
        /// `sub`
        sub: String,
        /// A claim, or username, password, locked
        #[arg(long = "set", value_name = "NAME=VALUE")]
        set: Vec<String>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Change a person; `NAME=null` leaves a claim out
    Set {
        /// `sub`
        sub: String,
        /// What to change
        #[arg(value_name = "NAME=VALUE", required = true)]
        set: Vec<String>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Remove a person
    Rm {
        /// `sub`
        sub: String,
        #[command(flatten)]
        server: ServerArgs,
    },
}

/// `standin users`
pub(super) fn users(command: &UsersCommand) -> Result<(), Exit> {
    let one = |sub: &str| format!("/users/{}", part(sub));
    match command {
        UsersCommand::List(server) => server.ask((Method::GET, "/users", None), |users| {
            lines(users, |user| format!("{:<16} {}", text(&user["sub"]), text(&user["name"])))
        }),
        UsersCommand::Show { sub, server } => server.ask((Method::GET, &one(sub), None), pretty),
        UsersCommand::Add { sub, set, server } => {
            let mut body = json!(pairs("--set", set)?);
            body["sub"] = sub.as_str().into();
            server.ask((Method::POST, "/users", Some(body)), |_| format!("{sub} can sign in"))
        }
        UsersCommand::Set { sub, set, server } => {
            let body = json!(pairs("set", set)?);
            server.ask((Method::PATCH, &one(sub), Some(body)), pretty)
        }
        UsersCommand::Rm { sub, server } => server.ask((Method::DELETE, &one(sub), None), |_| format!("{sub} is gone")),
    }
}

/// What is to be done with clients.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum ClientsCommand {
    /// List the registered apps
    List(ServerArgs),
    /// Show one app, with its secret
    Show {
        /// `client_id`
        id: String,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Register an app; from then on no other is accepted
    Add {
        /// `client_id`
        id: String,
        /// Its secret [default: none, a public client]
        #[arg(long)]
        secret: Option<String>,
        /// Where codes may be sent; may be repeated
        #[arg(long, value_name = "URI")]
        redirect_uri: Vec<String>,
        /// Any other key of the configuration
        #[arg(long = "set", value_name = "NAME=VALUE")]
        set: Vec<String>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Change an app; `NAME=null` leaves a key out
    Set {
        /// `client_id`
        id: String,
        /// What to change
        #[arg(value_name = "NAME=VALUE", required = true)]
        set: Vec<String>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Remove an app
    Rm {
        /// `client_id`
        id: String,
        #[command(flatten)]
        server: ServerArgs,
    },
}

/// `standin clients`
pub(super) fn clients(command: &ClientsCommand) -> Result<(), Exit> {
    let one = |id: &str| format!("/clients/{}", part(id));
    match command {
        ClientsCommand::List(server) => server.ask((Method::GET, "/clients", None), |clients| {
            if clients.as_array().is_some_and(Vec::is_empty) {
                return "none: any id and secret is accepted, unless the server is strict".into();
            }
            let uris = |client: &Value| {
                client["redirect_uris"].as_array().into_iter().flatten().map(text).collect::<Vec<_>>().join(" ")
            };
            lines(clients, |client| format!("{:<24} {}", text(&client["id"]), uris(client)))
        }),
        ClientsCommand::Show { id, server } => server.ask((Method::GET, &one(id), None), pretty),
        ClientsCommand::Add { id, secret, redirect_uri, set, server } => {
            let mut body = json!(pairs("--set", set)?);
            body["id"] = id.as_str().into();
            if let Some(secret) = secret {
                body["secret"] = secret.as_str().into();
            }
            if !redirect_uri.is_empty() {
                body["redirect_uris"] = json!(redirect_uri);
            }
            server.ask((Method::POST, "/clients", Some(body)), |_| {
                format!("{id} is registered, and only registered apps are accepted")
            })
        }
        ClientsCommand::Set { id, set, server } => {
            let body = json!(pairs("set", set)?);
            server.ask((Method::PATCH, &one(id), Some(body)), pretty)
        }
        ClientsCommand::Rm { id, server } => server.ask((Method::DELETE, &one(id), None), |_| format!("{id} is gone")),
    }
}
