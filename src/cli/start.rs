//! `standin start`: the provider, until Ctrl-C.

use std::io::{self, IsTerminal as _};
use std::num::NonZero;
use std::thread;
use std::time::Instant;

use notify::RecommendedWatcher;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::Config;
use crate::emulator::{Emulator, StartError};
use crate::realm::Breakpoints;

use super::exit::Exit;
use super::output::print;
use super::sources::{Sources, variable};
use super::start_args::StartArgs;
use super::{log, port, reload};

/// Starts the provider, says so, and waits for the end.
pub(super) fn start(args: &StartArgs, began: Instant) -> Result<(), Exit> {
    log::start(args.json)?;
    let sources = Sources::find(args)?;
    let config = sources.read()?;
    let emulator = open(&config, &sources.text.source())?;
    step_through(&emulator, args);
    let next = next_command(&emulator);
    // Watched before it is announced: an edit that follows on the announcement is not missed.
    let watcher = reload::watch(&emulator, &sources);
    print(&announcement(&emulator, (&sources, &next), args.json, began))?;
    run(emulator, watcher, args)
}

/// Holds every answer from the first one on, if that is asked for.
pub(super) fn step_through(emulator: &Emulator, args: &StartArgs) {
    if args.step {
        // Every endpoint is none that could be misspelt.
        let _ = emulator.provider().set_breakpoints(Breakpoints { all: true, endpoints: Vec::new() });
    }
}

/// A provider for the command line, answering on all cores.
pub(super) fn open(config: &Config, source: &str) -> Result<Emulator, Exit> {
    open_with(config, source, variable("STANDIN_CONTROL_TOKEN")?)
}

/// The same, with what a caller of the control API must show.
pub(super) fn open_with(config: &Config, source: &str, token: Option<String>) -> Result<Emulator, Exit> {
    let workers = thread::available_parallelism().map_or(2, NonZero::get).clamp(2, 8);
    let builder = Emulator::builder().config(config.clone(), source).control_token(token).workers(workers);
    let emulator = builder.try_start().map_err(|e| match &e {
        StartError::Address { cause, .. } if cause.kind() == io::ErrorKind::AddrInUse => taken(config.port),
        _ => Exit::from(e),
    })?;
    if !emulator.address().ip().is_loopback() {
        let keys = match &config.keys {
            Some(folder) => format!("signing with the keys in {folder}"),
            None => "signing with keys made just now; --keys FOLDER keeps them".to_owned(),
        };
        tracing::warn!("listening beyond loopback on {}: whoever reaches it can be anyone; {keys}", emulator.address());
    }
    Ok(emulator)
}

fn taken(port: u16) -> Exit {
    let holder = port::holder(port).map_or_else(String::new, |holder| format!(" by {holder}"));
    Exit::port_taken(format!("port {port} is taken{holder}\n  --port 0 takes a free one, --port NUMBER another"))
}

/// Opens the browser if asked to, and waits for Ctrl-C or SIGTERM.
pub(super) fn run(emulator: Emulator, watcher: Option<RecommendedWatcher>, args: &StartArgs) -> Result<(), Exit> {
    if args.open && io::stdout().is_terminal() && variable("CI")?.is_none() {
        let _ = open::that_detached(format!("{}/", emulator.issuer().trim_end_matches('/')));
    }
    let interrupted = wait_for_the_end(emulator)?;
    drop(watcher);
    if interrupted { Err(Exit::interrupted()) } else { Ok(()) }
}

/// Whether it was Ctrl-C that ended it. Open requests are answered first, unless the signal comes again.
fn wait_for_the_end(emulator: Emulator) -> Result<bool, Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Exit::failed(e.to_string()))?;
    let interrupted = runtime.block_on(async {
        let failed = |e: io::Error| Exit::failed(format!("cannot wait for signals: {e}"));
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let interrupted = tokio::select! {
            _ = interrupt.recv() => true,
            _ = terminate.recv() => false,
        };
        tokio::select! {
            _ = tokio::task::spawn_blocking(move || emulator.stop()) => {}
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        Ok(interrupted)
    });
    runtime.shutdown_background();
    interrupted
}

/// What to type next: a command that works as it stands.
fn next_command(emulator: &Emulator) -> String {
    let (settings, port) = (emulator.provider().settings(), emulator.address().port());
    let here = if port == crate::config::Config::default().port {
        String::new()
    } else {
        format!(" --url {}://localhost:{port}", settings.issuer.split("://").next().unwrap_or("http"))
    };
    // The second, if there are several: the first is whom one tries anyway.
    match settings.users.iter().filter(|user| !user.locked).take(2).last() {
        Some(user) => format!("sign in at your app, or standin next --as {}{here}", user.sub),
        None => "sign in at your app".to_owned(),
    }
}

/// What the first start prints.
pub(super) fn announcement(
    emulator: &Emulator,
    (sources, next): (&Sources, &str),
    json: bool,
    began: Instant,
) -> String {
    let ready = began.elapsed();
    let settings = emulator.provider().settings();
    let (issuer, version) = (&settings.issuer, env!("CARGO_PKG_VERSION"));
    let console = format!("{}/", issuer.trim_end_matches('/'));
    let users: Vec<&str> = settings.users.iter().map(|user| user.sub.as_str()).collect();
    if json {
        let ready_ms = ready.as_secs_f64() * 1000.0;
        return json!({
            "event": "ready", "version": version, "issuer": issuer, "console": console, "port": emulator.address().port(),
            "users": users, "clients": settings.clients.keys().collect::<Vec<_>>(),
            "http_port": emulator.http_port(), "ca": emulator.ca_pem(), "accepts_any_client": settings.accepts_any_client(), "config": sources.text.file(), "ready_ms": (ready_ms * 10.0).round() / 10.0,
        })
        .to_string();
    }
    let passwords = if settings.users.iter().any(|user| user.password.is_some()) { "" } else { "   (any password)" };
    let clients = if settings.accepts_any_client() {
        match &settings.redirect_hosts[..] {
            [] => "any id and secret, loopback redirects only".to_owned(),
            hosts => format!("any id and secret, redirects to loopback and {}", hosts.join(", ")),
        }
    } else if settings.clients.is_empty() {
        "none registered, and only registered ones are accepted".to_owned()
    } else {
        let ids: Vec<&str> = settings.clients.keys().map(crate::protocol::ClientId::as_str).collect();
        format!("{}   (no others)", shortened(&ids))
    };
    let also = emulator.http_port().map(|port| format!("  also at   http://localhost:{port}\n")).unwrap_or_default();
    let tls = if emulator.ca_pem().is_some() {
        "  tls       by the local authority: standin trust has it believed\n"
    } else {
        ""
    };
    let config = sources.text.file().map(|file| format!("  config    {file}\n")).unwrap_or_default();
    format!(
        "\n  standin {version} · pretend identity provider · ready in {} ms\n\n  issuer    {issuer}\n{also}  console   {console}\n  \
         users     {}  +new{passwords}\n  clients   {clients}\n{config}{tls}\n  Next: {next}   ·   Ctrl-C stops, nothing is kept\n",
        ready.as_millis().max(1),
        shortened(&users),
    )
}

fn shortened(words: &[&str]) -> String {
    const MOST: usize = 8;
    let shown = words.iter().take(MOST).copied().collect::<Vec<_>>().join("  ");
    if words.len() > MOST { format!("{shown}  and {} more", words.len() - MOST) } else { shown }
}
