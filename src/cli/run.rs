//! `standin run -- CMD`: a provider for as long as a command runs.

use std::process::ExitStatus;

use clap::Args;
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::Config;
use crate::http::CERTIFICATE;
use crate::world::Entropy;

use super::exit::Exit;
use super::log;
use super::running::block_on;
use super::sources::{Sources, variable};
use super::start::open_with;
use super::start_args::StartArgs;

/// The command, and how the provider is started.
#[derive(Clone, Debug, Args)]
#[command(mut_arg("port", |port| port.help("Port to listen on [default: a free one]")))]
pub(super) struct RunArgs {
    #[command(flatten)]
    start: StartArgs,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<String>,
}

/// Starts the provider on a free port, runs the command, and ends with its exit code.
pub(super) fn run(args: &RunArgs) -> Result<(), Exit> {
    log::start(args.start.json)?;
    let sources = Sources::find(&args.start)?;
    let mut config = sources.read()?;
    if args.start.port.is_none() {
        config.port = 0;
    }
    sources.tell();
    let token = control_token(&config)?;
    let emulator = open_with(&config, &sources.text.source(), token.clone())?;
    let issuer = emulator.issuer();
    let scheme = if config.speaks_tls() { "https" } else { "http" };
    let url = crate::emulator::issuer(scheme, &config.host, emulator.address().port());
    let mut command = Command::new(&args.command[0]);
    command.args(&args.command[1..]).env("STANDIN_URL", &url).env("STANDIN_ISSUER", &issuer);
    command.env("STANDIN_DISCOVERY", format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/')));
    if let Some(folder) = config.ca_folder.as_ref().filter(|_| emulator.ca_pem().is_some()) {
        let file = std::path::absolute(std::path::Path::new(folder).join(CERTIFICATE));
        let file = file.map_err(|e| Exit::failed(format!("{folder}: {e}")))?;
        command.env("STANDIN_CA_FILE", &file);
        // Node believes what is in there beside its own; for others there is no variable that only adds.
        match variable("NODE_EXTRA_CA_CERTS")? {
            None => drop(command.env("NODE_EXTRA_CA_CERTS", &file)),
            Some(other) => {
                tracing::warn!("NODE_EXTRA_CA_CERTS is {other} already, so Node does not believe {issuer} by itself");
            }
        }
    }
    if let Some(token) = token {
        command.env("STANDIN_CONTROL_TOKEN", token);
    }
    let ended = block_on(wait_for(command, &args.command[0]));
    emulator.stop();
    match code(ended?) {
        0 => Ok(()),
        code => Err(Exit::passing_on(code)),
    }
}

/// What the command shows to the control API: the token of the environment, or one that is made for it where others than this machine might
/// reach the provider, which is closed to all without one.
fn control_token(config: &Config) -> Result<Option<String>, Exit> {
    let given = variable("STANDIN_CONTROL_TOKEN")?;
    let public = config.public_url.is_some() || !crate::emulator::is_loopback(&config.host);
    Ok(given.or_else(|| public.then(|| Entropy::default().draw().secret())))
}

/// A terminal sends Ctrl-C to the command as well, so it is waited for; whoever ends us by SIGTERM ends it.
async fn wait_for(mut command: Command, name: &str) -> Result<ExitStatus, Exit> {
    let failed = |e: std::io::Error| Exit::failed(format!("cannot wait for signals: {e}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut child = command.spawn().map_err(|e| Exit::not_found(format!("cannot run {name}: {e}")))?;
    loop {
        tokio::select! {
            ended = child.wait() => return ended.map_err(|e| Exit::failed(format!("{name}: {e}"))),
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {
                if let Some(pid) = child.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?)) {
                    let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
                }
            }
        }
    }
}

/// As a shell has it: 128 and the signal's number, where a signal ended the command.
fn code(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt as _;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}
