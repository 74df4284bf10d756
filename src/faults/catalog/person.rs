//! What is said about the person: in the ID token, if it says it, and by UserInfo.

use serde_json::{Value, json};

use super::kind::section::{AUTHZ_ERROR, CLAIMS, STABILITY};
use super::kind::{FaultKind, handle, reject, tolerate};
use crate::faults::effect::EditContext;

use crate::faults::edit::{change, good, otherwise};
use crate::faults::effect::Effect::{Claims, Consent, Draft, Reply};
use crate::faults::matching::Point::{Authorize, Userinfo};
use crate::protocol::{Lifetime, Map};
use crate::reply::{Body, Delivery, Page, StepPage};
use crate::tokens::TokenKind::Id;
use crate::world::ConsentDecision;

const VENDORS: &str = "https://openid.net/specs/openid-connect-core-1_0.html#AdditionalClaims";
const EMAIL: &[&str] = &["userinfo.email"];
const GROUPS: &[&str] = &["userinfo.groups"];
const NAME: &[&str] = &["userinfo.name"];

fn say(claims: &mut Map, name: &str, value: impl Into<Value>) -> bool {
    claims.insert(name.to_owned(), value.into());
    true
}

fn hide(claims: &mut Map, name: &str) -> bool {
    claims.shift_remove(name).is_some()
}

/// A claim as it is said: by UserInfo in any case, and in the ID token where it stands there. The person's own claims are no place
/// for it, since what is blank there is left out, and what no scope opens is never said.
macro_rules! said {
    ($name:literal, $value:expr) => {
        [
            Reply(Userinfo, |r, _| {
                let value: fn(&Value) -> Value = $value;
                good(r, |members| {
                    let before = members.get($name).cloned().unwrap_or_default();
                    say(members, $name, value(&before))
                })
            }),
            Draft(Id, |t, _| {
                let value: fn(&Value) -> Value = $value;
                change(t, $name, |before| value(before))
            }),
        ]
    };
}

/// A page that stands between the sign-in and the app.
fn step(reply: &mut crate::reply::Reply, title: &'static str, sentence: &'static str, button: &'static str) -> bool {
    let Body::Return(back) = &reply.body else { return false };
    if back.params.get("code").is_none() {
        return false;
    }
    let page = StepPage { title, sentence, button, back: back.clone() };
    reply.status = 200;
    reply.body = Body::Page(Box::new(Page::Step(page)));
    true
}

pub(super) const FAULTS: &[FaultKind] = &[
    handle(
        "id.email.missing",
        "There is no email.",
        &["userinfo.email", "userinfo.email_verified"],
        (CLAIMS, &[Claims(|c, _| hide(c, "email") | hide(c, "email_verified"))]),
    )
    .so("asks for one, or refuses; no crash"),
    handle("id.email.empty", "email is empty.", EMAIL, (CLAIMS, &said!("email", |_| "".into()))),
    handle("id.email.null", "email is null.", EMAIL, (CLAIMS, &said!("email", |_| Value::Null))),
    reject(
        "id.email.unverified",
        "email_verified is false.",
        &["userinfo.email_verified"],
        (CLAIMS, &[Claims(|c, _| say(c, "email_verified", false))]),
    )
    .so("does not link accounts by the email"),
    reject(
        "id.email.unverified_absent",
        "email_verified is left out.",
        &["userinfo.email_verified"],
        (CLAIMS, &[Claims(|c, _| hide(c, "email_verified"))]),
    )
    .so("does not link accounts by the email"),
    handle(
        "id.email.verified_text",
        "email_verified is the text \"true\".",
        &["userinfo.email_verified"],
        (CLAIMS, &[Claims(|c, _| say(c, "email_verified", "true"))]),
    ),
    tolerate(
        "id.email.changed",
        "The same sub has another email.",
        EMAIL,
        (STABILITY, &[Claims(|c, _| say(c, "email", "new.address@example.com"))]),
    )
    .so("finds the same account: iss and sub are its key"),
    reject(
        "id.email.reassigned",
        "Another sub has the email.",
        &["id_token.sub", "userinfo.sub", "access_token.sub", "id_token.at_hash"],
        (STABILITY, &[Claims(|c, _| say(c, "sub", "who-got-the-address-later"))]),
    )
    .so("does not hand over the account"),
    tolerate(
        "id.email.case_plus_idn",
        "email has capitals, a plus and a non-ASCII domain, and is long.",
        EMAIL,
        (
            CLAIMS,
            &[Claims(|c, _| {
                say(c, "email", format!("Alice.{}+TestIdentityEffect@müller.example.com", "x".repeat(48)))
            })],
        ),
    ),
    handle(
        "id.sub.changed",
        "The same email has another sub.",
        &["id_token.sub", "userinfo.sub", "access_token.sub", "id_token.at_hash"],
        (
            STABILITY,
            &[Claims(|c, _| {
                let sub = c.get("sub").and_then(Value::as_str).unwrap_or_default().to_owned();
                say(c, "sub", otherwise(&sub))
            })],
        ),
    )
    .so("makes another account, or asks before it links"),
    handle(
        "id.sub.case",
        "sub differs in capitals only.",
        &["id_token.sub", "userinfo.sub", "access_token.sub", "id_token.at_hash"],
        (
            "https://openid.net/specs/openid-connect-core-1_0.html#IDToken",
            &[Claims(|c, _| {
                let sub = c.get("sub").and_then(Value::as_str).unwrap_or_default().to_uppercase();
                say(c, "sub", sub)
            })],
        ),
    )
    .so("takes it for somebody else"),
    handle(
        "id.user.switch",
        "Somebody else is signed in than the app asked for.",
        &["id_token.sub", "userinfo.sub", "access_token.sub", "id_token.at_hash"],
        (
            "https://openid.net/specs/openid-connect-core-1_0.html#AuthRequestValidation",
            &[Claims(|c, f| {
                let sub = c.get("sub").and_then(Value::as_str).unwrap_or_default().to_owned();
                let other = f.settings.users.iter().map(|user| user.sub.as_str()).find(|other| *other != sub);
                let other = other.map_or_else(|| format!("{sub}-other"), str::to_owned);
                say(c, "sub", other)
            })],
        ),
    )
    .so("compares sub with its id_token_hint, and switches cleanly or refuses"),
    handle("id.name.missing", "There is no name.", NAME, (CLAIMS, &[Claims(|c, _| hide(c, "name"))])),
    tolerate(
        "id.name.unicode",
        "name has many alphabets and an emoji.",
        NAME,
        (CLAIMS, &[Claims(|c, _| say(c, "name", "Zoë 王小明 Łukasz 👩🏽‍🚀"))]),
    ),
    tolerate(
        "id.name.rtl",
        "name is written from right to left.",
        NAME,
        (CLAIMS, &[Claims(|c, _| say(c, "name", "\u{202E}عليّ \u{202C}אליס"))]),
    ),
    handle(
        "id.name.html",
        "name is markup.",
        NAME,
        (CLAIMS, &[Claims(|c, _| say(c, "name", "<img src=x onerror=\"document.title='pwned'\">Alice"))]),
    )
    .so("shows it as text"),
    handle(
        "id.name.long",
        "name has 2,000 characters.",
        NAME,
        (CLAIMS, &[Claims(|c, _| say(c, "name", "Long ".repeat(400)))]),
    ),
    reject(
        "id.preferred_username.collision",
        "preferred_username is somebody else's.",
        &["userinfo.preferred_username"],
        (
            STABILITY,
            &[Claims(|c, f| {
                let own = c.get("sub").and_then(Value::as_str).map(str::to_owned);
                let mut names = f.settings.users.iter().filter(|user| Some(user.sub.as_str()) != own.as_deref());
                let taken = names.find_map(|user| user.text("preferred_username")).unwrap_or("admin").to_owned();
                say(c, "preferred_username", taken)
            })],
        ),
    )
    .so("does not use it as a key"),
    handle(
        "id.phone.format",
        "phone_number is not in E.164.",
        &["userinfo.phone_number"],
        (CLAIMS, &[Claims(|c, _| say(c, "phone_number", "(0)30 / 123 456 ext. 7"))]),
    ),
    handle(
        "id.address.string",
        "address is text in place of an object.",
        &["userinfo.address"],
        (CLAIMS, &[Claims(|c, _| say(c, "address", "1 Example Street, Springfield"))]),
    ),
    tolerate(
        "id.birthdate.year_only",
        "birthdate is a year.",
        &["userinfo.birthdate"],
        (CLAIMS, &[Claims(|c, _| say(c, "birthdate", "1985"))]),
    ),
    handle(
        "id.updated_at.string",
        "updated_at is text in place of a number.",
        &["userinfo.updated_at"],
        (CLAIMS, &[Claims(|c, _| say(c, "updated_at", "2026-01-31T08:00:00Z"))]),
    ),
    tolerate(
        "id.groups.array",
        "groups is a list of names.",
        GROUPS,
        (VENDORS, &said!("groups", |_| json!(["staff", "editors"]))),
    ),
    handle("id.groups.string", "groups is one name, as text.", GROUPS, (VENDORS, &said!("groups", |_| json!("staff")))),
    handle(
        "id.groups.csv",
        "groups is names with commas, as text.",
        GROUPS,
        (VENDORS, &said!("groups", |_| json!("staff,editors"))),
    ),
    handle(
        "id.groups.objects",
        "groups is a list of objects.",
        GROUPS,
        (VENDORS, &said!("groups", |_| json!([{ "id": "1", "name": "staff" }, { "id": "2", "name": "editors" }]))),
    ),
    handle("id.groups.missing", "There are no groups.", GROUPS, (VENDORS, &[Claims(|c, _| hide(c, "groups"))])),
    handle("id.groups.empty", "groups is an empty list.", GROUPS, (VENDORS, &said!("groups", |_| json!([])))),
    handle(
        "id.groups.single_as_string",
        "groups is text, since there is only one.",
        GROUPS,
        (VENDORS, &said!("groups", |groups| groups.get(0).cloned().unwrap_or_else(|| "staff".into()))),
    ),
    handle(
        "id.groups.many",
        "There are 250 groups.",
        GROUPS,
        (
            VENDORS,
            &said!("groups", |_| (1..=250)
                .map(|n| Value::from(format!("group-{n:03}-of-the-company")))
                .collect::<Vec<_>>()
                .into()),
        ),
    )
    .so("signs in; cookies and headers do not overflow"),
    handle(
        "id.groups.overage",
        "There are too many groups to say: a link to `with.url` says where they are.",
        &["userinfo.groups", "userinfo._claim_names", "userinfo._claim_sources"],
        (
            "https://openid.net/specs/openid-connect-core-1_0.html#AggregatedDistributedClaims",
            &[
                Reply(Userinfo, |r, f| good(r, |members| overage(members, f))),
                Draft(Id, |t, f| t.claims.contains_key("groups") && overage(&mut t.claims, f)),
            ],
        ),
    )
    .so("fetches them, or refuses; it does not take nothing for no groups"),
    handle(
        "id.roles.nested",
        "The roles are in realm_access.roles.",
        &["userinfo.roles", "userinfo.realm_access"],
        (
            VENDORS,
            &[
                Reply(Userinfo, |r, _| good(r, nested_roles)),
                Draft(Id, |t, _| t.claims.contains_key("roles") && nested_roles(&mut t.claims)),
            ],
        ),
    ),
    handle(
        "user.deny_consent",
        "The person does not agree.",
        &["answer.code", "answer.error", "answer.error_description", "answer.error_uri"],
        (AUTHZ_ERROR, &[Consent(|| ConsentDecision::Nothing)]),
    ),
    handle(
        "user.partial_consent",
        "The person agrees to openid and to nothing else.",
        &["token.scope", "token.refresh_token", "access_token.scope", "id_token.at_hash", "userinfo.*"],
        ("https://www.rfc-editor.org/rfc/rfc6749#section-3.3", &[Consent(|| ConsentDecision::Only("openid".into()))]),
    ),
    handle(
        "user.slow",
        "The person takes `with.delay` to answer, 20 minutes where it says nothing.",
        &["answer.late"],
        (
            AUTHZ_ERROR,
            &[Reply(Authorize, |r, f| {
                let delay = f.options.delay.unwrap_or(Lifetime::of_seconds(1_200)).duration();
                let back = matches!(r.body, Body::Return(_));
                if back {
                    r.delivery = Delivery::After(delay);
                }
                back
            })],
        ),
    )
    .so("says that the sign-in took too long, and offers another"),
    tolerate(
        "user.mfa_required",
        "A page asks for a second factor before the app gets its code.",
        &["answer"],
        (
            AUTHZ_ERROR,
            &[Reply(Authorize, |r, _| {
                step(
                    r,
                    "One more step",
                    "The provider wants a second factor. It pretends that you gave one.",
                    "Confirm the second factor",
                )
            })],
        ),
    ),
    handle(
        "user.mfa_fails",
        "The second factor is wrong: access_denied.",
        &["answer.code", "answer.error", "answer.error_description"],
        (
            AUTHZ_ERROR,
            &[Reply(Authorize, |r, _| {
                crate::faults::edit::error_back(r, "access_denied", "The second factor was wrong.")
            })],
        ),
    ),
    tolerate(
        "user.password_expired",
        "A page asks for a new password before the app gets its code.",
        &["answer"],
        (
            AUTHZ_ERROR,
            &[Reply(Authorize, |r, _| {
                step(
                    r,
                    "Your password has expired",
                    "The provider pretends that you chose a new one.",
                    "Save the new password",
                )
            })],
        ),
    ),
    tolerate(
        "user.terms",
        "A page asks to agree to new terms before the app gets its code.",
        &["answer"],
        (
            AUTHZ_ERROR,
            &[Reply(Authorize, |r, _| {
                step(
                    r,
                    "Our terms have changed",
                    "There are none to read: this provider is pretend.",
                    "Agree to the terms",
                )
            })],
        ),
    ),
];

/// A link in place of the groups.
fn overage(claims: &mut Map, edit: &EditContext<'_>) -> bool {
    claims.shift_remove("groups");
    let at = edit.options.url.clone().unwrap_or_else(|| "http://127.0.0.1:9/groups".into());
    say(claims, "_claim_names", json!({ "groups": "src1" }))
        && say(claims, "_claim_sources", json!({ "src1": { "endpoint": at } }))
}

fn nested_roles(claims: &mut Map) -> bool {
    let roles = claims.shift_remove("roles").unwrap_or_else(|| json!(["admin"]));
    say(claims, "realm_access", json!({ "roles": roles }))
}
