//! Changes of the configuration while the provider runs.

use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::emulator::{Emulator, Reconfigure};

use super::sources::{Sources, Text};

/// Editors write in several steps; what they leave after this pause is what they meant.
const PAUSE: Duration = Duration::from_millis(60);

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
        Ok(watcher)
    });
    match begun {
        Ok(watcher) => {
            let (handle, sources, file) = (emulator.reconfigure_handle(), sources.clone(), file.clone());
            thread::spawn(move || follow(&changes, &handle, &sources, &file));
            Some(watcher)
        }
        Err(e) => {
            tracing::warn!("changes of {} will not be noticed: {e}", file.display());
            None
        }
    }
}

fn follow(changes: &mpsc::Receiver<()>, handle: &Reconfigure, sources: &Sources, file: &PathBuf) {
    let mut before = std::fs::read(file).ok();
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
        let taken = sources.read().and_then(|config| handle.reconfigure(&config, &source));
        match taken {
            Ok(()) => eprintln!("{source} was read again"),
            Err(mistake) => {
                eprintln!("error: {mistake}\nstill running with the previous config");
                handle.refuse_config(Some(mistake.to_string()));
            }
        }
    }
}
