//! What the page answers that apps ask whether the sign-in is still the same.

use super::kind::{FaultKind, handle};
use crate::faults::effect::Effect::Reply;
use crate::faults::matching::Point::CheckSession;
use crate::reply::{Body, CheckSessionAnswer, Page};

const NOTIFICATION: &str = "https://openid.net/specs/openid-connect-session-1_0.html#ChangeNotification";
const ANSWER: &[&str] = &["check_session.answer"];

fn answers(reply: &mut crate::reply::Reply, other: CheckSessionAnswer) -> bool {
    let Body::Page(page) = &mut reply.body else { return false };
    let Page::CheckSession(answer) = &mut **page else { return false };
    *answer = other;
    true
}

pub(super) const FAULTS: &[FaultKind] = &[
    handle(
        "sm.changed",
        "The answer is that the sign-in is another, though it is the same.",
        ANSWER,
        (NOTIFICATION, &[Reply(CheckSession, |r, _| answers(r, CheckSessionAnswer::Changed))]),
    )
    .so("asks with prompt=none, hears that it is the same person, and goes on; no loop"),
    handle(
        "sm.error",
        "The answer is error, whatever is asked.",
        ANSWER,
        (NOTIFICATION, &[Reply(CheckSession, |r, _| answers(r, CheckSessionAnswer::Error))]),
    )
    .so("does not ask with prompt=none, and does not loop"),
    handle(
        "sm.silent",
        "There is no answer.",
        ANSWER,
        (NOTIFICATION, &[Reply(CheckSession, |r, _| answers(r, CheckSessionAnswer::Silent))]),
    )
    .so("waits for nothing"),
    handle(
        "sm.blocked",
        "The page forbids that it is framed.",
        &["check_session.x-frame-options"],
        (
            NOTIFICATION,
            &[Reply(CheckSession, |r, _| {
                r.headers.push(("x-frame-options".into(), "DENY".into()));
                true
            })],
        ),
    )
    .so("waits for nothing, and goes on without"),
];
