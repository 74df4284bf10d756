//! ID tokens that come by the browser: their hashes of what is beside them, and what the second ID token of a sign-in says.

use serde_json::Value;

use super::kind::{FaultKind, handle, reject};
use crate::faults::edit::{begin_otherwise, change, leave_out};
use crate::faults::effect::EditContext;
use crate::faults::effect::Effect::Draft;
use crate::faults::matching::Point;
use crate::tokens::TokenDraft;
use crate::tokens::TokenKind::Id;

const CODE: &str = "https://openid.net/specs/openid-connect-core-1_0.html#CodeValidation";
const TOKENS: &str = "https://openid.net/specs/openid-connect-core-1_0.html#HybridIDToken2";
const STATE: &str = "https://openid.net/specs/openid-financial-api-part-2-1_0.html#id-token-as-detached-signature";

/// A hash of something else.
fn another_hash(draft: &mut TokenDraft, claim: &str) -> bool {
    change(draft, claim, |_| Value::from("AAAAAAAAAAAAAAAAAAAAAA"))
}

/// Only of an ID token that another one follows, for the code beside it.
fn begins_otherwise(draft: &mut TokenDraft, claim: &str, edit: &EditContext<'_>) -> bool {
    let is_first = edit.facts.point == Point::Authorize && edit.facts.response_type.code;
    is_first && begin_otherwise(draft, claim)
}

pub(super) const FAULTS: &[FaultKind] = &[
    reject(
        "idt.c_hash.wrong",
        "c_hash is another code's.",
        &["front_id_token.c_hash"],
        (CODE, &[Draft(Id, |t, _| another_hash(t, "c_hash"))]),
    )
    .so("refuses it before it redeems the code"),
    reject(
        "idt.c_hash.missing",
        "c_hash is left out, though a code is beside the ID token.",
        &["front_id_token.c_hash"],
        (CODE, &[Draft(Id, |t, _| leave_out(t, "c_hash"))]),
    )
    .so("refuses it before it redeems the code"),
    handle(
        "idt.s_hash.wrong",
        "s_hash is another state's.",
        &["front_id_token.s_hash"],
        (STATE, &[Draft(Id, |t, _| another_hash(t, "s_hash"))]),
    )
    .so("refuses it, if it keeps to FAPI 1.0"),
    handle(
        "idt.s_hash.missing",
        "s_hash is left out.",
        &["front_id_token.s_hash"],
        (STATE, &[Draft(Id, |t, _| leave_out(t, "s_hash"))]),
    )
    .so("refuses it, if it keeps to FAPI 1.0"),
    reject(
        "idt.hybrid.sub_differs",
        "The ID token that comes by the browser is about somebody else than the one that the code gives.",
        &["front_id_token.sub"],
        (TOKENS, &[Draft(Id, |t, e| begins_otherwise(t, "sub", e))]),
    )
    .so("compares the two, and refuses the sign-in"),
    reject(
        "idt.hybrid.iss_differs",
        "The ID token that comes by the browser is another issuer's than the one that the code gives.",
        &["front_id_token.iss"],
        (TOKENS, &[Draft(Id, |t, e| begins_otherwise(t, "iss", e))]),
    )
    .so("compares the two, and refuses the sign-in"),
];
