//! What nobody asks about: a sign-in that came to nothing without a word is told in the log, once.

use std::collections::{HashMap, HashSet};
use std::sync::Weak;
use std::time::Duration;

use crate::explain::{Case, by_flow, diagnose};
use crate::realm::{Event, Realm};

use super::state::AppState;

/// How often it is looked for.
const EVERY: Duration = Duration::from_secs(5);

/// Looks at each realm's journal, until the server ends.
pub async fn tell_of_silence(state: Weak<AppState>) {
    let mut told: HashMap<String, Told> = HashMap::new();
    loop {
        tokio::time::sleep(EVERY).await;
        let Some(state) = state.upgrade() else { return };
        let realms = state.realms.all();
        told.retain(|name, _| realms.iter().any(|realm| realm.name() == name));
        for realm in realms {
            let of_realm = told.entry(realm.name().to_owned()).or_default();
            for said in of_realm.look(&realm) {
                tracing::warn!("{said}");
            }
        }
    }
}

/// What was told of one realm.
#[derive(Debug, Default)]
struct Told {
    flows: HashSet<u64>,
    /// How many exchanges there were when every flow that was open had ended, or was told of.
    settled: u64,
}

impl Told {
    fn look(&mut self, realm: &Realm) -> Vec<String> {
        let count = realm.journal().count();
        if count == self.settled {
            return Vec::new();
        }
        let (journal, settings, now) = (realm.journal().entries(), realm.settings(), realm.now());
        self.flows.retain(|id| journal.iter().any(|entry| entry.flow == Some(*id)));
        let mut open = false;
        let mut said = Vec::new();
        for (id, flow) in by_flow(&journal) {
            let had = |event| flow.iter().any(|entry| entry.events.contains(&event));
            if !had(Event::CodeIssued) || had(Event::CodeRedeemed) || self.flows.contains(&id) {
                continue;
            }
            let case = Case { flow: &flow, journal: &journal, settings: &settings, now };
            if case.silent_with_code().is_none() {
                open |= flow.iter().all(|entry| entry.refused.is_none());
                continue;
            }
            self.flows.insert(id);
            if let Some(diagnosis) = diagnose(&case) {
                let client = flow.first().map(|entry| entry.client.to_string()).unwrap_or_default();
                said.push(format!("flow #{id} of {client}: {}\n         {}", diagnosis.sentence, diagnosis.fix));
            }
        }
        if !open {
            self.settled = count;
        }
        said
    }
}
