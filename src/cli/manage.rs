//! `standin sessions`, `logout`, `keys`, `time`, `realm`, `snapshot`, `reset`: one call of the control API each.

use std::fs;

use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};

use crate::protocol::{Lifetime, Millis, Span, UnixTime, nearest};

use super::exit::Exit;
use super::moment::{self, Moment};
use super::running::{ServerArgs, block_on, pairs, part};

/// What is to be done with sign-ins.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum SessionsCommand {
    /// List who is signed in
    List(ServerArgs),
    /// End a sign-in
    End {
        /// `sid`
        #[arg(allow_hyphen_values = true)]
        sid: String,
        #[command(flatten)]
        server: ServerArgs,
    },
}

/// `standin sessions`
pub(super) fn sessions(command: &SessionsCommand) -> Result<(), Exit> {
    match command {
        SessionsCommand::List(server) => server.ask((Method::GET, "/sessions", None), |sessions| {
            let clients = |session: &Value| {
                session["clients"].as_array().into_iter().flatten().map(text).collect::<Vec<_>>().join(" ")
            };
            lines(sessions, |session| {
                format!("{}  {:<16} {}", text(&session["sid"]), text(&session["user"]), clients(session))
            })
        }),
        SessionsCommand::End { sid, server } => {
            let path = format!("/sessions/{}", part(sid));
            server.ask((Method::DELETE, &path, None), |_| "ended".into())
        }
    }
}

/// `standin logout`
pub(super) fn logout(user: &str, client: Option<&str>, server: &ServerArgs) -> Result<(), Exit> {
    let mut body = json!({ "user": user });
    let mut at = String::new();
    if let Some(client) = client {
        body["client"] = client.into();
        at = format!(" at {client}");
    }
    server.ask((Method::POST, "/logouts", Some(body)), |ended| {
        let count = ended["sessions"].as_u64().unwrap_or_default();
        format!("{count} {} of {user} ended{at}", if count == 1 { "sign-in" } else { "sign-ins" })
    })
}

/// What is to be done with keys.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// List the published keys
    List(ServerArgs),
    /// Sign with another key from now on: an announced one, or a new one
    Rotate {
        /// For which algorithm [default: the realm's own]
        #[arg(long)]
        alg: Option<String>,
        /// How long the old key stays published; 0 is not at all
        #[arg(long, default_value = "1h", value_name = "TIME")]
        grace: Lifetime,
        /// Publish a new key, and sign with it from the next rotation on
        #[arg(long)]
        announce: bool,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Publish a key no longer; if it signed, a new one takes its place
    Revoke {
        /// The key's name
        #[arg(allow_hyphen_values = true)]
        kid: String,
        #[command(flatten)]
        server: ServerArgs,
    },
}

/// `standin keys`
pub(super) fn keys(command: &KeysCommand) -> Result<(), Exit> {
    let listed = |keys: &Value| {
        let algs = |key: &Value| key["algs"].as_array().into_iter().flatten().map(text).collect::<Vec<_>>().join(" ");
        lines(keys, |key| format!("{}  {:<12} {}", text(&key["kid"]), algs(key), text(&key["state"])))
    };
    match command {
        KeysCommand::List(server) => server.ask((Method::GET, "/keys", None), listed),
        KeysCommand::Rotate { alg, grace, announce, server } => {
            let mut body = json!({ "grace": grace.to_string(), "announce": announce });
            if let Some(alg) = alg {
                body["alg"] = alg.as_str().into();
            }
            server.ask((Method::POST, "/keys/rotate", Some(body)), listed)
        }
        KeysCommand::Revoke { kid, server } => {
            let path = format!("/keys/{}", part(kid));
            server.ask((Method::DELETE, &path, None), |_| format!("{kid} is not published any more"))
        }
    }
}

/// `standin time`: show, forecast, freeze, set, advance, real; `+55m` and `-5m` for short.
pub(super) fn time(what: &str, at: Option<&str>, server: &ServerArgs) -> Result<(), Exit> {
    let set = |body: Value| server.ask((Method::PUT, "/clock", Some(body)), clock);
    let advance = |by: &str| {
        let by: Span = by.parse().map_err(Exit::usage)?;
        server.ask((Method::POST, "/clock/advance", Some(json!({ "by": by.to_string() }))), clock)
    };
    let needed =
        |example: &str| at.ok_or_else(|| Exit::usage(format!("{what} needs a time: standin time {what} {example}")));
    match what {
        "show" => server.ask((Method::GET, "/clock", None), clock),
        "forecast" => server.ask((Method::GET, "/clock/forecast", None), |expiries| {
            lines(expiries, |expiry| {
                let (at, seconds) = (UnixTime(expiry["at"].as_i64().unwrap_or_default()), &expiry["in_seconds"]);
                let from_now = moment::from_now(seconds.as_i64().unwrap_or_default());
                format!("{:<12} {}  {:<14} {}", from_now, moment::shown(at), text(&expiry["what"]), text(&expiry["of"]))
            })
        }),
        "freeze" => match at {
            Some(at) => set(json!({ "mode": "frozen", "at": moment_at(at, server)? })),
            None => set(json!({ "mode": "frozen" })),
        },
        "real" => set(json!({ "mode": "real" })),
        "set" => set(json!({ "mode": "running", "at": moment_at(needed("2026-01-01T09:00")?, server)? })),
        "advance" => advance(needed("55m")?),
        span if span.starts_with(['+', '-']) => advance(span),
        _ => {
            let known = ["show", "forecast", "freeze", "set", "advance", "real"];
            let near = nearest(what, known).map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default();
            Err(Exit::usage(format!("`{what}` is none of {}, +55m, -5m.{near}", known.join(", "))))
        }
    }
}

/// A typed time in seconds since 1970; one that counts from now counts by the realm's clock.
fn moment_at(typed: &str, server: &ServerArgs) -> Result<i64, Exit> {
    let typed = moment::parse(typed).map_err(Exit::usage)?;
    let now = match typed {
        Moment::At(at) => at,
        Moment::FromNow(_) => {
            let clock = block_on(server.remote()?.call(Method::GET, "/clock", None))?;
            UnixTime(clock["now"].as_i64().unwrap_or_default())
        }
    };
    Ok(typed.seen_from(now).0)
}

fn clock(clock: &Value) -> String {
    let (now, offset) =
        (UnixTime(clock["now"].as_i64().unwrap_or_default()), clock["offset"].as_i64().unwrap_or_default());
    let away = Millis::of_seconds(offset);
    let how = match (text(&clock["mode"]).as_str(), offset) {
        ("real", _) => "the machine's".to_owned(),
        ("frozen", _) => "frozen".to_owned(),
        (_, ahead) if ahead >= 0 => format!("{away} ahead of the machine's"),
        _ => format!("{away} behind the machine's"),
    };
    format!("{} ({how})", moment::shown(now))
}

/// What is to be done with realms.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum RealmCommand {
    /// Open a realm: like the first one, and on its own
    Create {
        /// Its name
        name: String,
        /// Close it after this time
        #[arg(long, value_name = "TIME")]
        ttl: Option<Lifetime>,
        /// Any key of the configuration that differs
        #[arg(long = "set", value_name = "NAME=VALUE")]
        set: Vec<String>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// List the realms
    List(ServerArgs),
    /// Print a cookie that leads a browser to a realm
    Ticket {
        /// Its name
        name: String,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Close a realm, with everything in it
    Rm {
        /// Its name
        name: String,
        #[command(flatten)]
        server: ServerArgs,
    },
}

/// `standin realm`
pub(super) fn realm(command: &RealmCommand) -> Result<(), Exit> {
    match command {
        RealmCommand::Create { name, ttl, set, server } => {
            let mut body = json!(pairs("--set", set)?);
            body["name"] = name.as_str().into();
            if let Some(ttl) = ttl {
                body["ttl"] = ttl.to_string().into();
            }
            server.ask((Method::POST, "/realms", Some(body)), |realm| text(&realm["issuer"]))
        }
        RealmCommand::List(server) => server.ask((Method::GET, "/realms", None), |realms| {
            lines(realms, |realm| format!("{:<20} {}", text(&realm["name"]), text(&realm["issuer"])))
        }),
        RealmCommand::Ticket { name, server } => {
            let path = format!("/realms/{}/tickets", part(name));
            server.ask((Method::POST, &path, None), |ticket| {
                format!("{}={}\n{}", text(&ticket["cookie"]), text(&ticket["value"]), text(&ticket["url"]))
            })
        }
        RealmCommand::Rm { name, server } => {
            let path = format!("/realms/{}", part(name));
            server.ask((Method::DELETE, &path, None), |_| format!("{name} is closed"))
        }
    }
}

/// What is to be done with snapshots.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum SnapshotCommand {
    /// Write the realm as it is into NAME.snapshot.json
    Save {
        /// The name, or a file that ends in .json
        name: String,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Make the realm what it was when the file was written
    Load {
        /// The name, or the file
        name: String,
        #[command(flatten)]
        server: ServerArgs,
    },
}

/// `standin snapshot`
pub(super) fn snapshot(command: &SnapshotCommand) -> Result<(), Exit> {
    let file = |name: &str| {
        if std::path::Path::new(name).extension().is_some_and(|end| end == "json") {
            name.to_owned()
        } else {
            format!("{name}.snapshot.json")
        }
    };
    match command {
        SnapshotCommand::Save { name, server } => {
            let remote = server.remote()?;
            let snapshot = block_on(remote.call(Method::POST, "/snapshots", Some(json!({ "name": name }))))?;
            let file = file(name);
            fs::write(&file, pretty(&snapshot) + "\n")
                .map_err(|e| Exit::failed(format!("cannot write {file}: {e}")))?;
            server.show(&json!({ "file": file }), |_| format!("written to {file}"))
        }
        SnapshotCommand::Load { name, server } => {
            let file = file(name);
            let read = fs::read_to_string(&file).map_err(|e| Exit::failed(format!("cannot read {file}: {e}")))?;
            let snapshot: Value = serde_json::from_str(read.trim_start_matches('\u{feff}'))
                .map_err(|e| Exit::failed(format!("{file} is no snapshot: {e}")))?;
            let remote = server.remote()?;
            block_on(async {
                let path = format!("/snapshots/{}", part(name));
                remote.call(Method::PUT, &path, Some(snapshot)).await?;
                remote.call(Method::POST, &format!("{path}/restore"), None).await
            })?;
            server.show(&json!({ "file": file }), |_| format!("the realm is what it was in {file}"))
        }
    }
}

/// `standin reset`
pub(super) fn reset(keep: &[String], server: &ServerArgs) -> Result<(), Exit> {
    server.ask((Method::POST, "/reset", Some(json!({ "keep": keep }))), |info| {
        format!("{} is what it was at the start", text(&info["issuer"]))
    })
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| if value.is_null() { String::new() } else { value.to_string() }, str::to_owned)
}

pub(super) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// One line for each item.
pub(super) fn lines(items: &Value, line: impl Fn(&Value) -> String) -> String {
    let items = items.as_array().cloned().unwrap_or_default();
    if items.is_empty() {
        return "none".into();
    }
    items.iter().map(|item| line(item).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}
