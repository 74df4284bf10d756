//! `standin demo`: the provider, two sample apps that share a sign-in, and an API.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;

use crate::demo::{API_CLIENT, Api, App, CALENDAR, NOTES, ProgramError, Running, Watcher};
use crate::realm::Realm;
use crate::reply::{Reply, ResourceCall};
use crate::world::Client;

use super::exit::Exit;
use super::log;
use super::output::print;
use super::reload::watch;
use super::sources::{Sources, variable};
use super::start::{announcement, open, run, step_through};
use super::start_args::StartArgs;

/// The port that the API is known by.
const API_PORT: u16 = 4000;

/// A program that gets a token for itself, as `docs/token-server.md` has it.
const TOKEN_CLIENT: (&str, &str) = ("token-client", "token-client-secret");

/// Starts all of them, says so, and waits for the end.
pub(super) fn demo(args: &StartArgs, began: Instant) -> Result<(), Exit> {
    log::start(args.json)?;
    // The provider's own port is not taken from it.
    let own = Sources::find(args)?.port()?;
    let free = |port: u16| if port == own { 0 } else { port };
    let failed = |e: ProgramError| Exit::failed(e.to_string());
    let notes = App::bind_as(NOTES, free(NOTES.port)).map_err(failed)?;
    let calendar = App::bind_as(CALENDAR, free(CALENDAR.port)).map_err(failed)?;
    let api = Api::bind(free(API_PORT)).map_err(failed)?;
    let resource = api.resource();
    let sources = Sources::find(args)?.with_samples(clients(&[&notes, &calendar], &resource));
    let emulator = open(&sources.read()?, &sources.text.source())?;
    step_through(&emulator, args);
    let issuer = emulator.issuer();
    let api_url = format!("{resource}/");
    let places = [
        (NOTES.name, notes.url(), NOTES.port),
        (CALENDAR.name, calendar.url(), CALENDAR.port),
        ("The API", api_url, API_PORT),
    ];
    let (notes, calendar) = App::side_by_side(notes, calendar);
    let believed = emulator.ca_pem().and_then(|pem| crate::http::authorities(pem.as_bytes()).ok()).unwrap_or_default();
    let ready = |app: App| app.calling(&resource).watched_at(&issuer).trusting(&believed);
    let watcher: Arc<dyn Watcher> = Arc::new(Watched(Arc::clone(emulator.provider())));
    let running: [Running; 3] = [
        ready(notes).start(&issuer).map_err(failed)?,
        ready(calendar).start(&issuer).map_err(failed)?,
        api.trusting(&believed).start(&issuer, Some(watcher)).map_err(failed)?,
    ];
    let reloading = watch(&emulator, &sources);
    print(&announcement(&emulator, (&sources, "press Sign in at Acme Notes"), args.json, began))?;
    print(&listed(&places, args.json))?;
    // Where somebody sits in front of a screen, the app is what they came for.
    let screen = std::io::stdout().is_terminal() && !args.json && variable("CI")?.is_none();
    if screen {
        let _ = open::that_detached(&places[0].1);
    }
    let ended = run(emulator, reloading, args);
    running.into_iter().for_each(Running::stop);
    ended
}

/// What the provider is told of the samples.
fn clients(apps: &[&App], api: &str) -> Vec<Client> {
    let app = |app: &&App| {
        let sample = app.sample();
        let client = Client::confidential(sample.client_id, sample.client_secret);
        Client {
            name: Some(sample.name.to_owned()),
            backchannel_logout_uri: app.backchannel_logout_uri().parse().ok(),
            ..client.redirects_to(&app.redirect_uri()).returns_after_logout_to(&app.url())
        }
    };
    let own = |(id, secret): (&str, &str), name: &str| Client {
        name: Some(name.to_owned()),
        audience: Some(api.to_owned()),
        ..Client::confidential(id, secret)
    };
    let more = [own(API_CLIENT, "The API"), own(TOKEN_CLIENT, "A program")];
    apps.iter().map(app).chain(more).collect()
}

/// Where everything is.
fn listed(places: &[(&str, String, u16)], as_json: bool) -> String {
    let line = |(name, url, usual): &(&str, String, u16)| {
        if as_json {
            return serde_json::json!({ "event": "app", "name": name, "url": url }).to_string();
        }
        let moved =
            if url.ends_with(&format!(":{usual}/")) { String::new() } else { format!("   (port {usual} is taken)") };
        format!("  {name:<14} {url}{moved}")
    };
    let lines: Vec<String> = places.iter().map(line).collect();
    if as_json { lines.join("\n") } else { format!("{}\n", lines.join("\n")) }
}

/// The realm looks on at the API, and has it lie.
struct Watched(Arc<Realm>);

#[async_trait]
impl Watcher for Watched {
    async fn answered(&self, call: ResourceCall, honest: Reply) -> Reply {
        self.0.answered_by_api(call, honest).await
    }
}
