//! Which browser belongs to which realm, where the app knows one issuer only.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// The header that says which realm is meant.
pub(super) const HEADER: &str = "standin-realm";

/// The most tickets that are kept; the oldest goes first.
const MOST: usize = 10_000;

/// Which browser belongs to which realm.
#[derive(Debug, Default)]
pub(super) struct Tickets(Mutex<TicketTable>);

/// Realms by ticket, oldest first.
#[derive(Debug, Default)]
struct TicketTable {
    realms: HashMap<String, String>,
    oldest_first: VecDeque<String>,
}

impl Tickets {
    pub(super) fn keep(&self, ticket: &str, realm: &str) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.oldest_first.len() == MOST
            && let Some(oldest) = kept.oldest_first.pop_front()
        {
            kept.realms.remove(&oldest);
        }
        kept.oldest_first.push_back(ticket.to_owned());
        kept.realms.insert(ticket.to_owned(), realm.to_owned());
    }

    /// Whether one was ever given.
    pub(super) fn exist(&self) -> bool {
        !self.0.lock().unwrap_or_else(PoisonError::into_inner).realms.is_empty()
    }

    pub(super) fn realm_of(&self, ticket: &str) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).realms.get(ticket).cloned()
    }
}
