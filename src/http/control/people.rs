//! Users and clients: added, changed, removed while the provider runs. A reset brings back those of the start.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::config::nobody_can_sign_in;
use crate::world::{Client, User};

use super::body::read;
use super::operation::{Call, Operation, Query, asks, does, lists, sends};
use super::problem::Problem;

/// Members of a user or a client, under the names that the configuration has.
#[derive(Deserialize, JsonSchema)]
struct Members(Map<String, Value>);

/// An app as it is registered now.
#[derive(Serialize, JsonSchema)]
struct Registered {
    #[serde(flatten)]
    client: Client,
    /// What will not work with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

impl Registered {
    fn of(client: Client) -> Self {
        let warnings = nobody_can_sign_in(&client).map(|why| format!("`{}` {why}", client.id));
        Self { client, warnings: warnings.into_iter().collect() }
    }
}

/// A browser's way to an app that is to begin a sign-in.
#[derive(Serialize, JsonSchema)]
struct Beginning {
    /// Where it goes.
    url: String,
}

const BEGIN: &[Query] = &[
    Query::text("login_hint", "Who is to sign in", "alice"),
    Query::text("target_link_uri", "Where the app leads afterwards", "https://notes.example.com/inbox"),
];

async fn initiate_login(call: Call) -> Result<Beginning, Problem> {
    let client = client(&call)?;
    let (hint, target) = (call.query.get("login_hint"), call.query.get("target_link_uri"));
    let uri = call.realm.settings().initiate_login(&client, hint, target).ok_or_else(|| {
        let what = format!("`{}` has no initiate_login_uri: only at the app itself can a sign-in begin", client.id);
        Problem::new(409, what)
    })?;
    Ok(Beginning { url: uri.into() })
}

const USER: &str = r#"{"sub": "carol", "name": "Carol Clark", "email": "carol@example.com", "email_verified": true, "roles": ["editor"]}"#;
const CLIENT: &str =
    r#"{"id": "notes-web", "secret": "notes-web-secret", "redirect_uris": ["http://localhost:3000/callback"]}"#;
const REGISTERED: &str = r#"{"id": "notes-web", "secret": "notes-web-secret", "redirect_uris": ["http://localhost:3000/callback"], "post_logout_redirect_uris": [], "application_type": "web", "require_auth_time": false, "require_pkce": false, "claims": {"id_token": [], "access_token": [], "userinfo": []}}"#;
const STAYS: &str = "It stays until the next reset, also where the configuration file is read again meanwhile.";

pub(super) fn operations() -> Vec<Operation> {
    [of_users(), of_clients()].into_iter().flatten().collect()
}

fn of_users() -> Vec<Operation> {
    vec![
        lists("/users", "The people", |user: &User| user.sub.to_string(), users).about(
            "In the order of the sign-in page. Passwords are shown: they are pretend. `after` is a `sub`.",
            "",
            r#"[{"sub": "bob", "name": "Bob Reyes", "roles": ["reader"]}]"#,
        ),
        sends("POST", "/users", "Adds a person", (201, add_user)).about(STAYS, USER, USER),
        asks("GET", "/users/{sub}", "One person", |call: Call| async move { user(&call) }).about(
            "With every claim.",
            "",
            USER,
        ),
        sends("PUT", "/users/{sub}", "Adds a person, or replaces one", (200, put_user)).about(
            STAYS,
            r#"{"name": "Bob Reyes", "email": "bob@example.com", "roles": ["reader"]}"#,
            r#"{"sub": "bob", "name": "Bob Reyes", "email": "bob@example.com", "roles": ["reader"]}"#,
        ),
        sends("PATCH", "/users/{sub}", "Changes a person: a JSON merge patch, RFC 7396", (200, patch_user)).about(
            "A member that is null is left out. `locked` refuses every sign-in, and whatever was given to the person counts no more.",
            r#"{"locked": true}"#,
            r#"{"sub": "bob", "locked": true, "name": "Bob Reyes"}"#,
        ),
        does("DELETE", "/users/{sub}", "Removes a person; whoever is signed in as them is not any more", remove_user).about(
            "Their tokens are refused from now on, wherever they are shown.",
            "",
            "",
        ),
    ]
}

fn of_clients() -> Vec<Operation> {
    vec![
        lists("/clients", "The registered apps, with secrets", |client: &Client| client.id.clone(), clients).about(
            "As long as there is none, any id and secret is accepted. `after` is an `id`.",
            "",
            r#"[{"id": "notes-web", "redirect_uris": ["http://localhost:3000/callback"], "post_logout_redirect_uris": [], "application_type": "web", "require_auth_time": false, "require_pkce": false, "claims": {"id_token": [], "access_token": [], "userinfo": []}}]"#,
        ),
        asks("GET", "/clients/{id}/initiate-login", "Where a browser begins a sign-in at an app", initiate_login)
            .query(BEGIN)
            .about(
                "The app's `initiate_login_uri` with `iss`: whoever opens it is sent to sign in by the app itself, OpenID Connect Core 4.",
                "",
                r#"{"url": "https://notes.example.com/begin?iss=http%3A%2F%2Flocalhost%3A7760&login_hint=alice"}"#,
            ),
        sends("POST", "/clients", "Registers an app; from then on no other is accepted", (201, add_client)).about(
            STAYS, CLIENT, REGISTERED,
        ),
        asks("GET", "/clients/{id}", "One app", |call: Call| async move { client(&call) }).about(
            "With its secret.",
            "",
            REGISTERED,
        ),
        sends("PUT", "/clients/{id}", "Registers an app, or replaces one", (200, put_client)).about(
            STAYS,
            r#"{"secret": "notes-web-secret", "redirect_uris": ["http://localhost:3000/callback"]}"#,
            REGISTERED,
        ),
        sends("PATCH", "/clients/{id}", "Changes an app: a JSON merge patch, RFC 7396", (200, patch_client)).about(
            "A member that is null is left out.",
            r#"{"access_token_format": "opaque"}"#,
            REGISTERED,
        ),
        does("DELETE", "/clients/{id}", "Removes an app", remove_client).about(
            "Its tokens are refused from now on, wherever they are shown.",
            "",
            "",
        ),
    ]
}

async fn clients(call: Call) -> Result<Vec<Client>, Problem> {
    Ok(call.realm.config().client)
}

async fn users(call: Call) -> Result<Vec<User>, Problem> {
    Ok(call.realm.config().people())
}

fn user(call: &Call) -> Result<User, Problem> {
    found_user(&mut call.realm.config().people(), call).cloned()
}

fn found_user<'a>(people: &'a mut [User], call: &Call) -> Result<&'a mut User, Problem> {
    let sub = call.part("sub");
    let known: Vec<String> = people.iter().map(|user| user.sub.to_string()).collect();
    let missing = || Problem::missing("user", sub, known.iter().map(String::as_str));
    people.iter_mut().find(|user| user.sub.as_str() == sub).ok_or_else(missing)
}

async fn add_user(call: Call, user: User) -> Result<User, Problem> {
    change_people(&call, |people| {
        if people.iter().any(|known| known.sub == user.sub) {
            let sub = &user.sub;
            let taken = format!("there is a user `{sub}` already: PUT /users/{sub} replaces it");
            return Err(Problem::new(409, taken).field("sub"));
        }
        people.push(user.clone());
        Ok(user)
    })
}

async fn put_user(call: Call, Members(mut body): Members) -> Result<User, Problem> {
    same(&mut body, "sub", call.part("sub"))?;
    let user: User = typed(body)?;
    change_people(&call, |people| {
        match people.iter_mut().find(|known| known.sub == user.sub) {
            Some(known) => *known = user.clone(),
            None => people.push(user.clone()),
        }
        Ok(user)
    })
}

async fn patch_user(call: Call, Members(patch): Members) -> Result<User, Problem> {
    change_people(&call, |people| {
        let known = found_user(people, &call)?;
        let patched: User = patched(known, patch)?;
        if patched.sub != known.sub {
            return Err(Problem::new(422, "a sub is for good: add another user instead").field("sub"));
        }
        *known = patched.clone();
        Ok(patched)
    })
}

async fn remove_user(call: Call) -> Result<(), Problem> {
    change_people(&call, |people| {
        let gone = found_user(people, &call)?.sub.clone();
        people.retain(|user| user.sub != gone);
        Ok(())
    })
}

fn change_people<T>(call: &Call, change: impl FnOnce(&mut Vec<User>) -> Result<T, Problem>) -> Result<T, Problem> {
    call.realm.change(|config| {
        let mut people = config.people();
        let done = change(&mut people)?;
        config.user = Some(people);
        Ok(done)
    })
}

fn client(call: &Call) -> Result<Client, Problem> {
    found_client(&mut call.realm.config().client, call).cloned()
}

fn found_client<'a>(clients: &'a mut [Client], call: &Call) -> Result<&'a mut Client, Problem> {
    let id = call.part("id");
    let known: Vec<String> = clients.iter().map(|client| client.id.clone()).collect();
    let missing = || Problem::missing("client", id, known.iter().map(String::as_str));
    clients.iter_mut().find(|client| client.id == id).ok_or_else(missing)
}

async fn add_client(call: Call, client: Client) -> Result<Registered, Problem> {
    call.realm.change(|config| {
        if config.client.iter().any(|known| known.id == client.id) {
            let id = &client.id;
            let taken = format!("there is a client `{id}` already: PUT /clients/{id} replaces it");
            return Err(Problem::new(409, taken).field("id"));
        }
        config.client.push(client.clone());
        Ok(Registered::of(client))
    })
}

async fn put_client(call: Call, Members(mut body): Members) -> Result<Registered, Problem> {
    if let Some(client_id) = body.shift_remove("client_id") {
        body.insert("id".into(), client_id);
    }
    same(&mut body, "id", call.part("id"))?;
    let client: Client = typed(body)?;
    call.realm.change(|config| {
        match config.client.iter_mut().find(|known| known.id == client.id) {
            Some(known) => *known = client.clone(),
            None => config.client.push(client.clone()),
        }
        Ok(Registered::of(client))
    })
}

async fn patch_client(call: Call, Members(patch): Members) -> Result<Registered, Problem> {
    // The registered metadata names mean the same.
    let short = |name: String| match name.as_str() {
        "client_id" | "client_secret" | "client_name" => name["client_".len()..].to_owned(),
        _ => name,
    };
    let patch = patch.into_iter().map(|(name, value)| (short(name), value)).collect();
    call.realm.change(|config| {
        let known = found_client(&mut config.client, &call)?;
        let patched: Client = patched(known, patch)?;
        if patched.id != known.id {
            return Err(Problem::new(422, "an id is for good: add another client instead").field("id"));
        }
        *known = patched.clone();
        Ok(Registered::of(patched))
    })
}

async fn remove_client(call: Call) -> Result<(), Problem> {
    call.realm.change(|config| {
        let gone = found_client(&mut config.client, &call)?.id.clone();
        config.client.retain(|client| client.id != gone);
        Ok(())
    })
}

/// The name in the body, if it is there, is the one in the path.
fn same(body: &mut Map<String, Value>, field: &'static str, name: &str) -> Result<(), Problem> {
    match body.get(field) {
        Some(other) if other != name => {
            Err(Problem::new(422, format!("`{field}` is not `{name}`, as in the path")).field(field))
        }
        Some(_) => Ok(()),
        None => {
            body.insert(field.into(), name.into());
            Ok(())
        }
    }
}

fn typed<T: DeserializeOwned>(body: Map<String, Value>) -> Result<T, Problem> {
    read(Value::Object(body).to_string().as_bytes())
}

/// [RFC 7396](https://www.rfc-editor.org/rfc/rfc7396)
fn patched<T: Serialize + for<'de> Deserialize<'de>>(before: &T, patch: Map<String, Value>) -> Result<T, Problem> {
    let mut whole = serde_json::to_value(before).map_err(|e| Problem::new(500, e.to_string()))?;
    merge(&mut whole, Value::Object(patch));
    read(whole.to_string().as_bytes())
}

fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(target) = target {
        for (name, value) in patch {
            if value.is_null() {
                target.shift_remove(&name);
            } else {
                merge(target.entry(name).or_insert(Value::Null), value);
            }
        }
    }
}
