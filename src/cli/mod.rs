//! The command line: what people type, what they are told, and with which exit code it ends.

mod check;
mod decode;
mod demo;
mod exit;
mod log;
mod port;
mod running;
mod sources;
mod start;
mod token;
mod watch;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Args, CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

use crate::config::Config;

pub(crate) use exit::Exit;

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
    /// Start the provider and a sample app that signs in with it
    Demo(StartArgs),
    /// Check a configuration; exit code 3 if it has a mistake
    Check {
        /// The file [default: the one that `standin` would use]
        file: Option<PathBuf>,
    },
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
    /// Print the JSON Schema of the configuration
    Schema,
    /// Print a completion script
    Completions {
        /// For which shell
        shell: Shell,
    },
}

/// Options of `start` and `demo`. Each wins over the environment, and that over the file.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct StartArgs {
    /// Address to listen on [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    host: Option<String>,
    /// Port to listen on, 0 for a free one [default: 7760]
    #[arg(long)]
    port: Option<u16>,
    /// The issuer: the URL by which browsers reach the provider [default: http://localhost:PORT]
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Configuration file [default: standin.toml, .yaml or .json here]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder for keys of this provider's own, made there if they are missing
    #[arg(long, value_name = "FOLDER")]
    keys: Option<PathBuf>,
    /// Accept registered clients only, even if none is registered
    #[arg(long)]
    strict: bool,
    /// Make codes, tokens and ids repeat themselves from run to run
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Open the console in a browser, if there is a terminal to be seen at
    #[arg(long)]
    open: bool,
    /// Print one line of JSON instead of words, and log in JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command that the process was started with.
#[expect(clippy::disallowed_methods, reason = "the true time from start to readiness is part of what is printed")]
pub fn run() -> ExitCode {
    let began = Instant::now();
    let cli = Cli::parse();
    let done = match cli.command {
        None => start::start(&cli.start, began),
        Some(Command::Start(args)) => start::start(&args, began),
        Some(Command::Demo(args)) => demo::demo(&args, began),
        Some(Command::Check { file }) => check::check(file),
        Some(Command::Token(args)) => token::token(&args),
        Some(Command::Decode(args)) => decode::decode(&args),
        Some(Command::Health(server)) => running::health(&server),
        Some(Command::Wait { server, timeout }) => running::wait(&server, timeout),
        Some(Command::Schema) => print(&Config::json_schema()),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "standin", &mut script);
            print(String::from_utf8_lossy(&script).trim_end())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(exit) => exit.tell(),
    }
}

/// Prints a line. Whoever closed the pipe has read enough.
fn print(text: &str) -> Result<(), Exit> {
    use std::io::Write as _;
    match writeln!(io::stdout(), "{text}") {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(Exit::failed(format!("cannot print: {e}"))),
        _ => Ok(()),
    }
}
