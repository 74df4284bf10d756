//! The configuration: three formats, one meaning, and mistakes that say how to be mended.

use serde_json::json;
use standin::Config;
use standin::config::{Format, overlay, parse};

use crate::harness::{Browser, authorize_url, claims, registered, sign_in, tokens, userinfo};

const TOML: &str = r#"
consent = "remembered"
signing_alg = "ES256"
[lifetimes]
access_token = "5m"
[scopes]
"notes:read" = []
[claims]
access_token = ["roles", { tenant = "acme" }]
[[user]]
sub = "alice"
name = "Alice"
roles = ["admin"]
age = 42
height = 1.5
nested = { a = [1, { b = true }] }
[[client]]
id = "web"
secret = "s3cret"
redirect_uris = ["http://localhost:3000/callback"]
"#;

const YAML: &str = r"
consent: remembered
signing_alg: ES256
lifetimes:
  access_token: 5m
scopes:
  notes:read: []
claims:
  access_token: [roles, {tenant: acme}]
user:
  - {sub: alice, name: Alice, roles: [admin], age: 42, height: 1.5, nested: {a: [1, {b: true}]}}
client:
  - id: web
    secret: s3cret
    redirect_uris: ['http://localhost:3000/callback']
";

fn json() -> String {
    json!({
        "consent": "remembered",
        "signing_alg": "ES256",
        "lifetimes": {"access_token": "5m"},
        "scopes": {"notes:read": []},
        "claims": {"access_token": ["roles", {"tenant": "acme"}]},
        "user": [{"sub": "alice", "name": "Alice", "roles": ["admin"], "age": 42, "height": 1.5, "nested": {"a": [1, {"b": true}]}}],
        "client": [{"client_id": "web", "client_secret": "s3cret", "redirect_uris": ["http://localhost:3000/callback"]}],
    })
    .to_string()
}

#[test]
fn three_formats_have_one_meaning() {
    let toml = parse("a.toml", TOML, Format::Toml).expect("TOML");
    assert_eq!(toml, parse("a.yaml", YAML, Format::Yaml).expect("YAML"));
    assert_eq!(toml, parse("a.json", &json(), Format::Json).expect("JSON"));
    for (text, format) in [(TOML, Format::Toml), (YAML, Format::Yaml), (&json(), Format::Json)] {
        assert_eq!(Format::of_text(text), format, "told by the text alone");
    }
    assert_eq!(parse("a.yaml", "  \n", Format::Yaml).expect("nothing"), Config::default());
}

#[tokio::test]
async fn claims_of_any_type_go_where_the_configuration_says() {
    let idp = registered().config(parse("a.toml", TOML, Format::Toml).expect("TOML"), "a test").with(|config| {
        config.port = 0;
        config.consent = standin::world::Consent::Off;
        config.client[0].claims.id_token = vec![standin::world::ClaimPick::OfPerson("nested".into())];
        config.scopes.insert("body".into(), vec!["age".into(), "height".into()]);
    });
    let idp = idp.start().await;
    let answer = tokens(&idp, &[("scope", "openid body")], "alice").await;
    assert_eq!(answer.member("expires_in"), "300");
    let (id, access) = (claims(&answer.member("id_token")), claims(&answer.member("access_token")));
    assert_eq!(id["nested"], json!({"a": [1, {"b": true}]}));
    assert_eq!((&access["roles"], &access["tenant"], id.get("roles")), (&json!(["admin"]), &json!("acme"), None));
    assert_eq!(
        userinfo(&idp, &answer.member("access_token")).await.json(),
        json!({"sub": "alice", "age": 42, "height": 1.5})
    );
}

/// The message for a mistake in a file of this name.
fn mistake(name: &str, text: &str) -> String {
    let config = parse(name, text, Format::of_name(name).expect("a format"));
    let checked = config.and_then(|config| config.check(name).map_err(|mistake| Box::new(mistake.found_in(text))));
    checked.expect_err("a mistake").to_string()
}

#[test]
fn a_mistake_names_file_line_column_word_and_the_likely_one() {
    let toml = "port = 1\n[[client]]\nid = \"web\"\nredirect_uri = \"http://x/cb\"\n";
    assert_eq!(
        mistake("standin.toml", toml),
        "unknown key `redirect_uri`\n  \
         standin.toml:4:1  redirect_uri = \"http://x/cb\"\n                    \
         ^^^^^^^^^^^^ did you mean `redirect_uris`? It takes a list."
    );
    let yaml = mistake("standin.yaml", "client:\n  - id: web\n    redirect_uri: x\n");
    assert!(yaml.contains("standin.yaml:3:5") && yaml.contains("^^^^^^^^^^^^ did you mean `redirect_uris`"), "{yaml}");
    let json = mistake("standin.json", "{\"client\": [\n  {\"id\": \"web\", \"redirect_uri\": 1}]}");
    assert!(json.contains("standin.json:2:18") && json.contains("did you mean `redirect_uris`"), "{json}");
}

#[test]
fn every_mistake_says_what_to_do() {
    for (text, said) in [
        ("prot = 1", "did you mean `port`?"),
        ("port = 70000", "from 0 to 65535"),
        ("consent = \"alwys\"", "did you mean `always`?"),
        ("signing_alg = \"rs256\"", "did you mean `RS256`?"),
        ("[lifetimes]\naccess_tokn = 1", "did you mean `access_token`?"),
        ("[lifetimes]\ncode = \"soon\"", "\"5m\""),
        ("[lifetimes]\naccess_token = 0", "a second at least"),
        ("public_url = \"localhost\"", "such as http://localhost:7760"),
        ("public_url = \"HTTP://Localhost:1\"", "http://localhost:1"),
        ("back_channel = \"folow\"", "did you mean `follow`?"),
        ("[[user]]\nname = \"x\"", "a user has no `sub`"),
        ("[[user]]\nsub = \"a\"\n[[user]]\nsub = \"a\"", "two users have the sub `a`"),
        ("[[user]]\nsub = \"a\"\npasword = \"x\"", "did you mean `password`?"),
        ("[[user]]\nsub = \"a\"\niss = \"x\"", "the provider's own"),
        ("[[user]]\nsub = \"é\"", "not printable ASCII"),
        ("[[client]]\nid = \"a\"\n[[client]]\nid = \"a\"", "two clients have the id `a`"),
        ("[[client]]\nid = \"a\"\nredirect_uris = [\"/cb\"]", "is not an absolute URI"),
        ("[[client]]\nid = \"a\"\nredirect_uris = [\"http://x/#y\"]", "leave out #"),
        ("[[client]]\nid = \"a\"\ntoken_endpoint_auth_method = \"private_key_jwt\"", "add jwks or jwks_uri"),
        ("[[client]]\nid = \"a\"\nid_token_signed_response_alg = \"HS256\"", "give it a secret"),
        ("signing_alg = \"HS256\"", "no client is registered"),
        ("[[client]]\nid = \"a\"\njwks = \"x\"", "no set of public keys"),
        ("[[client]]\nid = \"a\"\nlogo_uri = \"javascript:1\"", "neither http nor https"),
        ("claims = { id_token = [5] }", "the name of a claim"),
        ("port = ", "standin.toml:1:"),
        ("port = 1\nport = 2", "standin.toml:2:"),
    ] {
        let message = mistake("standin.toml", text);
        assert!(message.contains(said), "{text}\n{message}");
    }
    let yaml = mistake("standin.yaml", "port: 1\nport: 2\n");
    assert!(yaml.contains("standin.yaml:2:"), "a key that stands twice: {yaml}");
    let norway = mistake("standin.yaml", "strict: NO\n");
    assert!(norway.contains("standin.yaml:1:"), "NO is a country: {norway}");
}

#[test]
fn a_mistake_in_a_long_or_strange_line_is_shown_in_a_window() {
    let long = format!("{{\"user\": [], \"x{}\": 1}}", "y".repeat(5_000));
    assert!(mistake("standin.json", &long).len() < 12_000);
    let strange = mistake("standin.toml", "\"pr\u{1b}[31mot\" = 1");
    assert!(!strange.contains('\u{1b}'), "a terminal must not obey a file");
}

fn from(variables: &[(&str, &str)]) -> Result<Config, String> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    overlay(Config::default(), variables).map_err(|mistake| mistake.to_string())
}

#[test]
fn every_scalar_can_be_set_by_the_environment() {
    let config = from(&[
        ("STANDIN_PORT", "7000"),
        ("STANDIN_STRICT", "true"),
        ("STANDIN_LIFETIMES__ACCESS_TOKEN", "5m"),
        ("STANDIN_REFRESH__ROTATE", "false"),
        ("STANDIN_CLIENT__0__SECRET", "007"),
        ("STANDIN_CLIENT__0__ID", "web"),
        ("STANDIN_CLIENT__0__AUDIENCE", "https://api.example.com"),
        ("STANDIN_USER__0__AGE", "5"),
        ("STANDIN_USER__0__SUB", "carol"),
        ("STANDIN_CONFIG", "not ours"),
        ("PATH", "/bin"),
        ("STANDIN_SERVICE_HOST", "10.0.0.1"),
        ("STANDIN_PORT_7760_TCP_PORT", "7760"),
    ])
    .expect("a configuration");
    assert_eq!((config.port, config.strict, config.refresh.rotate), (7000, true, false));
    assert_eq!(config.lifetimes.access_token.seconds(), 300);
    assert_eq!((config.client[0].id.as_str(), config.client[0].secret.as_deref()), ("web", Some("007")));
    assert_eq!(config.people()[0].claims["age"], 5);
    assert_eq!(from(&[("STANDIN_PORT", "tcp://10.0.0.1:7760")]).expect("a service link").port, 7760);
}

#[test]
fn a_mistake_in_the_environment_names_the_variable() {
    for (name, value, said) in [
        ("STANDIN_PROT", "1", "did you mean `STANDIN_PORT`?"),
        ("STANDIN_LIFETIMES__ACCES_TOKEN", "1", "did you mean `STANDIN_LIFETIMES__ACCESS_TOKEN`?"),
        ("STANDIN_PORT", "many", "STANDIN_PORT=many"),
        ("STANDIN_CLIENT__1__ID", "a", "the next free one is 0"),
        ("STANDIN___PORT", "1", "two underscores go one level down"),
        ("STANDIN_", "1", "two underscores"),
    ] {
        let message = from(&[(name, value)]).expect_err("a mistake");
        assert!(message.contains(said), "{name}: {message}");
    }
}

#[test]
fn the_schema_is_made_of_the_types_and_knows_every_key() {
    let schema: serde_json::Value = serde_json::from_str(&Config::json_schema()).expect("JSON");
    let whole = serde_json::to_value(Config::default()).expect("JSON");
    for key in whole.as_object().expect("an object").keys() {
        assert!(schema["properties"].get(key).is_some(), "{key}");
    }
    assert_eq!(schema["additionalProperties"], false);
    assert!(schema["$defs"]["Client"]["properties"].get("redirect_uris").is_some());
}

#[tokio::test]
async fn a_change_is_taken_and_sessions_stay() {
    let idp = registered().start().await;
    let browser = Browser::new();
    sign_in(&idp, &browser, &[], "alice").await;
    let mut config = Config { client: Vec::new(), ..Config::default() };
    config.client.push(standin::Client::confidential("other", "s3cret").redirects_to(crate::harness::CALLBACK));
    idp.reconfigure(&config, "a test").expect("taken");
    let back = browser.get(&authorize_url(&idp, &[("client_id", "other"), ("prompt", "none")])).await;
    assert!(back.returned("code").is_some(), "alice is still signed in");
    assert_eq!(browser.get(&authorize_url(&idp, &[])).await.status, 400, "web is gone");

    config.client.push(config.client[0].clone());
    idp.reconfigure(&config, "a test").expect_err("two of a name");
    let console = crate::harness::get(&format!("{}/", idp.issuer())).await.words();
    assert!(console.contains("was not taken") && console.contains("two clients have the id `other`"), "{console}");
    let back = browser.get(&authorize_url(&idp, &[("client_id", "other"), ("prompt", "none")])).await;
    assert!(back.returned("code").is_some(), "the last good one is in force");
}

#[test]
fn a_byte_order_mark_and_an_empty_file_are_no_mistakes() {
    for (format, text) in [
        (Format::Json, "{\"port\": 7}"),
        (Format::Toml, "port = 7"),
        (Format::Yaml, "port: 7"),
        (Format::Yaml, "\"port\": 7"),
    ] {
        assert_eq!(parse("f", &format!("\u{feff}{text}"), format).expect("a configuration").port, 7, "{text}");
    }
    for format in [Format::Json, Format::Toml, Format::Yaml] {
        for empty in ["", " \n", "\u{feff}"] {
            assert_eq!(parse("f", empty, format).expect("a configuration"), Config::default());
        }
    }
}

#[test]
fn slips_that_would_lock_somebody_out_are_mistakes() {
    for (text, said) in [
        ("[[client]]\nid = \"a\"\nredirect_uris = [\"localhost:3000/cb\"]", "did you mean `http://localhost:3000/cb`?"),
        ("[[client]]\nid = \"a\"\nredirect_uris = [\"javascript:alert(1)\"]", "javascript:alert(1)"),
        ("[[client]]\nid = \"a\"\nredirect_uris = [\"http://localhost/cb \"]", "did you mean `http://localhost/cb`?"),
        ("[[client]]\nid = \"a\"\nredirect_uris = [\"http://localhost/*\"]", "character by character"),
        (
            "[[client]]\nid = \"a\"\npost_logout_redirect_uris = [\"localhost:3000\"]",
            "did you mean `http://localhost:3000`?",
        ),
        ("[[client]]\nid = \"a\"\nsecret = \"\"", "leave it out"),
        ("[[user]]\nsub = \"+new\"", "+new"),
        ("[[user]]\nsub = \"a\"\nusername = \"x\"\n[[user]]\nsub = \"b\"\nusername = \"x\"", "`x`"),
    ] {
        let message = mistake("standin.toml", text);
        assert!(message.contains(said), "{text}\n{message}");
    }
}

#[test]
fn yaml_keeps_text_as_it_was_written_and_leaves_the_writers_own_keys_alone() {
    let yaml =
        "x-base: &base\n  locale: de\nuser:\n  - <<: *base\n    sub: zoë-2\n    phone_number: +4930123\n    age: 7\n";
    let config = parse("f", &yaml.replace('ë', "e"), Format::Yaml).expect("a configuration");
    let user = &config.user.expect("people")[0];
    assert_eq!(user.claims["phone_number"], json!("+4930123"));
    assert_eq!((&user.claims["locale"], &user.claims["age"]), (&json!("de"), &json!(7)));
    let wrong = mistake("standin.yaml", "x-base: 1\nprot: 2\n");
    assert!(wrong.contains("standin.yaml:2:1") && wrong.contains("did you mean `port`?"), "{wrong}");
}

#[test]
fn mistakes_are_told_all_at_once_in_the_order_of_the_file() {
    let text = "host = \"127.0.0.1\"\nprot = 1\n\n[[client]]\nid = \"a\"\nsecrt = \"x\"\n\n[[user]]\nsub = \"a\"\npasword = \"y\"\n";
    let message = mistake("standin.toml", text);
    let at = |place: &str| message.find(place).unwrap_or_else(|| panic!("no {place}: {message}"));
    assert!(at("standin.toml:2:1") < at("standin.toml:6:1"), "{message}");
    let yaml = mistake("standin.yaml", "host: a\nprot: 1\nclient:\n  - id: a\n    secrt: x\n");
    assert!(
        yaml.find("standin.yaml:2:1") < yaml.find("standin.yaml:5:5") && yaml.contains("standin.yaml:2:1"),
        "{yaml}"
    );
}

#[test]
fn a_list_is_no_configuration_and_the_environment_has_no_quotes() {
    assert!(mistake("standin.json", "[]").contains("not a list"));
    let overlaid = |name: &str, text: &str| overlay(Config::default(), std::iter::once((name.into(), text.into())));
    let message = overlaid("STANDIN_PORT", "abc").expect_err("a mistake").to_string();
    assert!(!message.contains("quotes"), "{message}");
    let people =
        overlaid("STANDIN_USER", "\u{feff}[{\"sub\":\"zoe\"}]").expect("a configuration").user.expect("people");
    assert_eq!(people[0].sub.as_str(), "zoe");
}
