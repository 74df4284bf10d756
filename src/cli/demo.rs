//! `standin demo`: the provider and a sample app.

use std::time::Instant;

use crate::demo::{App, AppError};
use crate::world::Client;

use super::exit::Exit;
use super::log;
use super::output::print;
use super::reload::watch;
use super::sources::Sources;
use super::start::{announcement, open, run};
use super::start_args::StartArgs;

/// The port that the sample app is known by.
const NOTES_PORT: u16 = 3000;

/// Starts both, says so, and waits for the end.
pub(super) fn demo(args: &StartArgs, began: Instant) -> Result<(), Exit> {
    log::start(args.json)?;
    // The provider's own port is not taken from it.
    let port = if Sources::find(args)?.read()?.port == NOTES_PORT { 0 } else { NOTES_PORT };
    let notes = App::bind(port).map_err(|e: AppError| Exit::failed(e.to_string()))?;
    let client = Client::confidential(notes.client_id(), notes.client_secret());
    let client = client.redirects_to(&notes.redirect_uri()).returns_after_logout_to(&notes.url());
    let sources = Sources::find(args)?.with_sample_app(client);
    let config = sources.read()?;
    let emulator = open(&config, &sources.text.source())?;
    let url = notes.url();
    let moved = port == NOTES_PORT && !url.ends_with(&format!(":{NOTES_PORT}/"));
    let running = notes.start(&emulator.issuer()).map_err(|e| Exit::failed(e.to_string()))?;
    let watcher = watch(&emulator, &sources);
    print(&announcement(&emulator, (&sources, "press Sign in at the sample app"), args.json, began))?;
    if args.json {
        print(&serde_json::json!({ "event": "app", "name": "Acme Notes", "url": url }).to_string())?;
    } else {
        let why = if moved { format!("   (port {NOTES_PORT} is taken)") } else { String::new() };
        print(&format!("  Acme Notes, a sample app, is at {url}{why}   ·   open it and press Sign in\n"))?;
    }
    let ended = run(emulator, watcher, args);
    running.stop();
    ended
}
