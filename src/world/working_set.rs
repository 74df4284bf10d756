//! The handful of records that one request works on: loaded, changed, and committed together.

use std::sync::Arc;

use crate::protocol::{ClientId, GrantId, SessionId, UnixTime};

use super::records::{Code, Grant, Record, RecordContents, RecordKey, Session};
use super::{Errand, Interrupt};

/// A record as it was loaded: its version, 0 where there is none.
#[derive(Clone, Debug, Default)]
pub struct Versioned {
    /// Moves with each change.
    pub version: u64,
    /// The contents.
    pub record: Option<Arc<Record>>,
}

/// The records that one request works on.
#[derive(Debug, Default)]
pub struct Records {
    loaded: Vec<(RecordKey, Versioned, Option<Change>)>,
    /// Calls that follow from what was changed.
    errands: Vec<Errand>,
}

/// A new value and how long it is kept; `None` forgets the record.
pub type Change = (Option<Arc<Record>>, UnixTime);

impl Records {
    /// Takes in a record that was loaded, in place of what was loaded of it before.
    pub fn add(&mut self, name: RecordKey, versioned: Versioned) {
        self.loaded.retain(|(known, ..)| *known != name);
        self.loaded.push((name, versioned, None));
    }

    /// The names of what was loaded, so that all can be loaded again.
    pub fn keys(&self) -> Vec<RecordKey> {
        self.loaded.iter().map(|(name, ..)| name.clone()).collect()
    }

    /// Whether a record was loaded, be it that there is none.
    pub fn has(&self, name: &RecordKey) -> bool {
        self.loaded.iter().any(|(known, ..)| known == name)
    }

    /// What was loaded.
    pub fn iter(&self) -> impl Iterator<Item = &Record> {
        self.loaded.iter().filter_map(|(_, versioned, _)| versioned.record.as_deref())
    }

    /// The names by which one sign-in hangs together: pages, codes, grants, refresh tokens and sessions that this request met or made.
    pub fn flow_keys(&self) -> Vec<RecordKey> {
        let met = self.loaded.iter().filter(|(_, versioned, change)| versioned.record.is_some() || change.is_some());
        let of_one = |name: &&RecordKey| {
            matches!(
                name,
                RecordKey::Interaction(_)
                    | RecordKey::Code(_)
                    | RecordKey::Grant(_)
                    | RecordKey::RefreshToken(_)
                    | RecordKey::Session(_)
            )
        };
        met.map(|(name, ..)| name).filter(of_one).cloned().collect()
    }

    /// What is to be done once the changes are written.
    pub fn take_errands(&mut self) -> Vec<Errand> {
        std::mem::take(&mut self.errands)
    }

    /// The sign-ins that this request ended, as they were.
    pub fn ended_sessions(&self) -> impl Iterator<Item = (&SessionId, &Session)> {
        self.errands.iter().map(|Errand::SessionEnded { id, session }| (id, &**session))
    }

    /// Undoes every change, before a flow is run once more.
    pub fn undo(&mut self) {
        self.errands.clear();
        self.loaded.iter_mut().for_each(|(_, _, change)| *change = None);
    }

    /// The record as this request sees it, or the wish to have it loaded.
    pub fn get<T: RecordContents>(&self, name: &RecordKey) -> Result<Option<T>, Interrupt> {
        let Some((_, versioned, change)) = self.loaded.iter().find(|(known, ..)| known == name) else {
            return Err(Interrupt::Need(name.clone()));
        };
        let record = match change {
            Some((record, _)) => record,
            None => &versioned.record,
        };
        Ok(record.as_deref().and_then(T::of).cloned())
    }

    /// Writes a record, to be kept until then.
    pub fn put(&mut self, name: RecordKey, record: impl Into<Record>, until: UnixTime) {
        self.change(name, (Some(Arc::new(record.into())), until));
    }

    /// Forgets a record.
    pub fn forget(&mut self, name: RecordKey) {
        self.change(name, (None, UnixTime(0)));
    }

    /// A record that was never loaded is new, so it is written as if version 0 had been seen: a name that chance made
    /// twice would be a conflict, not an overwriting.
    fn change(&mut self, name: RecordKey, change: Change) {
        match self.loaded.iter_mut().find(|(known, ..)| *known == name) {
            Some(entry) => entry.2 = Some(change),
            None => self.loaded.push((name, Versioned::default(), Some(change))),
        }
    }

    /// Ends a sign-in, whoever wishes it; the sign-in as it was, unless it was over already.
    pub fn end_session(&mut self, id: &SessionId, now: UnixTime) -> Result<Option<Session>, Interrupt> {
        let key = RecordKey::Session(id.clone());
        let session = self.get::<Session>(&key)?.filter(|session| !session.ended && now < session.until);
        if let Some(session) = &session {
            self.put(key, Session { ended: true, ..session.clone() }, session.until);
            self.errands.push(Errand::SessionEnded { id: id.clone(), session: Box::new(session.clone()) });
        }
        Ok(session)
    }

    /// Ends the part that one app has in a sign-in, which goes on for the others. `false` if it has none.
    pub fn end_session_at(&mut self, id: &SessionId, client: &ClientId, now: UnixTime) -> Result<bool, Interrupt> {
        let key = RecordKey::Session(id.clone());
        let session = self.get::<Session>(&key)?.filter(|session| !session.ended && now < session.until);
        let Some(mut session) = session.filter(|session| session.clients.contains(client)) else { return Ok(false) };
        let part = Session { clients: vec![client.clone()], ..session.clone() };
        session.clients.retain(|other| other != client);
        let until = session.until;
        self.put(key, session, until);
        self.errands.push(Errand::SessionEnded { id: id.clone(), session: Box::new(part) });
        Ok(true)
    }

    /// Ends what somebody agreed to, and with it every code and token that points to it. Remembered until then.
    pub fn revoke(&mut self, id: &GrantId, until: UnixTime) -> Result<(), Interrupt> {
        let key = RecordKey::Grant(id.clone());
        if let Some(mut grant) = self.get::<Arc<Grant>>(&key)? {
            Arc::make_mut(&mut grant).revoked = true;
            self.put(key, grant, until);
        }
        Ok(())
    }

    /// Alters the code that this request makes, and the grant that it stands for. `false` if it makes none, or if `alter` says so.
    pub fn alter_new_code(&mut self, alter: impl FnOnce(&mut Code, &mut Grant) -> bool) -> bool {
        let new = self.loaded.iter().find_map(|(name, _, change)| match change {
            Some((Some(record), until)) => Code::of(record).map(|code| (name.clone(), code.clone(), *until)),
            _ => None,
        });
        let Some((name, mut code, until)) = new.filter(|(_, code, _)| code.redeemed_at.is_none()) else { return false };
        let of_grant = RecordKey::Grant(code.grant.clone());
        let Ok(Some(grant)) = self.get::<Arc<Grant>>(&of_grant) else { return false };
        let mut grant = Grant::clone(&grant);
        if !alter(&mut code, &mut grant) {
            return false;
        }
        self.put(name, code, until);
        self.put(of_grant, grant, until);
        true
    }

    /// What was changed, with the version that was seen.
    pub fn changes(&self) -> Vec<(RecordKey, u64, Change)> {
        self.loaded
            .iter()
            .filter_map(|(name, seen, change)| Some((name.clone(), seen.version, change.clone()?)))
            .collect()
    }
}
