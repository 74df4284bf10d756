//! What the pages say.

use serde_json::Value;
use url::Url;

use crate::protocol::{Map, Params, Subject};
use crate::reply::{
    AppOnPage, ConsentPage, Editor, ErrorPage, Explained, Page, PersonOnPage, ScopeOnPage, SignInPage, SignOutPage,
};
use crate::spec::{Refused, explain};
use crate::world::{Client, Grant, Person, Question, ReturnAddress, Settings, SignInQuestion, User};

use super::Profile;

impl Profile {
    /// The page that asks this question.
    pub(super) fn page(&self, settings: &Settings, question: Question) -> Page {
        match question {
            Question::SignIn(question) => Page::SignIn(sign_in(settings, &question)),
            Question::Consent { interaction, client, address, grant } => Page::Consent(ConsentPage {
                app: app(&client, &address),
                interaction: interaction.to_string(),
                person: person_on_page(settings, &grant.person),
                scopes: self.scopes(settings, &grant),
                single_claims: single_claims(settings, &grant),
                can_remember: settings.consent(&client) == crate::world::Consent::Remembered,
            }),
            Question::SignOut { interaction, person, client } => Page::SignOut(SignOutPage {
                interaction: interaction.to_string(),
                person: person.map(|person| person_on_page(settings, &person).name),
                app: client.map(|client| client.shown_name().to_owned()),
            }),
        }
    }

    fn scopes(&self, settings: &Settings, grant: &Grant) -> Vec<ScopeOnPage> {
        let known = settings.claims_of(&grant.person).cloned().unwrap_or_default();
        let on_page = |scope: &str| {
            let names = settings.scopes.get(scope).cloned().unwrap_or_default();
            let claims = settings.opened_by([scope].into_iter(), &known);
            ScopeOnPage {
                scope: scope.to_owned(),
                title: self.scope_title(scope),
                detail: detail(settings, scope, &names),
                required: scope == "openid",
                claims: claims.into_iter().map(|(name, value)| (name, value.to_string())).collect(),
            }
        };
        grant.scopes.iter().map(on_page).collect()
    }
}

/// The claims of the `claims` parameter that no scope of the request opens.
fn single_claims(settings: &Settings, grant: &Grant) -> Vec<String> {
    let opened = |name: &&String| {
        grant.scopes.iter().filter_map(|scope| settings.scopes.get(scope)).any(|claims| claims.contains(name))
    };
    let asked = grant.claims.userinfo.keys().chain(grant.claims.id_token.keys());
    let mut names: Vec<String> = asked.filter(|name| !opened(name)).cloned().collect();
    names.sort();
    names.dedup();
    names
}

fn detail(settings: &Settings, scope: &str, names: &[String]) -> String {
    match scope {
        "openid" => "A stable id for you. Always part of signing in.".into(),
        "offline_access" => {
            format!("Hands the app a refresh token, good for {}", settings.policy.lifetimes.refresh_token)
        }
        _ if names.is_empty() => "Access to an API".into(),
        _ => names.join(", "),
    }
}

fn sign_in(settings: &Settings, question: &SignInQuestion) -> SignInPage {
    let mut users: Vec<&User> = settings.users.iter().collect();
    let place = |user: &&User| question.used.iter().position(|sub| *sub == user.sub).unwrap_or(usize::MAX);
    users.sort_by_key(place);
    SignInPage {
        app: app(&question.client, &question.address),
        interaction: question.interaction.to_string(),
        people: users.into_iter().map(person).collect(),
        editor: question.edit.as_ref().and_then(|sub| settings.user(sub)).map(editor),
        notice: question.notice.as_ref().map(notice),
        username: question.params.get("login_hint").unwrap_or_default().to_owned(),
        signed_in: question.signed_in.as_ref().map(|person| person_on_page(settings, person).name),
        lies: Vec::new(),
        explained: explained(&question.params),
        open_to_any_client: settings.accepts_any_client(),
    }
}

fn notice(refused: &Refused) -> String {
    let got = refused.got.as_ref().map(|got| format!(" Got “{got}”.")).unwrap_or_default();
    format!("Not so: {}.{got} {}", refused.check.sentence(), refused.refusal.hint())
}

fn app(client: &Client, address: &ReturnAddress) -> AppOnPage {
    let link = |label, url: &Option<Url>| url.as_ref().map(|url| (label, url.to_string()));
    let uri = address.uri();
    let port = uri.port().map(|port| format!(":{port}")).unwrap_or_default();
    AppOnPage {
        name: client.shown_name().to_owned(),
        id: client.id.clone(),
        returns_to: format!("{}{port}{}", uri.host_str().unwrap_or(uri.scheme()), uri.path()),
        links: [link("Privacy", &client.policy_uri), link("Terms", &client.tos_uri), link("logo", &client.logo_uri)]
            .into_iter()
            .flatten()
            .collect(),
    }
}

fn person(user: &User) -> PersonOnPage {
    PersonOnPage {
        sub: user.sub.to_string(),
        name: user.shown_name().to_owned(),
        initials: if user.locked { "!".into() } else { initials(user.shown_name()) },
        note: if user.locked { "always fails with access_denied".into() } else { note(&user.claims) },
        trap: user.locked,
    }
}

/// The person behind a sign-in, who may exist in no configuration.
fn person_on_page(settings: &Settings, signed_in: &Person) -> PersonOnPage {
    let claims = settings.claims_of(signed_in).cloned().unwrap_or_default();
    person(&User { sub: signed_in.sub.clone(), username: None, password: None, locked: false, claims })
}

fn note(claims: &Map) -> String {
    let email = claims.get("email").and_then(Value::as_str).unwrap_or("no email").to_owned();
    let words = |name: &str| -> Vec<String> {
        let values = claims.get(name).and_then(Value::as_array);
        values.into_iter().flatten().take(4).filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let roles = [words("roles"), words("groups")].concat();
    let name = claims.get("name").and_then(Value::as_str).unwrap_or_default();
    let mut parts = vec![email];
    parts.push(if roles.is_empty() { "no roles".into() } else { roles.join(", ") });
    if !name.is_ascii() {
        parts.push("non-ASCII name".into());
    }
    parts.join(" · ")
}

fn initials(name: &str) -> String {
    let letters: Vec<char> =
        name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric())).collect();
    let (first, last) = (letters.first(), letters.get(1..).and_then(<[char]>::last));
    first.into_iter().chain(last).flat_map(|c| c.to_uppercase()).collect()
}

fn editor(user: &User) -> Editor {
    let typed = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let sub = ("sub".to_owned(), Subject::to_string(&user.sub));
    let claims = user.claims.iter().map(|(name, value)| (name.clone(), typed(value)));
    Editor { person: person(user), claims: std::iter::once(sub).chain(claims).collect(), what_ifs: Vec::new() }
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
pub(super) fn error(refused: &Refused) -> ErrorPage {
    ErrorPage {
        error: refused.refusal.error(),
        sentence: refused.check.sentence().to_owned(),
        got: refused.got.clone(),
        expected: refused.expected.clone(),
        hint: refused.refusal.hint().to_owned(),
        section: refused.check.section(),
    }
}
