//! The command line: what people type, what they are told, and with which exit code it ends.

mod catalog;
mod check;
mod decode;
mod demo;
mod exit;
mod happened;
mod help;
mod lesson;
mod log;
mod manage;
mod moment;
mod output;
mod people;
mod port;
mod reload;
mod rules;
mod run;
mod running;
mod snippet;
mod sources;
mod start;
mod start_args;
mod step;
mod token;
mod trust;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use clap_complete::Shell;

use crate::config::Config;

use exit::Exit;
use output::print;
use start_args::StartArgs;

/// A fake identity provider: honest by default, lies on request, shows everything it does.
#[derive(Debug, Parser)]
#[command(name = "standin", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    start: StartArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the provider (what `standin` alone does)
    Start(StartArgs),
    /// Start the provider, two sample apps that share a sign-in, and an API
    Demo(StartArgs),
    /// Check a configuration; exit code 3 if it has a mistake
    Check {
        /// The file [default: the one that `standin` would use]
        #[arg(conflicts_with = "config")]
        file: Option<PathBuf>,
        /// The same, as `standin` itself takes it
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print settings for another library, with this provider's values in them
    Snippet(snippet::SnippetArgs),
    /// Print a token and nothing else, from a running server or without one
    Token(token::TokenArgs),
    /// Explain a token and verify its signature
    Decode(decode::DecodeArgs),
    /// Say whether a server answers; exit code 4 if not
    Health(running::ServerArgs),
    /// Wait until a server answers; exit code 4 if it does not in time
    Wait {
        #[command(flatten)]
        server: running::ServerArgs,
        /// How long to wait
        #[arg(long, default_value = "30s", value_name = "TIME")]
        timeout: crate::protocol::Lifetime,
    },
    /// Start a provider on a free port, run a command with `STANDIN_URL` and `STANDIN_ISSUER`, and end with its exit code
    Run(Box<run::RunArgs>),
    /// Say who signs in next, or how that fails
    Next(Box<rules::NextArgs>),
    /// Lies on request: list them, turn them on and off
    #[command(subcommand)]
    Fault(rules::FaultCommand),
    /// People, added and changed while the provider runs
    #[command(subcommand)]
    Users(people::UsersCommand),
    /// Apps, registered and changed while the provider runs
    #[command(subcommand)]
    Clients(people::ClientsCommand),
    /// Who is signed in
    #[command(subcommand)]
    Sessions(manage::SessionsCommand),
    /// End every sign-in of a person, or one app's part in them
    Logout {
        /// `sub`
        #[arg(long)]
        user: String,
        /// Only this app: it is told, and the sign-ins go on for the others
        #[arg(long, value_name = "ID")]
        client: Option<String>,
        #[command(flatten)]
        server: running::ServerArgs,
    },
    /// The realm's keys
    #[command(subcommand)]
    Keys(manage::KeysCommand),
    /// The realm's clock: show, forecast, freeze, set, advance, real
    Time {
        /// show, forecast, freeze [WHEN], set WHEN, advance SPAN, real; +55m and -5m are advance
        #[arg(default_value = "show", allow_hyphen_values = true)]
        what: String,
        /// 2026-01-01T09:00 (UTC, or with an offset), -5m, +1h, now, or seconds since 1970
        #[arg(allow_hyphen_values = true, value_name = "WHEN")]
        at: Option<String>,
        #[command(flatten)]
        server: running::ServerArgs,
    },
    /// Go through step by step: hold answers, let them go, have them fail
    #[command(subcommand)]
    Step(step::StepCommand),
    /// Show each exchange as it comes
    Watch(running::ServerArgs),
    /// What happened, sign-in by sign-in
    #[command(subcommand)]
    Flows(happened::FlowsCommand),
    /// How far somebody came in a lesson
    Lesson(lesson::LessonArgs),
    /// Wait until something has happened; exit code 1 if it has not
    Expect(Box<happened::ExpectArgs>),
    /// Providers of their own behind the same door
    #[command(subcommand)]
    Realm(manage::RealmCommand),
    /// The realm in a file
    #[command(subcommand)]
    Snapshot(manage::SnapshotCommand),
    /// Make the realm what it was at the start
    Reset {
        /// What to leave alone: users, clients
        #[arg(long, value_delimiter = ',', value_parser = ["users", "clients"])]
        keep: Vec<String>,
        #[command(flatten)]
        server: running::ServerArgs,
    },
    /// Have `https://localhost` believed: what to do, or do it
    Trust(trust::TrustArgs),
    /// Print the `OpenAPI` document of the control API
    Openapi,
    /// Print the JSON Schema of the configuration
    Schema,
    /// Print a completion script
    Completions {
        /// For which shell
        shell: Shell,
    },
}

/// Runs the command that the process was started with.
#[expect(clippy::disallowed_methods, reason = "the true time from start to readiness is part of what is printed")]
pub fn run() -> ExitCode {
    let began = Instant::now();
    let as_json = std::env::args_os().skip(1).take_while(|arg| arg != "--").any(|arg| arg == "--json");
    let cli = match help::grouped(Cli::command()).try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches))
    {
        Ok(cli) => cli,
        Err(e) if as_json && e.use_stderr() => return Exit::usage(e.to_string().trim_end()).tell(true),
        Err(e) => e.exit(),
    };
    let done = match cli.command {
        None => start::start(&cli.start, began),
        Some(Command::Start(args)) => start::start(&args, began),
        Some(Command::Demo(args)) => demo::demo(&args, began),
        Some(Command::Check { file, config, json }) => check::check(file.or(config), json),
        Some(Command::Snippet(args)) => snippet::snippet(&args),
        Some(Command::Token(args)) => token::token(&args),
        Some(Command::Decode(args)) => decode::decode(&args),
        Some(Command::Health(server)) => running::health(&server),
        Some(Command::Wait { server, timeout }) => running::wait(&server, timeout),
        Some(Command::Run(args)) => run::run(&args),
        Some(Command::Next(args)) => rules::next(&args),
        Some(Command::Fault(command)) => rules::fault(&command),
        Some(Command::Users(command)) => people::users(&command),
        Some(Command::Clients(command)) => people::clients(&command),
        Some(Command::Sessions(command)) => manage::sessions(&command),
        Some(Command::Logout { user, client, server }) => manage::logout(&user, client.as_deref(), &server),
        Some(Command::Keys(command)) => manage::keys(&command),
        Some(Command::Time { what, at, server }) => manage::time(&what, at.as_deref(), &server),
        Some(Command::Step(command)) => step::step(&command),
        Some(Command::Watch(server)) => happened::watch(&server),
        Some(Command::Flows(command)) => happened::flows(&command),
        Some(Command::Lesson(args)) => lesson::lesson(&args),
        Some(Command::Expect(args)) => happened::expect(&args),
        Some(Command::Realm(command)) => manage::realm(&command),
        Some(Command::Snapshot(command)) => manage::snapshot(&command),
        Some(Command::Reset { keep, server }) => manage::reset(&keep, &server),
        Some(Command::Trust(args)) => trust::trust(&args),
        Some(Command::Openapi) => print(&crate::http::openapi()),
        Some(Command::Schema) => print(&Config::json_schema()),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "standin", &mut script);
            print(String::from_utf8_lossy(&script).trim_end())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(exit) => exit.tell(as_json),
    }
}
