//! What the pages say.

use serde_json::Value;
use url::Url;

use crate::protocol::{Map, Params, Prompt, Scopes};
use crate::reply::{
    AppOnPage, ConsentPage, ErrorPage, Explained, Notice, Page, PersonOnPage, ScopeOnPage, SignInPage, SignOutPage,
    Suggestion,
};
use crate::spec::{self, Check, FailedCheck, difference, explain, section_name};
use crate::world::{Client, Destination, Endpoint, Grant, Question, Settings, SignInQuestion, SignedInUser, is_blank};

use super::people::{found_by, person, person_on_page, scopes_in_words};
use super::rendering::Rendering;
use super::{Profile, editor};

/// From so many people on there is a filter.
const MANY: usize = 10;

impl Profile {
    /// The page that asks this question. `params` are those of the request that is answered with it.
    pub(super) fn page(&self, settings: &Settings, params: &Params, question: Question) -> Page {
        match question {
            Question::SignIn(question) => Page::SignIn(sign_in(settings, params, &question)),
            Question::Consent { interaction, client, destination, request, grant } => Page::Consent(ConsentPage {
                app: app(&client, &destination),
                interaction: interaction.to_string(),
                again: request.params.to_query(),
                person: person_on_page(settings, &grant.person),
                scopes: self.scopes(settings, &client, &grant),
                single_claims: single_claims(settings, &grant),
                told: told(settings, &grant.person),
                unshared: unshared(settings, &grant),
                can_remember: settings.consent(&client) == crate::world::Consent::Remembered,
            }),
            Question::SignOut { interaction, person, client, request } => Page::SignOut(SignOutPage {
                interaction: interaction.to_string(),
                person: person.map(|person| person_on_page(settings, &person).name),
                app: client.map(|client| client.shown_name().to_owned()),
                again: request.params.to_query(),
            }),
        }
    }

    fn scopes(&self, settings: &Settings, client: &Client, grant: &Grant) -> Vec<ScopeOnPage> {
        let known = settings.claims_of(&grant.person).cloned().unwrap_or_default();
        let on_page = |scope: &str| {
            let names = settings.scopes.get(scope).cloned().unwrap_or_default();
            let claims = settings.opened_by([scope].into_iter(), &known);
            ScopeOnPage {
                scope: scope.to_owned(),
                title: self.scope_title(scope),
                detail: detail((settings, client), (scope, grant), &claims),
                required: scope == "openid",
                empty: names.len() - claims.len(),
                claims: claims.into_iter().map(|(name, value)| (name, value.to_string())).collect(),
            }
        };
        grant.scopes.iter().map(on_page).collect()
    }
}

/// The claims of the `claims` parameter that no scope of the request opens.
fn single_claims(settings: &Settings, grant: &Grant) -> Vec<String> {
    let opened = |name: &&String| opened_by(settings, &grant.scopes, name).next().is_some();
    let asked = grant.claims.userinfo.keys().chain(grant.claims.id_token.keys());
    let mut names: Vec<String> = asked.filter(|name| !opened(name)).cloned().collect();
    names.sort();
    names.dedup();
    names
}

/// The scopes among these that open a claim.
fn opened_by<'a>(settings: &'a Settings, scopes: &'a Scopes, claim: &'a str) -> impl Iterator<Item = &'a str> {
    settings.scopes_opening(claim).filter(|scope| scopes.contains(scope))
}

fn told(settings: &Settings, person: &SignedInUser) -> Vec<(String, String)> {
    let known = settings.claims_of(person);
    let value = |name: &String| known.and_then(|known| known.get(name)).map(Value::to_string);
    person.told.iter().filter_map(|name| Some((name.clone(), value(name)?))).collect()
}

/// What this person has and the app will not learn, with the scopes that would open each.
fn unshared(settings: &Settings, grant: &Grant) -> Vec<(String, String)> {
    let Some(known) = settings.claims_of(&grant.person) else { return Vec::new() };
    let single = |name: &String| grant.claims.userinfo.contains_key(name) || grant.claims.id_token.contains_key(name);
    let shared = |name: &String| {
        opened_by(settings, &grant.scopes, name).next().is_some() || single(name) || grant.person.told.contains(name)
    };
    let kept = known.iter().filter(|(name, value)| !is_blank(value) && !shared(name)).map(|(name, _)| name);
    kept.map(|name| (name.clone(), scopes_in_words(settings, name))).collect()
}

fn detail((settings, client): (&Settings, &Client), (scope, grant): (&str, &Grant), claims: &Map) -> String {
    match scope {
        "openid" => "A stable id for you. Always part of signing in.".into(),
        "offline_access" => {
            let lifetime = settings.lifetimes(client).refresh_token.in_words();
            format!("Hands the app a refresh token, good for {lifetime}")
        }
        _ if settings.scopes.get(scope).is_none_or(Vec::is_empty) => {
            let api = if grant.resource.is_empty() { client.audience.clone() } else { Some(grant.resource.join(", ")) };
            format!("Access to {}", api.as_deref().unwrap_or("an API that knows this scope"))
        }
        _ if claims.is_empty() => "You have none of what it opens.".into(),
        _ => claims.keys().cloned().collect::<Vec<_>>().join(", "),
    }
}

fn sign_in(settings: &Settings, params: &Params, question: &SignInQuestion) -> SignInPage {
    let app = app(&question.client, &question.destination);
    let filter =
        (settings.users.len() >= MANY).then(|| (question.filter.clone().unwrap_or_default(), settings.users.len()));
    SignInPage {
        interaction: question.interaction.to_string(),
        again: question.request.params.to_query(),
        wants: wants(&app.name, question),
        people: people(settings, question),
        filter,
        foreign_host: question.foreign_host.clone().map(|host| (host, settings.issuer.clone())),
        editor: question
            .edit
            .as_ref()
            .and_then(|sub| settings.user(sub))
            .map(|user| editor::editor(settings, user, (&question.request.params, question.edited.as_ref()))),
        notice: question.notice.as_ref().map(|refused| notice(settings, refused)).or_else(|| saved(params)),
        username: question
            .typed
            .as_deref()
            .or_else(|| question.request.params.get("login_hint"))
            .unwrap_or_default()
            .to_owned(),
        signed_in: question.signed_in.as_ref().map(|person| person_on_page(settings, person).name),
        lies: Vec::new(),
        explained: explained(&question.request.params),
        open_to_any_client: settings.accepts_any_client(),
        app,
    }
}

/// The people, last used first; each keeps the number of their place in the configuration.
fn people(settings: &Settings, question: &SignInQuestion) -> Vec<PersonOnPage> {
    let wanted = question.filter.as_deref().unwrap_or_default().trim().to_lowercase();
    // Where there is nothing to filter by, nothing is written for a filter.
    let searched = settings.users.len() >= MANY || !wanted.is_empty();
    let find = |user| if searched { found_by(user) } else { String::new() };
    let on_page = |(at, user)| PersonOnPage { find: find(user), ..person(user, at + 1) };
    let numbered = settings.users.iter().enumerate().map(on_page);
    let mut people: Vec<PersonOnPage> =
        numbered.filter(|person| wanted.is_empty() || person.find.contains(&wanted)).collect();
    let place = |person: &PersonOnPage| question.used.iter().position(|sub| sub.as_str() == person.sub);
    people.sort_by_key(|person| place(person).unwrap_or(usize::MAX));
    people
}

/// What the app wants of this sign-in, in words.
fn wants(app: &str, question: &SignInQuestion) -> Vec<String> {
    let request = &question.request;
    let prompts = |prompt: Prompt| request.prompts(prompt);
    let mut wants = Vec::new();
    if prompts(Prompt::Login) {
        wants.push(format!("{app} wants you to sign in again."));
    }
    if prompts(Prompt::SelectAccount) {
        wants.push(format!("{app} asks you to choose who you are."));
    }
    if prompts(Prompt::Consent) {
        wants.push(format!("{app} wants to be asked for again: the next page lists what it may know."));
    }
    if let Some(seconds) = request.max_age.and_then(|seconds| u32::try_from(seconds).ok()) {
        let most = crate::protocol::Lifetime::of_seconds(seconds).in_words();
        wants.push(match seconds {
            0 => format!("{app} takes no sign-in of before."),
            _ => format!("{app} takes no sign-in that is older than {most}."),
        });
    }
    if let Some(acr) = request.params.get("acr_values") {
        wants.push(format!("{app} wants to be this sure of who you are: {acr}. It will be told so."));
    }
    wants
}

fn notice(settings: &Settings, refused: &FailedCheck) -> Notice {
    let meant = match refused.suggestion.as_deref() {
        Some(spec::Suggestion::Word { word, .. }) => Some(word.clone()),
        _ => None,
    };
    let typed = refused.got.as_deref().filter(|got| !got.contains('+') && refused.check == Check::PersonKnown);
    let anyway = typed.filter(|_| settings.invents_people && meant.is_some());
    Notice {
        sentence: format!("{}.", refused.breach),
        hint: if meant.is_some() { String::new() } else { refused.hint().to_owned() },
        suggestion: meant,
        anyway: anyway.map(str::to_owned),
        good: false,
    }
}

fn saved(params: &Params) -> Option<Notice> {
    let sub = params.get("saved")?;
    let sentence = format!("Saved as `{sub}`, until a reset or the end of the server.");
    Some(Notice { sentence, hint: String::new(), suggestion: None, anyway: None, good: true })
}

fn app(client: &Client, destination: &Destination) -> AppOnPage {
    let link = |label, url: &Option<Url>| url.as_ref().map(|url| (label, url.to_string()));
    AppOnPage {
        name: client.shown_name().to_owned(),
        id: client.id.clone(),
        returns_to: destination.shown(),
        links: [link("Privacy", &client.policy_uri), link("Terms", &client.tos_uri), link("logo", &client.logo_uri)]
            .into_iter()
            .flatten()
            .collect(),
    }
}

fn explained(params: &Params) -> Vec<Explained> {
    const LONGEST: usize = 400;
    let shortened = |value: &str| match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    };
    let one = |(name, value): (&str, &str)| match explain(name) {
        Some(parameter) => Explained {
            name: name.to_owned(),
            value: shortened(value),
            sentence: parameter.sentence.to_owned(),
            source: Some((parameter.source, parameter.section)),
        },
        None => Explained {
            name: shortened(name),
            value: shortened(value),
            sentence: "No specification names this parameter. It is ignored.".into(),
            source: None,
        },
    };
    params.iter().filter(|(_, value)| !value.is_empty()).take(40).map(one).collect()
}

/// The page for a refusal that has no safe way back to the app.
pub(super) fn error(rendering: &Rendering<'_>, refused: &FailedCheck) -> ErrorPage {
    let request = rendering.request;
    let one = refused.expected.as_deref().filter(|expected| !expected.starts_with("one of "));
    let near = match refused.suggestion.as_deref() {
        Some(spec::Suggestion::Word { word, .. }) => Some(word.as_str()),
        _ => one,
    };
    let parts = refused.got.as_deref().zip(near).map(|(got, near)| (in_parts(got, near), in_parts(near, got)));
    let whole = |text: &Option<Box<str>>| text.as_deref().map(|text| [text.to_owned(), String::new(), String::new()]);
    let (got, expected) = match parts {
        Some((got, expected)) => (Some(got), Some(expected)),
        None => (whole(&refused.got), whole(&refused.expected)),
    };
    let client = request.params.get("client_id").and_then(|id| rendering.settings.client(id));
    let elsewhere = request.endpoint == Endpoint::Elsewhere;
    ErrorPage {
        error: refused.refusal.error(),
        sentence: headline(refused),
        app: client.filter(|_| !elsewhere).map(|client| client.shown_name().to_owned()),
        got,
        expected,
        suggestion: refused.suggestion.as_deref().map(|meant| match meant {
            spec::Suggestion::Word { word, link } => Suggestion::Word(word.clone(), link.clone()),
            spec::Suggestion::Command(command) => Suggestion::Command(command.clone()),
            spec::Suggestion::Again(link) => Suggestion::Again(link.clone()),
        }),
        hint: refused.hint().to_owned(),
        section: (section_name(refused.check.section()), refused.check.section()),
        from_an_app: matches!(request.endpoint, Endpoint::Authorize | Endpoint::EndSession),
    }
}

/// What is wrong. Where two addresses are compared below, the right one is not repeated.
fn headline(refused: &FailedCheck) -> String {
    if refused.check == Check::RedirectUriRegistered { format!("{}.", refused.breach) } else { refused.sentence() }
}

/// A value in three parts, the middle one of which is where it differs from another.
fn in_parts(value: &str, other: &str) -> [String; 3] {
    let Some((own, _)) = difference(value, other) else { return [value.to_owned(), String::new(), String::new()] };
    [value[..own.start].to_owned(), value[own.clone()].to_owned(), value[own.end..].to_owned()]
}
