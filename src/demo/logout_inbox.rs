//! What an app hears of sign-ins that are over, and which of its own sessions end by that.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// The most sign-ins that are remembered as over.
const MOST: usize = 1_000;

/// One app's inbox. The other app may look at it, to show what became of it.
#[derive(Debug)]
pub(super) struct LogoutInbox {
    /// Whether the app has the endpoint that its registration names. One that forgot it answers 404.
    listens: AtomicBool,
    over: Mutex<VecDeque<Over>>,
    last: Mutex<Option<String>>,
}

/// A sign-in that is over, or all of a person's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// The sign-in of this `sid`.
    Session(String),
    /// Every sign-in of this `sub`, if it began before this number of seconds.
    Subject(String, i64),
}

impl Default for LogoutInbox {
    fn default() -> Self {
        Self { listens: AtomicBool::new(true), over: Mutex::default(), last: Mutex::default() }
    }
}

impl LogoutInbox {
    pub(super) fn listens(&self) -> bool {
        self.listens.load(Ordering::Relaxed)
    }

    pub(super) fn listen(&self, listens: bool) {
        self.listens.store(listens, Ordering::Relaxed);
    }

    /// A message came, and was believed.
    pub(super) fn end(&self, over: Over) {
        let mut all = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() == MOST {
            all.pop_front();
        }
        all.push_back(over);
    }

    /// Whether the session of an app belongs to a sign-in that is over.
    pub(super) fn is_over(&self, sid: Option<&str>, sub: &str, since: i64) -> bool {
        let all = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().any(|over| match over {
            Over::Session(ended) => sid == Some(ended),
            Over::Subject(ended, at) => ended == sub && since <= *at,
        })
    }

    /// What was heard last, in words.
    pub(super) fn say(&self, what: impl Into<String>) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(what.into());
    }

    pub(super) fn said(&self) -> Option<String> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn forget_what_was_said(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
