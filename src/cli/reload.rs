//! Changes of the configuration while the provider runs.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::config::{Config, Mistake};
use crate::emulator::{Emulator, Reconfigure};

use super::check::{notes, summary};
use super::sources::{Sources, Text};

/// Editors write in several steps; what they leave after this pause is what they meant.
const PAUSE: Duration = Duration::from_millis(120);

/// Watches the configuration file until the watcher is dropped. A bad edit keeps the last good configuration and says so.
pub(super) fn watch(emulator: &Emulator, sources: &Sources) -> Option<RecommendedWatcher> {
    let Text::File(file) = &sources.text else { return None };
    let folder =
        file.parent().filter(|folder| !folder.as_os_str().is_empty()).map_or_else(|| PathBuf::from("."), PathBuf::from);
    let (sender, changes) = mpsc::channel();
    // Any change in the folder may be the file: editors replace it, and mounted configurations are links that move.
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| !event.kind.is_access()) {
            let _ = sender.send(());
        }
    });
    let begun = watcher.and_then(|mut watcher| {
        watcher.watch(&folder, RecursiveMode::NonRecursive)?;
        // A linked configuration changes where the link leads.
        let target = file.canonicalize().ok().and_then(|target| target.parent().map(PathBuf::from));
        if let Some(target) = target.filter(|target| Some(target) != folder.canonicalize().ok().as_ref()) {
            watcher.watch(&target, RecursiveMode::NonRecursive)?;
        }
        Ok(watcher)
    });
    match begun {
        Ok(watcher) => {
            let (handle, sources, file) = (emulator.reconfigure_handle(), sources.clone(), file.clone());
            // Read now: whatever changes from here on is noticed.
            let before = std::fs::read(&file).ok();
            thread::spawn(move || follow(&changes, &handle, &sources, (&file, before)));
            Some(watcher)
        }
        Err(e) => {
            tracing::warn!("changes of {} will not be noticed: {e}", file.display());
            None
        }
    }
}

fn follow(
    changes: &mpsc::Receiver<()>,
    handle: &Reconfigure,
    sources: &Sources,
    (file, mut before): (&Path, Option<Vec<u8>>),
) {
    let mut running = sources.text.read().ok();
    while changes.recv().is_ok() {
        loop {
            match changes.recv_timeout(PAUSE) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        let now = std::fs::read(file).ok();
        if now == before {
            continue;
        }
        before = now;
        let source = sources.text.source();
        let was_open = handle.accepts_any_client();
        let taken =
            read(sources, before.as_deref()).and_then(|config| Ok((handle.reconfigure(&config, &source)?, config)));
        match taken {
            Ok((stays, config)) => {
                eprintln!("{source} was read again: {}", summary(&handle.config()));
                for note in notes(&config) {
                    eprintln!("  note: {note}");
                }
                if !stays.is_empty() {
                    eprintln!("  changed while it ran, and kept until a reset: {}", stays.join(", "));
                }
                if !was_open && handle.accepts_any_client() {
                    eprintln!("  warning: no client is registered any more, so any id and secret is accepted now");
                }
                // What the arguments say is no matter of the file.
                let now = sources.text.read().ok();
                if let Some((before, now)) = running.as_ref().zip(now.as_ref()) {
                    note_what_must_wait(before, now);
                }
                running = now;
            }
            Err(mistake) => {
                eprintln!("error: {mistake}\nstill running with the previous config");
                handle.refuse_config(Some(mistake.to_string()));
            }
        }
    }
}

/// A file that is suddenly empty is one that somebody is writing, not a wish for a provider that accepts any client.
fn read(sources: &Sources, contents: Option<&[u8]>) -> Result<Config, Box<Mistake>> {
    if contents.is_some_and(|contents| contents.trim_ascii().is_empty()) {
        let mistake = Mistake::new(&sources.text.source(), "the configuration is empty now");
        return Err(Box::new(mistake.help("to run without one, start again without it")));
    }
    sources.read()
}

/// Changes that only the next start can take.
fn note_what_must_wait(before: &Config, now: &Config) {
    let changed = [
        ("host", before.host != now.host),
        ("port", before.port != now.port),
        ("public_url", before.public_url != now.public_url),
        ("keys", before.keys != now.keys),
        ("profile", before.profile != now.profile),
        ("seed", before.seed != now.seed),
    ];
    let names: Vec<&str> = changed.iter().filter(|(_, changed)| *changed).map(|(name, _)| *name).collect();
    if !names.is_empty() {
        eprintln!("  {} will count from the next start on", names.join(", "));
    }
}
