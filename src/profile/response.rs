//! How a decision is told.

use serde_json::Value;

use crate::protocol::{CodeValue, Map, Params, ResponseMode};
use crate::reply::{Body, CheckSessionAnswer, Page, Reply, Return, SignedOutPage};
use crate::spec::{Check, FailedCheck};
use crate::world::{
    AuthorizationResponse, Client, ClientChange, Decision, Document, Endpoint, Failure, Issuance, Outcome, Question,
    Reads, ReturnAddress, ReturnAfterLogout, Settings, session_state,
};

use super::person_claims::statement;
use super::rendering::Rendering;
use super::spelling::ErrorWords;
use super::{Profile, Signed, pages};

impl Profile {
    /// The answer to a request.
    pub(crate) fn render(&self, rendering: &Rendering<'_>, decision: Decision, signed: Signed) -> Reply {
        let refused = decision.is_err();
        let reply = match decision {
            Ok(outcome) => self.render_outcome(rendering, outcome, signed),
            Err(Failure::ShowPage(refused)) if rendering.request.reads != Reads::Pages => {
                self.tell(rendering.request.endpoint, &refused)
            }
            Err(Failure::ShowPage(refused)) => {
                let page = Page::Error(pages::error(rendering, &refused));
                allowing(Reply::new(refused.refusal.status(), Body::Page(Box::new(page))), &refused)
            }
            Err(Failure::SendBack(address, refused)) => self.send_back(rendering, &address, &refused),
            Err(Failure::Tell(refused)) => self.tell(rendering.request.endpoint, &refused),
            Err(Failure::Need(_) | Failure::NextSecond) => Reply::new(500, Body::Empty),
        };
        self.headers.add_to(reply, rendering.request.endpoint, refused)
    }

    fn render_outcome(&self, rendering: &Rendering<'_>, outcome: Outcome, signed: Signed) -> Reply {
        let settings = rendering.settings;
        match outcome {
            Outcome::Ask(question) => self.render_question(settings, &rendering.request.params, question),
            Outcome::Redirect(endpoint, interaction) => {
                let path = format!("{}?interaction={interaction}", settings.path_of(endpoint));
                Reply::new(303, Body::Redirect(path))
            }
            Outcome::AskAgain(name) => {
                let path = settings.path_of(rendering.request.endpoint);
                Reply::new(303, Body::Redirect(format!("{path}?{AGAIN}={name}")))
            }
            Outcome::SaveUser(user, interaction) => {
                let query =
                    Params::default().with("interaction", interaction.as_str()).with("saved", user.sub.as_str());
                let path = settings.path_of(Endpoint::SignIn);
                Reply::new(303, Body::Redirect(format!("{path}?{}", query.to_query())))
            }
            Outcome::Return(response) => authorization_response(rendering, &response, signed),
            Outcome::Issue(issuance) => json(200, &members(rendering, &issuance, signed)),
            Outcome::UserInfo(info) => {
                if let Some(token) = signed.userinfo {
                    return Reply::new(200, Body::Token("application/jwt", token));
                }
                let text = rendering.documents.userinfo(settings, &info, || self.write_userinfo(settings, &info));
                Reply::new(200, Body::Json(text))
            }
            Outcome::Show(document) => shown(rendering, document),
            Outcome::DistributedClaims(claims) => {
                Reply::new(200, Body::Token("application/jwt", statement(settings, claims, "JWT")))
            }
            Outcome::Introspection(answer) => match signed.introspection {
                Some(token) => Reply::new(200, Body::Token("application/token-introspection+jwt", token)),
                None => json(200, &answer.members),
            },
            Outcome::Client(change) => match change.client() {
                None => Reply::new(204, Body::Empty),
                Some(client) => {
                    let status = if matches!(change, ClientChange::Added(_)) { 201 } else { 200 };
                    json(status, &registered(settings, client))
                }
            },
            Outcome::SignedOut { return_to: Some(to), frames, .. } if to.at_once && frames.is_empty() => {
                Reply::new(303, Body::Return(after_logout(&to)))
            }
            Outcome::SignedOut { was_signed_in, stayed, return_to, frames } => {
                let goes_on = return_to.as_ref().is_some_and(|to| to.at_once);
                let back = return_to.map(|to| (to.app.clone(), after_logout(&to)));
                let frames = frames.into_iter().map(|frame| (frame.app, frame.uri)).collect();
                let page = Page::SignedOut(SignedOutPage { was_signed_in, stayed, back, frames, goes_on });
                Reply::new(200, Body::Page(Box::new(page)))
            }
            Outcome::Done => Reply::new(200, Body::Empty),
        }
    }

    fn render_question(&self, settings: &Settings, params: &Params, question: Question) -> Reply {
        // A hint that is almost a test identity is remarked on, and refused nothing.
        let answered = params.get("interaction").is_some();
        let noticed = matches!(&question, Question::SignIn(question) if question.notice.is_some() && answered);
        let page = self.page(settings, params, question);
        Reply::new(if noticed { 400 } else { 200 }, Body::Page(Box::new(page)))
    }
}

/// A document that is made of settings alone.
fn shown(rendering: &Rendering<'_>, document: Document) -> Reply {
    let (settings, documents) = (rendering.settings, rendering.documents);
    match document {
        Document::Metadata => Reply::new(200, Body::Json(documents.metadata(settings, &rendering.request.base))),
        Document::Keys => Reply::new(200, Body::Json(documents.keys(settings, rendering.now))),
        Document::CheckSession => {
            Reply::new(200, Body::Page(Box::new(Page::CheckSession(CheckSessionAnswer::default()))))
        }
    }
}

/// The parameter that names a request which waits to be asked again.
const AGAIN: &str = "again";

/// [RP-Initiated Logout §3](https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RedirectionAfterLogout)
fn after_logout(to: &ReturnAfterLogout) -> Return {
    let params = to.state.iter().map(|state| ("state", state.clone())).collect();
    Return { uri: to.uri.clone(), mode: ResponseMode::Query, params }
}

/// [RFC 6749 §4.1.2](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2), and for tokens
/// [Core §3.2.2.5](https://openid.net/specs/openid-connect-core-1_0.html#ImplicitAuthResponse); with `iss` by
/// [RFC 9207 §2](https://www.rfc-editor.org/rfc/rfc9207#section-2).
fn authorization_response(rendering: &Rendering<'_>, response: &AuthorizationResponse, signed: Signed) -> Reply {
    let code = response.code.iter().map(|code| ("code".to_owned(), code.to_string()));
    let unique = [response.code.as_ref().map(CodeValue::as_str), signed.id.as_deref(), response.address.state()];
    let unique = unique.into_iter().flatten().next().unwrap_or_default().to_owned();
    let tokens = response.tokens.as_ref().map(|tokens| members(rendering, tokens, signed)).unwrap_or_default();
    let params: Params = code.chain(tokens.into_iter().map(as_text)).collect();
    let watched =
        response.grant.session.as_ref().filter(|_| rendering.settings.routes.contains_key(&Endpoint::CheckSession));
    let watched = watched.and_then(|id| session_state(&response.grant.client, response.address.uri(), (id, &unique)));
    let params = watched.into_iter().fold(params, |params, state| params.with("session_state", &state));
    go_back(rendering, &response.address, params)
}

impl Profile {
    /// [RFC 6749 §4.1.2.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1)
    fn send_back(&self, rendering: &Rendering<'_>, address: &ReturnAddress, refused: &FailedCheck) -> Reply {
        go_back(rendering, address, self.error_members(refused).into_iter().map(as_text).collect())
    }

    /// [RFC 6749 §5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2), and for UserInfo [RFC 6750 §3](https://www.rfc-editor.org/rfc/rfc6750#section-3).
    fn tell(&self, endpoint: Endpoint, refused: &FailedCheck) -> Reply {
        let status = refused.refusal.status();
        let reply = allowing(json(status, &self.error_members(refused)), refused);
        match (endpoint, refused.check) {
            (Endpoint::UserInfo | Endpoint::DistributedClaims, Check::BearerGiven) => {
                // §3.1: who sends no credentials at all is told no error.
                reply.with("www-authenticate", "Bearer realm=\"standin\"")
            }
            (Endpoint::UserInfo | Endpoint::DistributedClaims, _) => {
                let ErrorWords { error, description } = self.error_words(refused);
                let scope = if status == 403 { ", scope=\"openid\"" } else { "" };
                reply.with(
                    "www-authenticate",
                    format!("Bearer realm=\"standin\", error=\"{error}\", error_description=\"{description}\"{scope}"),
                )
            }
            (Endpoint::Registration, _) if status == 401 => {
                let words = self.error_words(refused);
                reply.with("www-authenticate", format!("Bearer realm=\"standin\", error=\"{}\"", words.error))
            }
            _ if status == 401 => reply.with("www-authenticate", "Basic realm=\"standin\", charset=\"UTF-8\""),
            _ => reply,
        }
    }
}

/// A member of a JSON answer as a parameter.
fn as_text((name, value): (String, Value)) -> (String, String) {
    (name, value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

fn go_back(rendering: &Rendering<'_>, address: &ReturnAddress, params: Params) -> Reply {
    let params = address.state().into_iter().fold(params, |params, state| params.with("state", state));
    let params = params.with("iss", &rendering.settings.issuer);
    let body = Return { uri: address.uri().clone(), mode: address.mode(), params };
    let status = if address.mode() == ResponseMode::FormPost { 200 } else { 303 };
    Reply::new(status, Body::Return(body))
}

/// A client that registered itself, as it is told, [Registration §3.2](https://openid.net/specs/openid-connect-registration-1_0.html#RegistrationResponse):
/// where and by what it manages its registration, then what is registered.
fn registered(settings: &Settings, client: &Client) -> Map {
    let mut members = Map::new();
    members.insert("client_id".into(), client.id.as_str().into());
    let metadata = client.metadata();
    if client.secret.is_some() {
        members.insert("client_secret_expires_at".into(), 0.into());
    }
    if let Some(registered) = &client.registered {
        let at = settings.url_of(Endpoint::Registration);
        let query = Params::default().with("client_id", &client.id).to_query();
        members.insert("client_id_issued_at".into(), registered.at.0.into());
        members.insert("registration_access_token".into(), registered.access_token.as_str().into());
        members.insert("registration_client_uri".into(), format!("{at}?{query}").into());
    }
    members.extend(metadata);
    members
}

/// The tokens of an answer, and what is said about them, [RFC 6749 §5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1).
fn members(rendering: &Rendering<'_>, issuance: &Issuance, signed: Signed) -> Map {
    let mut members = Map::new();
    if let Some(slot) = &issuance.access {
        let access = signed.access.unwrap_or_else(|| slot.name.to_string());
        members.insert("access_token".into(), access.into());
        members.insert("token_type".into(), "Bearer".into());
        members.insert("expires_in".into(), slot.until.since(rendering.now).into());
    }
    if let Some(slot) = &issuance.refresh {
        let refresh = signed.refresh.unwrap_or_else(|| slot.value.to_string());
        members.insert("refresh_token".into(), refresh.into());
    }
    if let Some(id_token) = signed.id {
        members.insert("id_token".into(), id_token.into());
    }
    // An empty text is no scope, RFC 6749 §3.3.
    if !issuance.scopes.is_empty() {
        members.insert("scope".into(), issuance.scopes.to_string().into());
    }
    members
}

/// [RFC 9110 §15.5.6](https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6): whoever is told "not so" is told how.
fn allowing(reply: Reply, refused: &FailedCheck) -> Reply {
    match (&refused.expected, refused.check) {
        (Some(methods), Check::MethodAllowed) => reply.with("allow", methods.to_string()),
        _ => reply,
    }
}

fn json(status: u16, members: &Map) -> Reply {
    Reply::new(status, Body::Json(serde_json::to_string(members).expect("a JSON object can always be written").into()))
}
