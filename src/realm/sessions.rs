//! Who is signed in.

use std::sync::atomic::Ordering;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::protocol::{ClientId, SessionId, UnixTime};
use crate::store::Unavailable;
use crate::world::{Record, RecordKey};

use super::Realm;

/// A sign-in of one browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionView {
    /// Its name, as apps know it.
    pub sid: String,
    /// Who.
    pub user: String,
    /// When the person signed in, in seconds since 1970.
    pub auth_time: UnixTime,
    /// Until when, in seconds since 1970.
    pub until: UnixTime,
    /// How the person proved who they are.
    pub amr: Vec<String>,
    /// The apps that got a code in it.
    pub clients: Vec<String>,
}

impl Realm {
    /// The sign-ins that have not ended.
    pub async fn sessions(&self) -> Result<Vec<SessionView>, Unavailable> {
        let now = self.now();
        let (kept, settings) = (self.store.all(now).await?, self.settings());
        let mut sessions = Vec::new();
        for (name, record, _) in &kept {
            let (RecordKey::Session(sid), Record::Session(session)) = (name, &**record) else { continue };
            // Whoever was deleted or locked since is not signed in any more.
            if session.ended || session.until <= now || !settings.may_sign_in(&session.person) {
                continue;
            }
            let mut clients: Vec<String> = session.clients.iter().map(ToString::to_string).collect();
            clients.sort();
            sessions.push(SessionView {
                sid: sid.to_string(),
                user: session.person.sub.to_string(),
                auth_time: session.auth_time,
                until: session.until,
                amr: session.amr.clone(),
                clients,
            });
        }
        sessions.sort_by(|a, b| (a.auth_time, &a.sid).cmp(&(b.auth_time, &b.sid)));
        Ok(sessions)
    }

    /// Ends a sign-in, as if the person had signed out, or only the part that one app has in it. `false` if there is none of this
    /// name, or no such part.
    pub async fn end_session(&self, sid: &str, client: Option<&str>) -> Result<bool, Unavailable> {
        Ok(self.end_all(vec![sid.into()], client).await? > 0)
    }

    /// Ends every sign-in of a person, whatever became of them since, or only the part that one app has in them; how many there
    /// were.
    pub async fn sign_out(&self, user: &str, client: Option<&str>) -> Result<usize, Unavailable> {
        let kept = self.store.all(self.now()).await?;
        let of_user = kept.iter().filter_map(|(key, record, _)| match (key, &**record) {
            (RecordKey::Session(id), Record::Session(session)) if session.person.sub.as_str() == user => {
                Some(id.clone())
            }
            _ => None,
        });
        self.end_all(of_user.collect(), client).await
    }

    /// Ends these sign-ins, and tells all of their apps at once; or one app's part in them, and tells just this one.
    async fn end_all(&self, sessions: Vec<SessionId>, client: Option<&str>) -> Result<usize, Unavailable> {
        let (now, client) = (self.now(), client.map(ClientId::from));
        let keys = sessions.iter().cloned().map(RecordKey::Session).collect();
        let errands = self.change_records(keys, |records| {
            for id in &sessions {
                match &client {
                    Some(client) => records.end_session_at(id, client, now).map(|_| ())?,
                    None => records.end_session(id, now).map(|_| ())?,
                }
            }
            Ok(records.take_errands())
        });
        let errands = errands.await?;
        self.tell_apps(&errands, self.resets.load(Ordering::Relaxed)).await;
        Ok(errands.len())
    }
}
