//! The answer that comes back through the browser.

use super::kind::section::{AUTHZ_ANSWER, AUTHZ_ERROR};
use super::kind::{FaultKind, handle, reject, tolerate};
use crate::faults::edit::{back, error_back, instead, otherwise, parameter, without};
use crate::faults::effect::Effect::{self, Decline, Override, Reply};
use crate::faults::matching::Point::{Authorize, Discovery};
use crate::protocol::{Challenge, ChallengeMethod, ResponseMode};
use crate::reply::Body;
use crate::spec::Refusal;
use crate::world::{Code, Grant, SignedInUser};

const STATE: &str = "https://www.rfc-editor.org/rfc/rfc6749#section-10.12";
const RFC_9207: &str = "https://www.rfc-editor.org/rfc/rfc9207#section-2.4";
const MODES: &str = "https://openid.net/specs/oauth-v2-multiple-response-types-1_0.html#ResponseModes";

macro_rules! errors {
    ($($id:literal $code:literal $sentence:literal)*) => {
        &[$(handle($id, $sentence, &["answer.code", "answer.error", "answer.error_description"], (
            AUTHZ_ERROR,
            &[Reply(Authorize, |r, _| error_back(r, $code, "Standin was told to answer so."))],
        )),)*]
    };
}

/// The errors that an app may get in place of a code.
pub(super) const ERRORS: &[FaultKind] = errors! {
    "authz.error.access_denied" "access_denied" "The app gets access_denied in place of a code."
    "authz.error.login_required" "login_required" "The app gets login_required in place of a code."
    "authz.error.interaction_required" "interaction_required" "The app gets interaction_required in place of a code."
    "authz.error.consent_required" "consent_required" "The app gets consent_required in place of a code."
    "authz.error.account_selection_required" "account_selection_required" "The app gets account_selection_required in place of a code."
    "authz.error.invalid_request" "invalid_request" "The app gets invalid_request in place of a code."
    "authz.error.unauthorized_client" "unauthorized_client" "The app gets unauthorized_client in place of a code."
    "authz.error.unsupported_response_type" "unsupported_response_type" "The app gets unsupported_response_type in place of a code."
    "authz.error.invalid_scope" "invalid_scope" "The app gets invalid_scope in place of a code."
    "authz.error.server_error" "server_error" "The app gets server_error in place of a code."
    "authz.error.temporarily_unavailable" "temporarily_unavailable" "The app gets temporarily_unavailable in place of a code."
    "authz.error.invalid_request_uri" "invalid_request_uri" "The app gets invalid_request_uri in place of a code."
    "authz.error.invalid_request_object" "invalid_request_object" "The app gets invalid_request_object in place of a code."
    "authz.error.request_not_supported" "request_not_supported" "The app gets request_not_supported in place of a code."
    "authz.error.request_uri_not_supported" "request_uri_not_supported" "The app gets request_uri_not_supported in place of a code."
    "authz.error.registration_not_supported" "registration_not_supported" "The app gets registration_not_supported in place of a code."
    "authz.error.unmet_authentication_requirements" "unmet_authentication_requirements" "The app gets unmet_authentication_requirements in place of a code."
    "authz.error.unknown" "something_new" "The app gets an error that no specification names."
};

pub(super) const FAULTS: &[FaultKind] = &[
    reject(
        "authz.state.wrong",
        "state is not the one that the app sent.",
        &["answer.state"],
        (STATE, &[Reply(Authorize, |r, _| parameter(r, "state", |state| Some(otherwise(state))))]),
    ),
    reject(
        "authz.state.missing",
        "state is left out.",
        &["answer.state"],
        (STATE, &[Reply(Authorize, |r, _| parameter(r, "state", |_| None))]),
    ),
    reject(
        "authz.state.duplicate",
        "state stands there twice, the second one wrong.",
        &["answer.state"],
        (
            STATE,
            &[Reply(Authorize, |r, _| {
                back(r, |params| params.get("state").map(|state| params.clone().with("state", &otherwise(state))))
            })],
        ),
    ),
    reject(
        "authz.iss.wrong",
        "iss is another provider's.",
        &["answer.iss"],
        (RFC_9207, &[Reply(Authorize, |r, _| parameter(r, "iss", |iss| Some(otherwise(iss))))]),
    ),
    reject(
        "authz.iss.missing",
        "iss is left out though discovery promises it.",
        &["answer.iss"],
        (RFC_9207, &[Reply(Authorize, |r, _| parameter(r, "iss", |_| None))]),
    ),
    tolerate(
        "authz.iss.present_unadvertised",
        "iss is there though discovery does not promise it.",
        &["discovery.authorization_response_iss_parameter_supported"],
        (RFC_9207, &[Reply(Discovery, |r, _| without(r, "authorization_response_iss_parameter_supported"))]),
    ),
    tolerate(
        "authz.unknown_params",
        "There are parameters that nobody asked for.",
        &["answer.session_state", "answer.scope", "answer.x_unknown"],
        (
            AUTHZ_ANSWER,
            &[Reply(Authorize, |r, _| {
                back(r, |params| {
                    params.get("code")?;
                    Some(params.clone().with("session_state", "a.b").with("scope", "openid").with("x_unknown", "1"))
                })
            })],
        ),
    ),
    tolerate(
        "authz.session_state.bad",
        "session_state is malformed.",
        &["answer.session_state"],
        (
            "https://openid.net/specs/openid-connect-session-1_0.html#CreatingUpdatingSessions",
            &[Reply(Authorize, |r, _| {
                back(r, |params| params.get("code").map(|_| params.clone().with("session_state", "%00 . . ")))
            })],
        ),
    ),
    handle(
        "authz.code.missing",
        "There is no code.",
        &["answer.code"],
        (AUTHZ_ANSWER, &[Reply(Authorize, |r, _| parameter(r, "code", |_| None))]),
    ),
    handle(
        "authz.code.empty",
        "The code is empty.",
        &["answer.code"],
        (AUTHZ_ANSWER, &[Reply(Authorize, |r, _| parameter(r, "code", |_| Some(String::new())))]),
    ),
    handle(
        "authz.code.long",
        "The code has 4 kB, and is not known at the token endpoint.",
        &["answer.code"],
        (
            "https://www.rfc-editor.org/rfc/rfc6749#appendix-A.11",
            &[Reply(Authorize, |r, _| parameter(r, "code", |code| Some(format!("{code}{}", "x".repeat(4_096)))))],
        ),
    ),
    handle(
        "authz.code.special_chars",
        "The code has +, /, = and %, and is not known at the token endpoint.",
        &["answer.code"],
        (
            "https://www.rfc-editor.org/rfc/rfc6749#appendix-A.11",
            &[Reply(Authorize, |r, _| parameter(r, "code", |code| Some(format!("{code}+/=%&? "))))],
        ),
    )
    .so("sends it to the token endpoint unaltered, and handles the error"),
    reject(
        "authz.code.injected",
        "The code is of another person's sign-in in another browser, with another challenge and another nonce.",
        &["id_token.sub", "id_token.nonce", "token.error"],
        ("https://www.rfc-editor.org/rfc/rfc9700#section-4.5", &[Effect::Code(injected)]),
    )
    .so("sends its verifier, and gets invalid_grant; without PKCE it refuses the nonce"),
    handle(
        "authz.code.other_client",
        "The code was given to another client.",
        &["token.status", "token.error"],
        (
            "https://www.rfc-editor.org/rfc/rfc9700#section-4.5",
            &[Effect::Code(|code, grant, f| {
                let other = f.settings.clients.keys().find(|id| **id != grant.client);
                let other = other.cloned().unwrap_or_else(|| "somebody-else".into());
                (code.client, grant.client) = (other.clone(), other);
                true
            })],
        ),
    )
    .so("handles the token endpoint's invalid_grant, and makes no session"),
    reject(
        "authz.both_code_and_error",
        "There is a code and an error.",
        &["answer.error"],
        (
            AUTHZ_ERROR,
            &[Reply(Authorize, |r, _| {
                back(r, |params| params.get("code").map(|_| params.clone().with("error", "server_error")))
            })],
        ),
    ),
    handle(
        "authz.mode.fragment_for_query",
        "The answer is in the fragment, though the app reads the query.",
        &["answer.mode"],
        (MODES, &[Reply(Authorize, |r, _| mode(r, ResponseMode::Query, ResponseMode::Fragment))]),
    ),
    handle(
        "authz.mode.query_for_fragment",
        "The answer is in the query, though the app asked for the fragment.",
        &["answer.mode"],
        (MODES, &[Reply(Authorize, |r, _| mode(r, ResponseMode::Fragment, ResponseMode::Query))]),
    ),
    handle(
        "authz.form_post.get",
        "The answer is in the query, though the app asked for form_post.",
        &["answer.mode", "answer.status"],
        (
            "https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html#rfc.section.2",
            &[Reply(Authorize, |r, _| {
                let altered = mode(r, ResponseMode::FormPost, ResponseMode::Query);
                if altered {
                    r.status = 303;
                }
                altered
            })],
        ),
    ),
    handle(
        "authz.redirect.307",
        "The redirect after the sign-in form is 307: browsers post the form on to the app.",
        &["answer.status"],
        (
            "https://www.rfc-editor.org/rfc/rfc9700#section-4.12",
            &[Reply(Authorize, |r, _| {
                let redirect = matches!(&r.body, Body::Return(back) if back.mode != ResponseMode::FormPost);
                if redirect {
                    r.status = 307;
                }
                redirect
            })],
        ),
    )
    .so("does not keep or log what is posted to it"),
    handle(
        "authz.error.html",
        "error_description is markup.",
        ERROR,
        (AUTHZ_ERROR, &[Reply(Authorize, |r, _| error_back(r, "access_denied", "<h1>Denied</h1><img src=x>"))]),
    )
    .so("shows it as text"),
    handle(
        "authz.error.xss",
        "error_description is a script.",
        ERROR,
        (
            AUTHZ_ERROR,
            &[Reply(Authorize, |r, _| error_back(r, "access_denied", "\"><script>document.title='pwned'</script>"))],
        ),
    )
    .so("shows it as text"),
    handle(
        "authz.error.long",
        "error_description has 4 kB, not all of them ASCII.",
        ERROR,
        (AUTHZ_ERROR, &[Reply(Authorize, |r, _| error_back(r, "access_denied", &"ünsäglich ".repeat(400)))]),
    ),
    reject(
        "authz.error.no_state",
        "An error comes back without the state.",
        &["answer.code", "answer.error", "answer.error_description", "answer.state"],
        (
            AUTHZ_ERROR,
            &[Reply(Authorize, |r, _| {
                error_back(r, "server_error", "Standin was told to answer so.") && parameter(r, "state", |_| None)
            })],
        ),
    ),
    handle(
        "sess.lost",
        "The provider has forgotten the sign-in: prompt=none gets login_required.",
        &["authorize", "answer.code", "answer.error", "answer.error_description"],
        (
            AUTHZ_ERROR,
            &[Reply(Authorize, |r, f| {
                let silent = f.request.params.get("prompt") == Some("none");
                silent && error_back(r, "login_required", "Standin was told to forget the sign-in.")
            })],
        ),
    )
    .so("starts a sign-in with a page"),
    handle(
        "user.cancel",
        "The person says no.",
        &["authorize", "answer.code", "answer.error", "answer.error_description", "answer.error_uri"],
        (AUTHZ_ERROR, &[Decline(Refusal::UserDenied)]),
    ),
    handle(
        "user.abandon",
        "Nothing comes back: the browser stays where it is.",
        &["answer"],
        (
            AUTHZ_ERROR,
            &[Reply(Authorize, |r, _| matches!(r.body, Body::Return(_)) && instead(r, 204, "text/plain", ""))],
        ),
    )
    .so("keeps nothing open for long"),
    handle(
        "id.user.disabled",
        "The account is disabled: the sign-in is refused.",
        &["authorize", "answer.code", "answer.error", "answer.error_description", "answer.error_uri"],
        (AUTHZ_ERROR, &[Decline(Refusal::PersonLocked)]),
    ),
    handle(
        "id.user.deleted",
        "The account is gone: whoever signs in is not known any more.",
        &["sign_in"],
        (
            AUTHZ_ERROR,
            &[Override(|p, f| {
                let Some(gone) = f.facts.user.as_ref().filter(|_| f.facts.point == Authorize) else { return false };
                let before = p.settings.users.len();
                p.settings.users.retain(|user| user.sub != *gone);
                p.settings.users.len() != before
            })],
        ),
    ),
    handle(
        "id.user.locked",
        "The account is locked: the sign-in is refused after the password.",
        &["answer.code", "answer.error", "answer.error_description", "answer.error_uri"],
        (
            AUTHZ_ERROR,
            &[Override(|p, f| {
                if f.facts.point != Authorize {
                    return false;
                }
                let mut locked = false;
                for user in &mut p.settings.users {
                    if f.facts.user.as_ref().is_none_or(|sub| user.sub == *sub) {
                        locked |= !user.locked;
                        user.locked = true;
                    }
                }
                locked
            })],
        ),
    ),
];

const ERROR: &[&str] = &["answer.code", "answer.error", "answer.error_description"];

fn mode(reply: &mut crate::reply::Reply, from: ResponseMode, to: ResponseMode) -> bool {
    let Body::Return(back) = &mut reply.body else { return false };
    let asked = back.mode == from;
    if asked {
        back.mode = to;
    }
    asked
}

/// What a code gives that an attacker got for somebody else and put into this browser's answer. Client and redirect URI are the app's:
/// whoever attacks has signed in there too.
fn injected(code: &mut Code, grant: &mut Grant, facts: &mut crate::faults::EditContext<'_>) -> bool {
    let other = facts.settings.users.iter().find(|user| user.sub != grant.person.sub).map(|user| user.sub.clone());
    let Some(sub) = other else { return false };
    grant.person = SignedInUser::known(sub);
    (grant.session, grant.login_hint) = (None, None);
    grant.nonce = grant.nonce.take().map(|_| facts.draw.secret());
    let value = facts.draw.secret();
    code.challenge = code.challenge.take().map(|_| Challenge { value, method: ChallengeMethod::S256 });
    true
}
