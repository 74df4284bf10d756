//! Who signs in next, and which lies are told.

use schemars::JsonSchema;
use serde::Serialize;

use crate::faults::{
    Action, Budget, FAULTS, Fault, FaultKind, FaultOptions, Login, Match, Origin, Rule, TEST_IDENTITIES,
};
use crate::protocol::UnixTime;

use super::operation::{Call, Operation, asks, does, lists, sends};
use super::problem::Problem;

/// A rule that stands.
#[derive(Serialize, JsonSchema)]
struct RuleView {
    /// Its number.
    id: u64,
    /// A fault's name, or `next-login`.
    name: String,
    /// Who made it.
    origin: Origin,
    /// For whom and where it speaks.
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
    with: Option<FaultOptions>,
    /// Why it may never speak, as far as that is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    warnings: Vec<String>,
}

/// Everything that can be untrue.
#[derive(Serialize, JsonSchema)]
struct Catalog {
    /// The faults, kind by kind.
    faults: Vec<FaultView>,
    /// The words behind a `+`.
    test_identities: Vec<TestIdentity>,
}

/// A fault of the catalogue.
#[derive(Serialize, JsonSchema)]
struct FaultView {
    /// Its name, which `POST /faults` takes.
    name: &'static str,
    /// What is altered, in a sentence.
    sentence: &'static str,
    /// What is altered on the wire, and nothing else is.
    altered: Vec<&'static str>,
    /// What a correct app does, in a word.
    verdict: crate::faults::Verdict,
    /// What a correct app does.
    correct: &'static str,
    /// Where it is written.
    section: &'static str,
}

/// A word behind `+` in a username or `login_hint`.
#[derive(Serialize, JsonSchema)]
struct TestIdentity {
    /// The word.
    word: &'static str,
    /// A whole name with it.
    example: String,
    /// What happens.
    sentence: &'static str,
}

const LOGIN: &str =
    r#"{"id": 1, "name": "next-login", "origin": "next_login", "match": {}, "times": 1, "spoke": 0, "left": 1}"#;
const FAULT: &str = r#"{"id": 1, "name": "idt.nonce.wrong", "origin": "fault", "match": {"client": "notes-web"}, "times": 1, "spoke": 0, "left": 1}"#;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        lists("/next-logins", "The sign-ins that are decided already", |rule: &RuleView| rule.id.to_string(), |call: Call| async move {
            Ok(list(&call, Origin::NextLogin))
        })
        .about("Each until it was used as often as it says. `after` is an `id`.", "", "[]"),
        sends("POST", "/next-logins", "Says who signs in next, or how that fails", (201, next_login)).about(
            "No page is shown then. `claims` are set for this one sign-in, and reach the app whatever its scopes.",
            r#"{"as": "bob", "claims": {"email_verified": false}, "match": {"client": "notes-web"}}"#,
            LOGIN,
        ),
        does("DELETE", "/next-logins", "Forgets them all", |call: Call| async move {
            forget(&call, Origin::NextLogin, None)
        })
        .about("The next sign-in shows the page again.", "", ""),
        does("DELETE", "/next-logins/{id}", "Forgets one", |call: Call| async move {
            forget(&call, Origin::NextLogin, Some(call.part("id")))
        })
        .about("By the number that it was given.", "", ""),
        asks("GET", "/faults/catalog", "Every fault and every test identity there is", catalog).of_server().about(
            "What each alters on the wire, what a correct app does about it, and where that is written.",
            "",
            r#"{"faults": [], "test_identities": [{"word": "deny", "example": "alice+deny@example.com", "sentence": "The person says no: access_denied."}]}"#,
        ),
        lists("/faults", "The faults that are on", |rule: &RuleView| rule.id.to_string(), |call: Call| async move {
            Ok(list(&call, Origin::Fault))
        })
        .about("`warnings` say why one may never speak. `after` is an `id`.", "", "[]"),
        sends("POST", "/faults", "Turns a fault on", (201, fault)).about(
            "By its name in the catalogue; `match` says for whom, `times`, `rate`, `every` and `ttl` how often and how long.",
            r#"{"name": "idt.nonce.wrong", "match": {"client": "notes-web"}, "times": 1}"#,
            FAULT,
        ),
        does("DELETE", "/faults", "Turns all faults off", |call: Call| async move { forget(&call, Origin::Fault, None) })
            .about("Those of next sign-ins and of test identities are not among them.", "", ""),
        does("DELETE", "/faults/{id}", "Turns a fault off", |call: Call| async move {
            forget(&call, Origin::Fault, Some(call.part("id")))
        })
        .about("By the number that it was given, or by its name: then every one of that name.", "", ""),
    ]
}

fn view(call: &Call, rule: &Rule) -> RuleView {
    let (login, with) = match &rule.action {
        Action::NextLogin(login) => (Some(Login::clone(login)), None),
        Action::Fault(_, with) => (None, Some(with.clone()).filter(|with| *with != FaultOptions::default())),
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
        warnings: call.realm.doubts(rule),
    }
}

fn list(call: &Call, origin: Origin) -> Vec<RuleView> {
    let rules = call.realm.rules().list(call.realm.now());
    let mut views: Vec<RuleView> =
        rules.iter().filter(|rule| rule.origin == origin).map(|rule| view(call, rule)).collect();
    views.sort_by_key(|rule| rule.id);
    views
}

fn one(call: &Call, id: u64) -> Result<RuleView, Problem> {
    let rules = call.realm.rules().list(call.realm.now());
    let found = rules.iter().find(|rule| rule.id == id).map(|rule| view(call, rule));
    found.ok_or_else(|| Problem::missing("rule", &id.to_string(), []))
}

/// Forgets the rules of an origin: all, or those of this number or name.
fn forget(call: &Call, origin: Origin, named: Option<&str>) -> Result<(), Problem> {
    let known: Vec<String> = list(call, origin).iter().map(|rule| rule.name.clone()).collect();
    let meant = |rule: &Rule| named.is_none_or(|named| rule.name == named || rule.id.to_string() == named);
    let forgotten = call.realm.rules().forget(|rule| rule.origin == origin && meant(rule));
    match named {
        Some(named) if forgotten == 0 => Err(Problem::missing("rule", named, known.iter().map(String::as_str))),
        _ => Ok(()),
    }
}

async fn next_login(call: Call, login: Login) -> Result<RuleView, Problem> {
    let id = call.realm.next_login(&login)?;
    one(&call, id)
}

async fn fault(call: Call, fault: Fault) -> Result<RuleView, Problem> {
    let fault = call.state.realms.resolve(&call.realm, fault)?;
    let id = call.realm.fault(&fault)?;
    one(&call, id)
}

async fn catalog(_: Call) -> Result<Catalog, Problem> {
    let fault = |fault: &'static FaultKind| FaultView {
        name: fault.id,
        sentence: fault.sentence,
        altered: fault.altered.to_vec(),
        verdict: fault.verdict,
        correct: fault.correct,
        section: fault.section,
    };
    let identity = |(word, sentence, _): &(&'static str, &'static str, crate::faults::TestIdentityEffect)| {
        TestIdentity { word, example: format!("alice+{word}@example.com"), sentence }
    };
    Ok(Catalog {
        faults: FAULTS.iter().map(fault).collect(),
        test_identities: TEST_IDENTITIES.iter().map(identity).collect(),
    })
}
