//! `standin next` and `standin fault`: who signs in next, and which lies are told.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use crate::faults::{FAULTS, TEST_IDENTITIES};
use crate::protocol::{Lifetime, Map};

use super::exit::Exit;
use super::manage::{lines, text};
use super::output::print;
use super::running::{ServerArgs, pairs, part, texts};

/// The next sign-in.
#[derive(Clone, Debug, Args)]
pub(super) struct NextArgs {
    /// Who signs in
    #[arg(long = "as", value_name = "USER", conflicts_with = "fail")]
    user: Option<String>,
    /// The error by which it fails, such as `access_denied`
    #[arg(long, value_name = "ERROR")]
    fail: Option<String>,
    /// Only at this client
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// Only for a sign-in that begins with this `login_hint`
    #[arg(long, value_name = "TEXT")]
    login_hint: Option<String>,
    /// The same as --client and --login-hint: client=ID or `login_hint=TEXT`
    #[arg(long = "for", value_name = "NAME=VALUE", hide = true)]
    which: Vec<String>,
    /// A claim to add or change; `NAME=null` leaves it out
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// The scopes that are agreed to [default: all]
    #[arg(long, value_name = "SCOPES")]
    consent: Option<String>,
    /// A fault that this sign-in carries along; may be repeated
    #[arg(long, value_name = "NAME")]
    fault: Vec<String>,
    /// How often
    #[arg(long, default_value_t = 1)]
    times: u32,
    /// Forget it after this time, by the realm's clock
    #[arg(long, value_name = "TIME")]
    ttl: Option<Lifetime>,
    /// Show the page: whoever presses something on it is this person
    #[arg(long)]
    page: bool,
    /// List those that wait
    #[arg(long, conflicts_with_all = ["user", "fail", "clear"])]
    list: bool,
    /// Forget those that wait
    #[arg(long, conflicts_with_all = ["user", "fail"])]
    clear: bool,
    #[command(flatten)]
    server: ServerArgs,
}

/// `standin next`
pub(super) fn next(args: &NextArgs) -> Result<(), Exit> {
    if args.list {
        return args.server.ask((Method::GET, "/next-logins", None), rules);
    }
    if args.clear {
        return args.server.ask((Method::DELETE, "/next-logins", None), |_| "no sign-in is decided any more".into());
    }
    if args.user.is_none() && args.fail.is_none() && args.consent.is_none() {
        return Err(Exit::usage("say who signs in by --as USER, or how it fails by --fail ERROR"));
    }
    let mut when = texts("--for", &args.which)?;
    for (name, value) in [("client", &args.client), ("login_hint", &args.login_hint)] {
        when.extend(value.clone().map(|value| (name.to_owned(), Value::from(value))));
    }
    let mut body = json!({
        "match": when, "claims": pairs("--set", &args.set)?, "times": args.times,
        "page": args.page, "fault": args.fault,
    });
    for (name, value) in [("as", &args.user), ("fail", &args.fail), ("consent", &args.consent)] {
        if let Some(value) = value {
            body[name] = value.as_str().into();
        }
    }
    if let Some(ttl) = args.ttl {
        body["ttl"] = ttl.to_string().into();
    }
    args.server.ask((Method::POST, "/next-logins", Some(body)), |rule| rules(&json!([rule])))
}

/// What is to be done with faults.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum FaultCommand {
    /// List every fault and every test identity there is
    List {
        /// Only those whose name contains this
        #[arg(default_value = "")]
        part: String,
        /// Print Markdown, as docs/faults.md has it
        #[arg(long, conflicts_with = "json")]
        markdown: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Turn a fault on
    On(Box<OnArgs>),
    /// List the faults that are on
    Show(ServerArgs),
    /// Turn a fault off, or all of them
    Off {
        /// Its name, or the number that `fault show` gives [default: all]
        name: Option<String>,
        #[command(flatten)]
        server: ServerArgs,
    },
}

/// A fault, when and how often.
#[derive(Clone, Debug, Args)]
pub(super) struct OnArgs {
    /// Its name, as `fault list` has it
    name: String,
    /// Only for this client
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// Only about this person
    #[arg(long, value_name = "SUB")]
    user: Option<String>,
    /// Only for sign-ins that began with this `login_hint`
    #[arg(long, value_name = "TEXT")]
    login_hint: Option<String>,
    /// Only at this endpoint, such as token
    #[arg(long)]
    endpoint: Option<String>,
    /// Only for tokens got in this way, such as `refresh_token`
    #[arg(long)]
    grant_type: Option<String>,
    /// So many times [default: always]
    #[arg(long)]
    times: Option<u32>,
    /// With this probability, from 0 to 1
    #[arg(long)]
    rate: Option<f64>,
    /// Only each so-manieth time
    #[arg(long)]
    every: Option<u32>,
    /// Turn it off after this time, by the realm's clock
    #[arg(long, value_name = "TIME")]
    ttl: Option<Lifetime>,
    /// How late answers come, for faults of time
    #[arg(long, value_name = "TIME")]
    delay: Option<Lifetime>,
    /// A number of seconds, for faults that take one
    #[arg(long, allow_negative_numbers = true)]
    seconds: Option<i64>,
    /// The other realm of a mix-up
    #[arg(long, value_name = "REALM")]
    other: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
}

/// `standin fault`
pub(super) fn fault(command: &FaultCommand) -> Result<(), Exit> {
    match command {
        FaultCommand::List { part, markdown, json } => list(part, *markdown, *json),
        FaultCommand::On(args) => on(args),
        FaultCommand::Show(server) => server.ask((Method::GET, "/faults", None), rules),
        FaultCommand::Off { name, server } => {
            let named = |name: &String| format!("/faults/{}", part(name.trim_start_matches('#')));
            let path = name.as_ref().map_or_else(|| "/faults".to_owned(), named);
            server.ask((Method::DELETE, &path, None), |_| match name {
                Some(name) => format!("{name} is off"),
                None => "all faults are off".into(),
            })
        }
    }
}

fn on(args: &OnArgs) -> Result<(), Exit> {
    let mut when = Map::new();
    let said = [
        ("client", &args.client),
        ("user", &args.user),
        ("login_hint", &args.login_hint),
        ("endpoint", &args.endpoint),
        ("grant_type", &args.grant_type),
    ];
    when.extend(said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?.into()))));
    let mut with = Map::new();
    let time = |time: Option<Lifetime>| time.map(|time| Value::from(time.to_string()));
    with.extend(time(args.delay).map(|delay| ("delay".to_owned(), delay)));
    with.extend(args.seconds.map(|seconds| ("seconds".to_owned(), seconds.into())));
    with.extend(args.other.clone().map(|realm| ("realm".to_owned(), realm.into())));
    let mut body = json!({ "name": args.name, "match": when, "with": with });
    let numbers = [
        ("times", args.times.map(Value::from)),
        ("rate", args.rate.map(Value::from)),
        ("every", args.every.map(Value::from)),
        ("ttl", time(args.ttl)),
    ];
    for (name, value) in numbers {
        if let Some(value) = value {
            body[name] = value;
        }
    }
    args.server.ask((Method::POST, "/faults", Some(body)), |rule| rules(&json!([rule])))
}

/// The catalogue is part of the binary, so no server is needed.
fn list(part: &str, markdown: bool, as_json: bool) -> Result<(), Exit> {
    let faults: Vec<_> = FAULTS.iter().filter(|fault| fault.id.contains(part)).collect();
    let identities: Vec<_> =
        TEST_IDENTITIES.iter().filter(|(word, ..)| word.contains(part) || part.is_empty()).collect();
    if faults.is_empty() && identities.is_empty() {
        let known = FAULTS.iter().map(|fault| fault.id).chain(TEST_IDENTITIES.iter().map(|(word, ..)| *word));
        let near = crate::protocol::nearest(part, known).map(|near| format!(" Did you mean `{near}`?"));
        let near = near.unwrap_or_default();
        return Err(Exit::failed(format!("no fault and no test identity has `{part}` in its name.{near}")));
    }
    if as_json {
        let identity = |(word, sentence, _): &&(&str, &str, _)| json!({ "word": word, "sentence": sentence });
        let identities: Vec<Value> = identities.iter().map(identity).collect();
        let whole = json!({ "faults": faults, "test_identities": identities });
        return print(&serde_json::to_string_pretty(&whole).map_err(|e| Exit::failed(e.to_string()))?);
    }
    if markdown {
        return print(crate::cli::catalog::markdown().trim_end());
    }
    let (mut listed, mut kind) = (String::new(), "");
    // What a correct app does is told of those that were looked for; the whole catalogue is a list.
    let few = faults.len() <= 40;
    for fault in faults {
        let this = fault.id.split('.').next().unwrap_or_default();
        if this != kind {
            kind = this;
            let gap = if listed.is_empty() { "" } else { "\n" };
            let _ = writeln!(listed, "{gap}{}", crate::cli::catalog::title(kind));
        }
        let _ = writeln!(listed, "  {:<40} {}", fault.id, fault.sentence);
        if few {
            let _ = writeln!(listed, "  {:<40} a correct app {}", "", fault.correct);
        }
    }
    if !identities.is_empty() {
        listed.push_str("\nTest identities, as username or login_hint:\n");
    }
    for (word, sentence, _) in identities {
        let _ = writeln!(listed, "  {:<40} {sentence}", format!("alice+{word}@example.com"));
    }
    print(listed.trim_end())
}

/// Rules, one on a line.
fn rules(rules: &Value) -> String {
    lines(rules, |rule| {
        let said = [("rate", "probability"), ("every", "each time of"), ("ttl", "for")];
        let said = said.iter().filter(|(name, _)| !rule[*name].is_null());
        let mut limits: Vec<String> = said.map(|(name, words)| format!("{words} {}", text(&rule[*name]))).collect();
        limits.extend(rule["left"].as_u64().map(|left| format!("{left} left")));
        let limits = if limits.is_empty() { "whenever it fits".to_owned() } else { limits.join(", ") };
        let when: Vec<String> = rule["match"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| format!("{name}={}", text(value)))
            .collect();
        let when = if when.is_empty() { String::new() } else { format!(" for {}", when.join(" ")) };
        let who = rule["login"]["as"].as_str().or(rule["login"]["fail"].as_str());
        let who = who.map(|who| format!(" {who}")).unwrap_or_default();
        let doubts =
            rule["warnings"].as_array().into_iter().flatten().map(|doubt| format!("\n  note: {}", text(doubt)));
        format!("#{} {}{who}{when}: {limits}{}", rule["id"], text(&rule["name"]), doubts.collect::<String>())
    })
}
