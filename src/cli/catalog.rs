//! The catalogue of faults as a document.

use std::fmt::Write as _;

use crate::faults::{FAULTS, TEST_IDENTITIES, Verdict};

/// The document, as `docs/faults.md` has it.
pub(super) fn markdown() -> String {
    let mut text = "# Faults and test identities

This page is printed by `standin fault list --markdown`; a test compares them.

Every fault alters on the wire what its row says, and nothing else. Turn one on by `standin fault on NAME`, by
`POST /_control/v1/faults`, in Rust by `idp.fault(Fault::named(NAME))`, or for one sign-in by a test identity.

## Test identities

Behind a `+` in a username or `login_hint`: `alice+bad-nonce@example.com`, or `alice+bad-nonce`. Several words may follow each other,
and the id of any fault is a word as well: `alice+idt.exp.now`. As a `login_hint` it signs in without a page. There is nothing to set
up and nothing to clean up, so tests that run at once do not meet.

| word | what happens |
| --- | --- |
"
    .to_owned();
    for (word, sentence, _) in TEST_IDENTITIES {
        let _ = writeln!(text, "| `+{word}` | {sentence} |");
    }
    text.push_str("\n## Faults\n\n`reject`: a correct app must refuse. `tolerate`: it must go on. `handle`: it must neither crash nor make a session of it.\n");
    let mut kind = "";
    for fault in FAULTS.iter() {
        let this = fault.id.split('.').next().unwrap_or_default();
        if this != kind {
            kind = this;
            let _ = write!(
                text,
                "\n### {}\n\n| fault | what is untrue | altered | a correct app |\n| --- | --- | --- | --- |\n",
                title(kind)
            );
        }
        let verdict = match fault.verdict {
            Verdict::Reject => "reject",
            Verdict::Tolerate => "tolerate",
            Verdict::Handle => "handle",
        };
        let altered: Vec<String> = fault.altered.iter().map(|name| format!("`{name}`")).collect();
        let _ = writeln!(
            text,
            "| [`{}`]({}) | {} | {} | **{verdict}**: {} |",
            fault.id,
            fault.section,
            fault.sentence.replace('|', "\\|"),
            altered.join(" "),
            fault.correct
        );
    }
    text
}

pub(super) fn title(kind: &str) -> &'static str {
    match kind {
        "idt" => "ID tokens",
        "authz" => "Answers of the authorization endpoint",
        "sess" => "Sessions",
        "user" => "What the person does",
        "id" => "What is said about the person",
        "tok" => "The token endpoint",
        "time" => "Time",
        "rt" => "Refresh",
        "at" => "Access tokens",
        "ui" => "UserInfo",
        "disc" => "Discovery",
        "pkce" => "PKCE",
        "jwks" => "The key set",
        "lo" => "Logout",
        "mix" => "Two issuers",
        "net" => "The network",
        "cors" => "Other origins",
        "api" => "The sample API",
        _ => "More",
    }
}
