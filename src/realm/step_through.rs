//! Step through: an answer that is decided waits until somebody lets it go, alters it, or has it fail.

use std::time::Duration;

use tokio::sync::oneshot;

use crate::protocol::{Millis, Params};
use crate::reply::{Body, Reply};
use crate::world::{Clock, Endpoint};

use super::hold::{Alteration, Breakpoints, HoldView, Release, held_at};
use super::{Entry, Realm};

/// The longest that an answer is held. Whoever forgot it gets it then.
const LONGEST: Duration = Duration::from_mins(10);

/// The most answers that are held at once. Further ones go.
const MOST: usize = 100;

/// Forgets a hold when whoever waited for the answer goes away.
struct Forget<'a> {
    realm: &'a Realm,
    id: u64,
    /// By the machine's clock: apps do not live by the realm's.
    began: Millis,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        let mut held = self.realm.holds.lock();
        // Whatever was let go is not here any more.
        if let Some((view, _)) = held.waiting.remove(&self.id).filter(|(view, _)| view.back_channel) {
            held.gave_up.note(&view.client, Millis(Clock::default().now_ms().0 - self.began.0));
        }
        drop(held);
        self.realm.journal.nudge();
    }
}

impl Realm {
    /// Where answers are held.
    pub fn breakpoints(&self) -> Breakpoints {
        self.holds.lock().breakpoints.clone()
    }

    /// Holds answers here from now on, and nowhere else. Where none are held any more, those that wait go.
    pub fn set_breakpoints(&self, breakpoints: Breakpoints) -> Result<(), (&'static str, String)> {
        let known = |name: &String| held_at().any(|known| known == name);
        if let Some(odd) = breakpoints.endpoints.iter().find(|name| !known(name)) {
            let near = crate::protocol::nearest(odd, held_at());
            let near = near.map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default();
            return Err(("endpoints", format!("`{odd}` is no endpoint.{near}")));
        }
        let none = !breakpoints.all && breakpoints.endpoints.is_empty();
        let mut held = self.holds.lock();
        held.breakpoints = breakpoints;
        if none {
            for (_, waiting) in std::mem::take(&mut held.waiting).into_values() {
                let _ = waiting.send(Release::AsItIs);
            }
        }
        drop(held);
        self.journal.nudge();
        Ok(())
    }

    /// The answers that are held, oldest first.
    pub fn holds(&self) -> Vec<HoldView> {
        self.holds.lock().waiting.values().map(|(view, _)| view.clone()).collect()
    }

    /// Lets an answer go, as it is or altered. `false` if none is held under this number.
    pub fn release(&self, id: u64, alteration: Option<Alteration>) -> bool {
        let waiting = self.holds.lock().waiting.remove(&id);
        let release = alteration.map_or(Release::AsItIs, Release::Altered);
        waiting.is_some_and(|(_, waiting)| waiting.send(release).is_ok())
    }

    /// Holds an answer, if it is one that is to be held. `agent` is what the caller calls itself, by `User-Agent`. Whether it was altered, and what is answered then.
    pub(super) async fn hold(&self, entry: &Entry, agent: &str, reply: Reply) -> (Reply, bool) {
        let (id, waiting) = {
            let mut held = self.holds.lock();
            let Breakpoints { all, endpoints } = &held.breakpoints;
            let here = *all || endpoints.iter().any(|name| name == entry.endpoint.key());
            if !here || held.waiting.len() >= MOST {
                return (reply, false);
            }
            held.count += 1;
            let (id, (sender, waiting)) = (held.count, oneshot::channel());
            let mut view = view(id, entry, &reply);
            view.patience = held.gave_up.patience(&view.client, agent).filter(|_| view.back_channel);
            held.waiting.insert(id, (view, sender));
            (id, waiting)
        };
        self.journal.nudge();
        let _forget = Forget { realm: self, id, began: Clock::default().now_ms() };
        let released = tokio::time::timeout(LONGEST, waiting).await;
        if released.is_err() {
            self.holds.lock().waiting.remove(&id);
        }
        match released {
            Ok(Ok(Release::Altered(alteration))) => {
                let other = altered(reply.clone(), &alteration);
                let changed = other != reply;
                (other, changed)
            }
            _ => (reply, false),
        }
    }
}

fn view(id: u64, entry: &Entry, reply: &Reply) -> HoldView {
    let answer = match &reply.body {
        Body::Json(text) => String::from_utf8_lossy(text).into_owned(),
        Body::Return(back) => back.to_url().to_string(),
        Body::Redirect(path) => path.clone(),
        Body::Page(_) => "a page".to_owned(),
        _ => String::new(),
    };
    let by_browser =
        [Endpoint::Authorize, Endpoint::SignIn, Endpoint::Consent, Endpoint::EndSession, Endpoint::SignOut];
    HoldView {
        id,
        since: entry.at,
        method: entry.method.as_str().into(),
        path: entry.path.to_string(),
        endpoint: entry.endpoint.key().into(),
        client: entry.client.to_string(),
        user: entry.user.as_ref().map(ToString::to_string),
        status: reply.status,
        answer,
        back_channel: !by_browser.contains(&entry.endpoint),
        patience: None,
    }
}

fn altered(mut reply: Reply, alteration: &Alteration) -> Reply {
    let Alteration { status, body, headers, params } = alteration;
    if let Body::Return(back) = &mut reply.body {
        let kept = back.params.iter().filter(|(name, _)| !params.contains_key(*name));
        let new =
            params.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.as_str(), value.as_str()));
        back.params = kept.chain(new).map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Params>();
    }
    reply.status = status.unwrap_or(reply.status);
    if let Some(body) = body {
        let media_type = if serde_json::from_str::<serde_json::Value>(body).is_ok() {
            "application/json"
        } else {
            "text/plain; charset=utf-8"
        };
        reply.body = Body::Raw { media_type: media_type.to_owned(), bytes: body.clone().into_bytes() };
    }
    reply.headers.extend(headers.iter().map(|(name, value)| (name.clone().into(), value.clone().into())));
    reply
}
