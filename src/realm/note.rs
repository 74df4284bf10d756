//! What is written down of an exchange: in the journal, and in the log.

use std::sync::atomic::Ordering;

use crate::protocol::{Subject, shortened};
use crate::reply::Reply;
use crate::spec::FailedCheck;
use crate::world::{Decision, Failure, Outcome, Question, RecordKey};

use super::context::Exchange;
use super::{Entry, Event, Realm};

/// What happened, as far as it can be told from the decision alone.
pub(super) struct Happened {
    events: Vec<Event>,
    refused: Option<FailedCheck>,
    flow_keys: Vec<RecordKey>,
}

impl Exchange<'_> {
    /// What the decision says about what happened, before it is altered.
    pub(super) fn happened(&self, decision: &Decision) -> Happened {
        let (events, refused) = (super::event::of(self, decision), refused(decision).cloned());
        Happened { events, refused, flow_keys: self.records.flow_keys() }
    }

    /// What the journal keeps of it, but for the bytes.
    pub(super) fn noted(mut self, happened: Happened, reply: &Reply) -> Entry {
        if happened
            .events
            .iter()
            .any(|event| matches!(event, Event::SignInAsked | Event::ConsentAsked | Event::SignOutAsked))
        {
            self.plan.put_off();
        }
        let idle = self.plan.idle().map(|fault| format!("the lie {fault} fitted here, and found nothing to alter"));
        self.trace.remarks.extend(idle);
        let Happened { events, refused, flow_keys } = happened;
        Entry {
            number: 0,
            at: self.realm_time,
            method: self.request.method,
            endpoint: self.request.endpoint,
            path: shortened(&self.request.path).into(),
            client: self.facts.client.shortened(),
            user: self.facts.user.as_ref().map(Subject::shortened),
            status: reply.status,
            applied: self.plan.applied(),
            trace: self.trace,
            refused,
            events,
            flow_keys,
            state: self.understood.state().map(|state| shortened(state).into()),
            nonce: self.understood.nonce().map(|nonce| shortened(nonce).into()),
            flow: None,
            resets: self.resets,
            delivery: reply.delivery,
            wire: None,
        }
    }
}

fn refused(decision: &Decision) -> Option<&FailedCheck> {
    match decision {
        Err(Failure::ShowPage(refused) | Failure::SendBack(_, refused) | Failure::Tell(refused)) => Some(refused),
        Ok(Outcome::Ask(Question::SignIn(question))) => question.notice.as_ref(),
        _ => None,
    }
}

impl Realm {
    /// Writes an exchange into journal and log.
    pub fn note(&self, entry: Entry) {
        let (method, path) = (entry.method.as_str(), &*entry.path);
        let client = Some(entry.client.as_str()).filter(|client| !client.is_empty());
        let by = client.map(|client| format!(" by {client}")).unwrap_or_default();
        if let Some(refused) = &entry.refused {
            let (sentence, hint) = (refused.in_full(), refused.check.section());
            let told = format!("{method} {path}{by}: {sentence}\n         {} {hint}", refused.check.name());
            if refused.on_purpose {
                tracing::info!("{told}");
            } else {
                tracing::warn!("{told}");
            }
        } else {
            tracing::debug!("{method} {path}{by} → {}", entry.status);
        }
        entry.trace.remarks.iter().for_each(|remark| tracing::warn!("{method} {path}{by}: {remark}"));
        if entry.resets == self.resets.load(Ordering::Relaxed) {
            self.journal.note(entry);
        }
    }
}
