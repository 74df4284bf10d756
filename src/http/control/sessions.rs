//! Who is signed in, and signing them out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::realm::{Event, ExchangeView, SessionView};

use super::operation::{Call, Operation, asks, does, lists, sends};
use super::problem::Problem;

/// Whom to sign out.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Logout {
    /// `sub`
    user: String,
    /// One app only: it is told, and the sign-in goes on for the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client: Option<String>,
}

/// What was ended.
#[derive(Serialize, JsonSchema)]
struct LoggedOut {
    /// How many sign-ins were ended.
    sessions: usize,
}

/// An app that was told once more.
#[derive(Serialize, JsonSchema)]
struct Retried {
    /// The number of the exchange, which says what the app answered; nothing, where a lie has it told late.
    #[serde(skip_serializing_if = "Option::is_none")]
    exchange: Option<u64>,
}

pub(super) fn operations() -> Vec<Operation> {
    vec![
        lists("/sessions", "The sign-ins that have not ended", |session: &SessionView| session.sid.clone(), |call: Call| async move {
            sessions(&call).await
        })
        .about(
            "With the apps that got a code in each. `after` is a `sid`.",
            "",
            r#"[{"sid": "q8J2", "user": "alice", "auth_time": 1798761600, "until": 1798848000, "amr": ["user"], "clients": ["notes-web"]}]"#,
        ),
        does("DELETE", "/sessions/{sid}", "Ends a sign-in: its browser meets the sign-in page again", end).about(
            "Refresh tokens that depend on it are refused from now on.",
            "",
            "",
        ),
        does("POST", "/sessions/{sid}/logout", "Ends a sign-in, as if the person had signed out", end).about(
            "The same, under the name that people look for.",
            "",
            "",
        ),
        does("DELETE", "/sessions/{sid}/clients/{client}", "Ends one app's part in a sign-in, which goes on for the others", end_part)
            .about(
                "The app is told by back channel, if it can be, and its refresh tokens that depend on the sign-in are refused. The next \
                 visit to it needs no page: the person is still signed in here.",
                "",
                "",
            ),
        sends("POST", "/logouts", "Ends every sign-in of a person, or one app's part in them", (200, log_out)).about(
            "In all browsers. Where `client` says which app, the sign-ins go on for the others.",
            r#"{"user": "alice"}"#,
            r#"{"sessions": 1}"#,
        ),
        lists("/logouts", "The sign-outs that browsers made", |exchange: &ExchangeView| exchange.number.to_string(), logouts)
            .about("Each with its checks. `after` is an exchange's `number`.", "", "[]"),
        asks("POST", "/logouts/{number}/retry", "Tells an app once more that a sign-in is over", retry).about(
            "By the number of the exchange in which it was told, as `GET /events?event=logout_failed` has it.",
            "",
            r#"{"exchange": 12}"#,
        ),
    ]
}

async fn sessions(call: &Call) -> Result<Vec<SessionView>, Problem> {
    Ok(call.realm.sessions().await?)
}

async fn end(call: Call) -> Result<(), Problem> {
    let sid = call.part("sid");
    if call.realm.end_session(sid, None).await? { Ok(()) } else { Err(Problem::missing("session", sid, [])) }
}

async fn end_part(call: Call) -> Result<(), Problem> {
    let (sid, client) = (call.part("sid"), call.part("client"));
    let all = sessions(&call).await?;
    let Some(session) = all.iter().find(|session| session.sid == sid) else {
        return Err(Problem::missing("session", sid, []));
    };
    let ended = call.realm.end_session(sid, Some(client)).await?;
    let apps = session.clients.iter().map(String::as_str);
    if ended { Ok(()) } else { Err(Problem::missing("app of this sign-in", client, apps)) }
}

async fn log_out(call: Call, logout: Logout) -> Result<LoggedOut, Problem> {
    Ok(LoggedOut { sessions: call.realm.sign_out(&logout.user, logout.client.as_deref()).await? })
}

async fn retry(call: Call) -> Result<Retried, Problem> {
    let number = call.number("number", "logout message")?;
    let missing = || Problem::missing("logout message", &number.to_string(), []);
    call.realm.retry_logout(number).await?.map(|exchange| Retried { exchange }).ok_or_else(missing)
}

async fn logouts(call: Call) -> Result<Vec<ExchangeView>, Problem> {
    let entries = call.realm.journal().entries();
    let outs = entries.iter().filter(|entry| entry.events.contains(&Event::SignedOut));
    Ok(outs.map(|entry| ExchangeView::from(&**entry)).collect())
}
