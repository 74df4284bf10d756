//! Each lie of the catalogue is told, and alters on the wire just what it says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use standin::faults::{FAULTS, FaultKind, FaultOptions, Point};
use standin::world::ClaimPick;
use standin::{Client, Emulator, Fault, UnixTime, User};

use crate::harness::CALLBACK;
use crate::observed::{Observed, Script, difference, observe};

/// A provider whose every answer repeats itself: seeded, and with a clock that stands still.
async fn provider(id: &str) -> Emulator {
    let mut web = Client::confidential("web", "s3cret")
        .redirects_to(CALLBACK)
        .returns_after_logout_to("http://localhost:3000/bye");
    if id.starts_with("ui.jwt.") {
        web.userinfo_signed_response_alg = Some(standin::tokens::Alg::RS256.into());
    }
    let alice = standin::config::example_people().into_iter().find(|user| user.sub.as_str() == "alice").expect("alice");
    let idp = Emulator::builder()
        .user(alice.claim("groups", json!(["writers", "staff", "everybody"])))
        .user(User::new("bob").claim("preferred_username", "bob"))
        .client(web)
        .seed(11)
        .with(|config| {
            let said = ["groups", "roles"].map(|name| ClaimPick::OfPerson(name.into()));
            config.claims.userinfo = said.to_vec();
            config.public_url = Some("http://idp.localhost:7760".into());
            config.refresh.rotate = id != "rt.rotate";
        })
        .start()
        .await;
    idp.freeze(UnixTime(1_900_000_000));
    idp
}

/// What a lie needs to have a chance.
fn script(id: &str) -> Script {
    let ask: &[(&str, &str)] = match id {
        "authz.mode.query_for_fragment" => &[("response_mode", "fragment")],
        "authz.form_post.get" => &[("response_mode", "form_post")],
        "idt.nonce.unsolicited" => &[("nonce", "")],
        "tok.id_token.extra_scope" => &[("scope", "profile")],
        _ if ["idt.c_hash.", "idt.s_hash.", "idt.hybrid."].iter().any(|kind| id.starts_with(kind)) => {
            &[("response_type", "code id_token")]
        }
        "sess.lost" => &[("prompt", "none")],
        _ => &[],
    };
    let in_body = id == "tok.client_auth.client_secret_basic";
    Script {
        ask: ask.to_vec(),
        in_body,
        signed_in: id == "sess.lost",
        signs_out: id.starts_with("lo."),
        registers: of_registration(id),
    }
}

fn of_registration(id: &str) -> bool {
    id.starts_with("reg.") || id == "mix.client_id_collision"
}

/// The lie as it is turned on: late answers are so late that no busy machine makes others as late, and what may be anywhere is at UserInfo.
fn fault(lie: &FaultKind) -> Fault {
    let delayed = lie.altered.iter().any(|name| name.rsplit('.').next() == Some("late"));
    let with = FaultOptions { delay: delayed.then(|| "3s".parse().expect("seconds")), ..FaultOptions::default() };
    let fault = Fault::named(lie.id).with(with);
    if lie.altered.iter().any(|name| name.starts_with("any.")) { fault.on(Point::Userinfo) } else { fault }
}

/// Whether a name is among those that the catalogue lists: `userinfo.*` is every member, `any.` is UserInfo here.
fn listed(altered: &[&str], name: &str) -> bool {
    altered.iter().any(|listed| {
        let listed = listed.replace("any.", "userinfo.");
        listed == name
            || listed.strip_suffix('*').is_some_and(|prefix| name.starts_with(prefix))
            || name.starts_with(&format!("{listed}."))
    })
}

/// What two honest providers have in common is the same but for their ports.
fn without_port(idp: &Emulator, seen: Observed) -> Observed {
    let port = format!(":{}", idp.address().port());
    seen.into_iter().map(|(name, value)| (name, value.replace(&port, ":PORT"))).collect()
}

async fn each_alters_what_it_says(kind: fn(&str) -> bool) {
    let mut honest: BTreeMap<(Script, bool, bool), Observed> = BTreeMap::new();
    let mut wrong = Vec::new();
    for lie in
        FAULTS.iter().filter(|lie| kind(lie.id) && !lie.id.starts_with("net.tls.") && !ELSEWHERE.contains(&lie.id))
    {
        let script = script(lie.id);
        let key = (script.clone(), lie.id.starts_with("ui.jwt."), lie.id == "rt.rotate");
        if !honest.contains_key(&key) {
            let idp = provider(lie.id).await;
            honest.insert(key.clone(), without_port(&idp, observe(&idp, &script).await));
        }
        let idp = provider(lie.id).await;
        idp.fault(fault(lie));
        let lying = without_port(&idp, observe(&idp, &script).await);
        let differing = difference(&honest[&key], &lying);
        let unlisted: BTreeSet<&String> = differing.iter().filter(|name| !listed(lie.altered, name)).collect();
        let untouched: Vec<&&str> =
            lie.altered.iter().filter(|listed_one| !differing.iter().any(|name| listed(&[listed_one], name))).collect();
        let recorded = idp.journal().iter().any(|entry| entry.applied.iter().any(|decided| decided.by == lie.id));
        if !unlisted.is_empty() || !untouched.is_empty() || !recorded {
            wrong.push(format!(
                "{}: altered unsaid {unlisted:?}, said but not altered {untouched:?}, recorded {recorded}",
                lie.id
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Lies that show only in cases of their own, which have tests of their own.
const ELSEWHERE: [&str; 11] = [
    "authz.code.injected",
    "rt.reuse_revokes",
    "rt.reuse_grace",
    "tok.pkce.ignored",
    "tok.pkce.required",
    "tok.pkce.plain_refused",
    "mix.as_swap",
    "mix.metadata_confusion",
    "net.timeout",
    "net.flaky",
    "id.user.deleted",
];

#[tokio::test]
async fn id_tokens_with_untrue_claims() {
    each_alters_what_it_says(|id| id.starts_with("idt.") && id < "idt.e").await;
}

#[tokio::test]
async fn id_tokens_with_untrue_claims_and_headers() {
    each_alters_what_it_says(|id| id.starts_with("idt.") && ("idt.e".."idt.i").contains(&id)).await;
}

#[tokio::test]
async fn id_tokens_with_untrue_times_and_nonces() {
    each_alters_what_it_says(|id| id.starts_with("idt.") && ("idt.i".."idt.m").contains(&id)).await;
}

#[tokio::test]
async fn id_tokens_that_are_broken() {
    each_alters_what_it_says(|id| id.starts_with("idt.") && id >= "idt.m").await;
}

#[tokio::test]
async fn answers_of_the_authorization_endpoint() {
    each_alters_what_it_says(|id| ["authz.", "sess.", "id.user."].iter().any(|kind| id.starts_with(kind))).await;
}

#[tokio::test]
async fn answers_of_the_token_endpoint() {
    each_alters_what_it_says(|id| id.starts_with("tok.")).await;
}

#[tokio::test]
async fn answers_to_a_refresh() {
    each_alters_what_it_says(|id| id.starts_with("rt.") || id.starts_with("at.")).await;
}

#[tokio::test]
async fn answers_of_userinfo() {
    each_alters_what_it_says(|id| id.starts_with("ui.")).await;
}

#[tokio::test]
async fn what_is_said_about_the_person() {
    each_alters_what_it_says(|id| id.starts_with("id.") && !id.starts_with("id.user.")).await;
}

#[tokio::test]
async fn what_the_person_does() {
    each_alters_what_it_says(|id| id.starts_with("user.") || id.starts_with("id.user.")).await;
}

#[tokio::test]
async fn logout() {
    // What apps are told has tests beside those of the front and back channel.
    each_alters_what_it_says(|id| id.starts_with("lo.rp.")).await;
}

#[tokio::test]
async fn apps_that_register_themselves() {
    each_alters_what_it_says(of_registration).await;
}

/// No lie is left out of these tests by its name.
#[test]
fn every_kind_of_lie_has_a_test() {
    let kinds: BTreeSet<&str> = FAULTS.iter().filter_map(|lie| lie.id.split('.').next()).collect();
    let tested = [
        "api", "at", "authz", "cors", "disc", "id", "idt", "jwks", "lo", "mix", "net", "pkce", "reg", "rt", "sess",
        "sm", "time", "tok", "ui", "user",
    ];
    assert_eq!(kinds, BTreeSet::from(tested));
    for lie in FAULTS.iter().filter(|lie| lie.id.starts_with("api.")) {
        assert!(include_str!("demo.rs").contains(&format!("\"{}\"", lie.id)), "{} has no test", lie.id);
    }
    assert!(include_str!("tls.rs").contains("starts_with(\"net.tls.\")"), "handshakes have a test of their own");
    for lie in FAULTS.iter().filter(|lie| lie.id.starts_with("sm.")) {
        assert!(include_str!("session_management.rs").contains(&format!("\"{}\"", lie.id)), "{} has no test", lie.id);
    }
    for name in ELSEWHERE {
        let elsewhere = [include_str!("rules.rs"), include_str!("realms.rs")];
        assert!(elsewhere.iter().any(|text| text.contains(name)), "{name} has no test of its own");
    }
}

#[tokio::test]
async fn metadata() {
    each_alters_what_it_says(|id| id.starts_with("disc.") || id.starts_with("pkce.")).await;
}

#[tokio::test]
async fn keys() {
    each_alters_what_it_says(|id| id.starts_with("jwks.")).await;
}

#[tokio::test]
async fn the_way_and_the_clock() {
    each_alters_what_it_says(|id| {
        !of_registration(id) && ["net.", "cors.", "time.", "mix."].iter().any(|kind| id.starts_with(kind))
    })
    .await;
}
