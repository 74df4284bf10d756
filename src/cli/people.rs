//! `standin users` and `standin clients`: added, shown, changed, removed while the provider runs.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use super::exit::Exit;
use super::manage::{lines, pretty, text};
use super::running::{ServerArgs, pairs, part};

/// What is said of a person or an app, written the same way wherever it is added or changed.
#[derive(Clone, Debug, Args)]
pub(super) struct Members {
    /// A claim, or any key of the configuration
    #[arg(value_name = "NAME=VALUE")]
    members: Vec<String>,
    /// The same, as `next` and `token` take it
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
}

impl Members {
    fn read(&self) -> Result<crate::protocol::Map, Exit> {
        let mut read = pairs("", &self.members)?;
        read.extend(pairs("--set", &self.set)?);
        Ok(read)
    }

    fn some(&self) -> Result<crate::protocol::Map, Exit> {
        let read = self.read()?;
        if read.is_empty() { Err(Exit::usage("say what to change: NAME=VALUE")) } else { Ok(read) }
    }
}

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
        #[command(flatten)]
        set: Members,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Change a person; `NAME=null` leaves a claim out
    Set {
        /// `sub`
        sub: String,
        #[command(flatten)]
        set: Members,
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
            lines(users, |user| {
                let words = |claim: &str| match &user[claim] {
                    Value::Array(words) => words.iter().map(text).collect::<Vec<_>>().join(","),
                    one => text(one),
                };
                let locked = if user["locked"] == json!(true) { "  locked" } else { "" };
                let (name, email, roles) = (text(&user["name"]), text(&user["email"]), words("roles"));
                format!("{:<16} {name:<24} {email:<28} {roles}{locked}", text(&user["sub"]))
            })
        }),
        UsersCommand::Show { sub, server } => server.ask((Method::GET, &one(sub), None), pretty),
        UsersCommand::Add { sub, set, server } => {
            let mut body = json!(set.read()?);
            body["sub"] = sub.as_str().into();
            server.ask((Method::POST, "/users", Some(body)), |_| format!("{sub} can sign in"))
        }
        UsersCommand::Set { sub, set, server } => {
            let body = json!(set.some()?);
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
        #[command(flatten)]
        set: Members,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Print where a browser begins a sign-in at an app that has an `initiate_login_uri`
    Begin {
        /// `client_id`
        id: String,
        /// Who is to sign in
        #[arg(long, value_name = "NAME")]
        login_hint: Option<String>,
        /// Where the app leads afterwards
        #[arg(long, value_name = "URI")]
        target_link_uri: Option<String>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Change an app; `NAME=null` leaves a key out
    Set {
        /// `client_id`
        id: String,
        #[command(flatten)]
        set: Members,
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
            let mut body = json!(set.read()?);
            body["id"] = id.as_str().into();
            if let Some(secret) = secret {
                body["secret"] = secret.as_str().into();
            }
            if !redirect_uri.is_empty() {
                body["redirect_uris"] = json!(redirect_uri);
            }
            server.ask((Method::POST, "/clients", Some(body)), |client| {
                let nowhere = client["redirect_uris"].as_array().is_none_or(Vec::is_empty);
                let nowhere = if nowhere {
                    "\nnote: it has no redirect URI, so nobody can sign in to it: --redirect-uri"
                } else {
                    ""
                };
                format!("{id} is registered, and only registered apps are accepted{nowhere}")
            })
        }
        ClientsCommand::Begin { id, login_hint, target_link_uri, server } => {
            let said = [("login_hint", login_hint), ("target_link_uri", target_link_uri)];
            let said = said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
            let query: crate::protocol::Params = said.collect();
            let path = format!("{}/initiate-login?{}", one(id), query.to_query());
            server.ask((Method::GET, path.trim_end_matches('?'), None), |begun| text(&begun["url"]))
        }
        ClientsCommand::Set { id, set, server } => {
            let body = json!(set.some()?);
            server.ask((Method::PATCH, &one(id), Some(body)), pretty)
        }
        ClientsCommand::Rm { id, server } => server.ask((Method::DELETE, &one(id), None), |_| format!("{id} is gone")),
    }
}
