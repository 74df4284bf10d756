//! Who signs in next, and which lies are told.

use schemars::JsonSchema;
use serde::Serialize;

use crate::faults::{Act, Budget, FAULTS, Fault, Lie, Login, Match, Origin, Rule, TEST_IDENTITIES, With};
use crate::protocol::UnixTime;

use super::operation::{Call, Operation, asks, does, sends};
use super::problem::Problem;

/// A rule that stands.
#[derive(Serialize, JsonSchema)]
struct RuleView {
    /// Its number.
    id: u64,
    /// A fault's id, or `next-login`.
    name: String,
    origin: Origin,
    #[serde(rename = "match")]
    when: Match,
    #[serde(flatten)]
    budget: Budget,
    /// How often it spoke.
    spoke: u32,
    /// How often it will speak yet, if that is limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<u32>,
    /// Until when, by the realm's clock, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<UnixTime>,
    /// Who signs in, for a next sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    login: Option<Login>,
    /// The fault's own numbers and names.
    #[serde(skip_serializing_if = "Option::is_none")]
    with: Option<With>,
}

/// Everything that can be untrue.
#[derive(Serialize, JsonSchema)]
struct Catalog {
    faults: Vec<FaultView>,
    test_identities: Vec<TestIdentity>,
}

/// A fault of the catalogue.
#[derive(Serialize, JsonSchema)]
struct FaultView {
    id: &'static str,
    /// What is altered, in a sentence.
    sentence: &'static str,
    /// What is altered on the wire, and nothing else is.
    altered: Vec<&'static str>,
    verdict: crate::faults::Verdict,
    /// What a correct app does.
    correct: &'static str,
    /// Where it is written.
    section: &'static str,
}

/// A word behind `+` in a username or `login_hint`.
#[derive(Serialize, JsonSchema)]
struct TestIdentity {
    word: &'static str,
    example: String,
    sentence: &'static str,
}

pub(super) fn operations() -> Vec<Operation> {
    vec![
        asks("GET", "/next-logins", "The sign-ins that are decided already", |call: Call| async move {
            Ok(list(&call, Origin::NextLogin))
        }),
        sends("POST", "/next-logins", "Says who signs in next, or how that fails", (201, next_login)),
        does("DELETE", "/next-logins", "Forgets them all", |call: Call| async move {
            forget(&call, Origin::NextLogin, None)
        }),
        does("DELETE", "/next-logins/{id}", "Forgets one", |call: Call| async move {
            let id = call.number("id", "next sign-in")?;
            forget(&call, Origin::NextLogin, Some(id))
        }),
        asks("GET", "/faults/catalog", "Every fault and every test identity there is", catalog).of_server(),
        asks("GET", "/faults", "The faults that are on", |call: Call| async move { Ok(list(&call, Origin::Fault)) }),
        sends("POST", "/faults", "Turns a fault on", (201, fault)),
        does(
            "DELETE",
            "/faults",
            "Turns all faults off",
            |call: Call| async move { forget(&call, Origin::Fault, None) },
        ),
        does("DELETE", "/faults/{id}", "Turns a fault off", |call: Call| async move {
            let id = call.number("id", "fault")?;
            forget(&call, Origin::Fault, Some(id))
        }),
    ]
}

fn view(rule: &Rule) -> RuleView {
    let (login, with) = match &rule.act {
        Act::Answer(login) => (Some(Login::clone(login)), None),
        Act::Lie(_, with) => (None, Some(with.clone()).filter(|with| *with != With::default())),
    };
    RuleView {
        id: rule.id,
        name: rule.name.clone(),
        origin: rule.origin,
        when: rule.when.clone(),
        budget: rule.budget.clone(),
        spoke: rule.spoke(),
        left: rule.left(),
        until: rule.until,
        login,
        with,
    }
}

fn list(call: &Call, origin: Origin) -> Vec<RuleView> {
    call.realm.rules.list(call.realm.now()).iter().filter(|rule| rule.origin == origin).map(|rule| view(rule)).collect()
}

fn one(call: &Call, id: u64) -> Result<RuleView, Problem> {
    let rules = call.realm.rules.list(call.realm.now());
    rules
        .iter()
        .find(|rule| rule.id == id)
        .map(|rule| view(rule))
        .ok_or_else(|| Problem::missing("rule", &id.to_string()))
}

fn forget(call: &Call, origin: Origin, id: Option<u64>) -> Result<(), Problem> {
    let forgotten = call.realm.rules.forget(|rule| rule.origin == origin && id.is_none_or(|id| rule.id == id));
    match id {
        Some(id) if forgotten == 0 => Err(Problem::missing("rule", &id.to_string())),
        _ => Ok(()),
    }
}

async fn next_login(call: Call, login: Login) -> Result<RuleView, Problem> {
    let id = call.realm.next_login(&login)?;
    one(&call, id)
}

async fn fault(call: Call, fault: Fault) -> Result<RuleView, Problem> {
    let fault = call.door.realms.resolve(&call.realm, fault)?;
    let id = call.realm.fault(&fault)?;
    one(&call, id)
}

async fn catalog(_: Call) -> Result<Catalog, Problem> {
    let fault = |fault: &'static Lie| FaultView {
        id: fault.id,
        sentence: fault.sentence,
        altered: fault.altered.to_vec(),
        verdict: fault.verdict,
        correct: fault.correct,
        section: fault.section,
    };
    let identity = |(word, sentence, _): &(&'static str, &'static str, crate::faults::Tag)| TestIdentity {
        word,
        example: format!("alice+{word}@example.com"),
        sentence,
    };
    Ok(Catalog {
        faults: FAULTS.iter().map(fault).collect(),
        test_identities: TEST_IDENTITIES.iter().map(identity).collect(),
    })
}
