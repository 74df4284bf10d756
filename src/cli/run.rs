//! `standin run -- CMD`: a provider for as long as a command runs.

use std::process::ExitStatus;

use clap::Args;
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use super::running::block_on;
use super::sources::{Sources, variable};
use super::start::open;
use super::{Exit, StartArgs, log};

/// The command, and how the provider is started.
#[derive(Clone, Debug, Args)]
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
    let emulator = open(&config, &sources.text.source())?;
    let issuer = emulator.issuer();
    let url = format!("http://localhost:{}", emulator.address().port());
    let mut command = Command::new(&args.command[0]);
    command.args(&args.command[1..]).env("STANDIN_URL", &url).env("STANDIN_ISSUER", &issuer);
    command.env("STANDIN_DISCOVERY", format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/')));
    if let Some(token) = variable("STANDIN_CONTROL_TOKEN")? {
        command.env("STANDIN_CONTROL_TOKEN", token);
    }
    let ended = block_on(wait_for(command, &args.command[0]));
    emulator.stop();
    match code(ended?) {
        0 => Ok(()),
        code => Err(Exit::passing_on(code)),
    }
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
