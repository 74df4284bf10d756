//! `standin watch`, `flows`, `expect`: what happened, what happens, what should have.

use std::fmt::Write as _;
use std::time::Duration;

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use crate::protocol::Lifetime;

use super::exit::Exit;
use super::manage::{lines, text};
use super::output::print;
use super::running::{ServerArgs, block_on, reason, texts};

/// `standin watch`: each exchange as it comes, until Ctrl-C.
pub(super) fn watch(server: &ServerArgs) -> Result<(), Exit> {
    let remote = server.remote()?;
    block_on(async {
        // Whoever watches may do so for a day.
        let mut stream = remote.send(Method::GET, "/events", None, Duration::from_hours(24)).await?;
        let mut waiting = Vec::new();
        while let Some(bytes) = stream.chunk().await.map_err(|e| Exit::unreachable(reason(&e)))? {
            waiting.extend_from_slice(&bytes);
            while let Some(end) = waiting.windows(2).position(|two| two == b"\n\n") {
                let event: Vec<u8> = waiting.drain(..end + 2).collect();
                let event = String::from_utf8_lossy(&event);
                let Some(data) = event.lines().find_map(|line| line.strip_prefix("data: ")) else { continue };
                if server.json {
                    print(data)?;
                } else if let Ok(exchange) = serde_json::from_str::<Value>(data) {
                    print(&line(&exchange))?;
                }
            }
        }
        Ok(())
    })
}

fn line(exchange: &Value) -> String {
    let user = exchange["user"].as_str().map(|user| format!(" for {user}")).unwrap_or_default();
    let events: Vec<String> = exchange["events"].as_array().into_iter().flatten().map(text).collect();
    let mut line = format!(
        "#{:<5} {:>3}  {} {} by {}{user}  {}",
        exchange["number"],
        exchange["status"],
        text(&exchange["method"]),
        text(&exchange["path"]),
        exchange["client"].as_str().filter(|client| !client.is_empty()).unwrap_or("-"),
        events.join(", "),
    );
    if let Some(explanation) = exchange["refused"]["explanation"].as_str() {
        let _ = write!(line, "\n       [{}] {explanation}", text(&exchange["refused"]["check"]));
    }
    for decided in exchange["decided_by"].as_array().into_iter().flatten() {
        let _ = write!(line, "\n       decided by {}", text(&decided["by"]));
    }
    line
}

/// What is to be done with sign-ins that happened.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum FlowsCommand {
    /// List the sign-ins
    List(ServerArgs),
    /// Show every message of one, secrets included
    Show {
        /// Its number
        id: u64,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Print one for other tools
    Export {
        /// Its number
        id: u64,
        /// json, har, mermaid, curl or playwright
        #[arg(long = "as", default_value = "mermaid", value_name = "FORMAT", value_parser = ["json", "har", "mermaid", "curl", "playwright"])]
        format: String,
        #[command(flatten)]
        server: ServerArgs,
    },
}

/// `standin flows`
pub(super) fn flows(command: &FlowsCommand) -> Result<(), Exit> {
    match command {
        FlowsCommand::List(server) => server.ask((Method::GET, "/flows", None), |flows| {
            lines(flows, |flow| {
                let events: Vec<String> = flow["events"].as_array().into_iter().flatten().map(text).collect();
                format!(
                    "#{:<5} {:<20} {:<12} {}",
                    flow["id"],
                    text(&flow["client"]),
                    text(&flow["user"]),
                    events.join(", ")
                )
            })
        }),
        FlowsCommand::Show { id, server } => show(*id, server),
        FlowsCommand::Export { id, format, server } => {
            let remote = server.remote()?;
            let exported = block_on(remote.text(&format!("/flows/{id}/export?as={format}")))?;
            if server.json && (format != "json" && format != "har") {
                return print(&json!({ "as": format, "text": exported }).to_string());
            }
            print(exported.trim_end())
        }
    }
}

/// Every message of a flow, and why it failed, if it did.
fn show(id: u64, server: &ServerArgs) -> Result<(), Exit> {
    let remote = server.remote()?;
    let mut flow = block_on(remote.call(Method::GET, &format!("/flows/{id}"), None))?;
    let why = block_on(remote.call(Method::GET, &format!("/flows/{id}/diagnosis"), None))?;
    if server.json {
        flow["ending"] = why["ending"].clone();
        flow["diagnosis"] = why["diagnosis"].clone();
        return print(&flow.to_string());
    }
    let messages = lines(&flow["messages"], |exchange| {
        let checks = exchange["checks"].as_array().into_iter().flatten().map(|check| {
            let mark = if check["held"] == json!(true) { '✓' } else { '✗' };
            format!("\n       {mark} {}: {}", text(&check["name"]), text(&check["sentence"]))
        });
        line(exchange) + &checks.collect::<String>()
    });
    let mut said = format!("{messages}\n\n{}", text(&why["ending"]));
    if let Some(diagnosis) = why["diagnosis"].as_object() {
        let _ = write!(said, "\n\nWhy: {}", text(&diagnosis["sentence"]));
        for seen in diagnosis["evidence"].as_array().into_iter().flatten() {
            let mark = if seen["fine"] == json!(true) { '✓' } else { '✗' };
            let _ = write!(said, "\n  {mark} {}", text(&seen["said"]));
        }
        let _ = write!(said, "\nWhat to do: {}", text(&diagnosis["fix"]));
    }
    print(&said)
}

/// Something that should happen.
#[derive(Clone, Debug, Args)]
pub(super) struct ExpectArgs {
    /// What, such as `code_redeemed`
    event: String,
    /// In which case: client, user, state, flow, endpoint, status, check, `decided_by`
    #[arg(value_name = "NAME=VALUE")]
    wanted: Vec<String>,
    /// How long to wait [default: not at all]
    #[arg(long, value_name = "TIME")]
    within: Option<Lifetime>,
    /// Exactly so often [default: at least once]
    #[arg(long)]
    count: Option<u32>,
    /// Only behind this exchange
    #[arg(long, default_value_t = 0)]
    after: u64,
    #[command(flatten)]
    server: ServerArgs,
}

/// `standin expect`; the exit code is 1 if it did not happen.
pub(super) fn expect(args: &ExpectArgs) -> Result<(), Exit> {
    let mut wanted = texts("expect", &args.wanted)?;
    for name in ["flow", "status"] {
        if let Some(number) = wanted.get(name).and_then(Value::as_str).and_then(|text| text.parse::<u64>().ok()) {
            wanted.insert(name.to_owned(), number.into());
        }
    }
    let mut body = json!({ "event": args.event, "where": wanted, "after": args.after });
    if let Some(count) = args.count {
        body["count"] = count.into();
    }
    if let Some(within) = args.within {
        body["within"] = within.to_string().into();
    }
    args.server.ask((Method::POST, "/expect", Some(body)), |met| {
        let numbers: Vec<String> =
            met["exchanges"].as_array().into_iter().flatten().map(|number| format!("#{number}")).collect();
        let times = match met["count"].as_u64() {
            Some(0) => "did not come".to_owned(),
            Some(1) => "came once".to_owned(),
            count => format!("came {} times", count.unwrap_or_default()),
        };
        format!("{} {times} {}", args.event, numbers.join(" "))
    })
}
