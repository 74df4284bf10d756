//! An answer between its decision and its bytes: it is held here, before anything of it is written and before the journal says so.

use std::sync::Arc;

use crate::reply::{Delivery, Reply};

use super::{Entry, Realm, Wire};

/// What the journal will keep of an answer, once it is sent. It is kept as well if the caller goes away before.
#[derive(Debug)]
pub struct Unsent {
    realm: Arc<Realm>,
    entry: Option<Entry>,
}

impl Unsent {
    /// An answer that was decided.
    pub const fn new(realm: Arc<Realm>, entry: Entry) -> Self {
        Self { realm, entry: Some(entry) }
    }

    /// Holds an answer back for as long as it is to be held: by a lie that makes it late, and until somebody lets it go who goes
    /// through step by step. What is answered then. `agent` is the caller's `User-Agent`.
    pub async fn hold(&mut self, agent: &str, reply: Reply) -> Reply {
        if let Delivery::After(delay) = reply.delivery {
            tokio::time::sleep(delay).await;
        }
        let Some(entry) = &mut self.entry else { return reply };
        let (reply, altered) = self.realm.hold(entry, agent, reply).await;
        if altered {
            entry.status = reply.status;
            entry.trace.remarks.push("the answer was held, and altered by hand".to_owned());
        }
        reply
    }

    /// It was rendered, in these bytes, and is about to be sent.
    pub fn note(mut self, wire: Wire) {
        if let Some(entry) = self.entry.take() {
            self.realm.note(Entry { wire: Some(wire), ..entry });
        }
    }
}

impl Drop for Unsent {
    /// Nobody waited for it.
    fn drop(&mut self) {
        if let Some(mut entry) = self.entry.take() {
            entry.trace.remarks.push("the caller went away before it was answered".to_owned());
            self.realm.note(entry);
        }
    }
}
