//! What a person writes down about a provider: one file in TOML, YAML or JSON, read into settings or explained line by line.

mod environment;
mod file;
mod merge;
mod mistake;
mod notes;
mod people;
mod realms;
mod settings;
mod words;
mod yaml;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::protocol::Lifetime;
use crate::tokens::Alg;
use crate::world::{
    AccessTokenFormat, AccessTokenTyp, Client, Consent, Lifetimes, RefreshTokenFormat, RegistrationPolicy, ScopeClaims,
    StaticToken, TokenClaims, User,
};

pub use environment::{overlay, reserved};
pub use file::{Format, parse};
pub use mistake::Mistake;
pub use notes::Note;
pub(crate) use notes::nobody_can_sign_in;
pub use people::example_people;
pub use realms::wrong_name;

/// The whole configuration. Everything has a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where this file's schema is, for editors.
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The address to listen on. Development keys are used only on loopback.
    pub host: String,
    /// The port to listen on; 0 takes a free one.
    pub port: u16,
    /// Whether it speaks https, with a certificate by a local authority unless there is one of its own.
    pub tls: bool,
    /// A certificate of one's own, in PEM, the chain that vouches for it behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_cert: Option<String>,
    /// Its private key, in PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_key: Option<String>,
    /// A second port, which speaks http where the first speaks https; 0 takes a free one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_port: Option<u16>,
    /// The folder of the local authority, made there if it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_folder: Option<String>,
    /// Files with certificates, in PEM, of authorities that are believed beside the machine's own where this provider calls others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outgoing_ca: Vec<String>,
    /// Hosts that may be called beside this machine and those of registered clients, and those under them; `*` is every one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outgoing_hosts: Vec<String>,
    /// Whose spelling of the protocol it is, by name; the specifications' own where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The issuer, if it is not `http://localhost:PORT`: the URL by which browsers reach the provider.
    pub public_url: Option<String>,
    /// Where apps reach the endpoints that they call directly: `issuer`, `follow` for the host that discovery was asked by,
    /// or a URL. `follow` is the default where `public_url` is set.
    pub back_channel: Option<String>,
    /// Whether clients must be registered even if none is, and are held to just what they registered.
    pub strict: bool,
    /// Hosts beside this machine, and those under them, where redirect URIs may lead while any client is accepted.
    pub redirect_hosts: Vec<String>,
    /// Makes codes, tokens and ids repeat themselves from run to run.
    pub seed: Option<u64>,
    /// A folder for keys of this provider's own; what it lacks is made there.
    pub keys: Option<String>,
    /// Whether people are asked before an app learns something.
    pub consent: Consent,
    /// What access tokens look like.
    pub access_token_format: AccessTokenFormat,
    /// The `typ` of JWT access tokens. Without it: `at+jwt` where the request names a `resource`, `JWT` where it names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token_typ: Option<AccessTokenTyp>,
    /// What refresh tokens look like.
    pub refresh_token_format: RefreshTokenFormat,
    /// What is said to APIs, by the URI that names them in `resource`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: BTreeMap<String, ResourceConfig>,
    /// How much is kept in memory.
    pub memory: MemoryConfig,
    /// What ID tokens and access tokens are signed with, where a client says nothing.
    pub signing_alg: Alg,
    /// How long things are good for.
    pub lifetimes: Lifetimes,
    /// How refresh tokens are used.
    pub refresh: RefreshConfig,
    /// Has people sign in without a page: a person's `sub`, or `login_hint` for whomever the app names in that parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_login: Option<String>,
    /// A token that is known beforehand: the client that it is bound to is given it, and it is accepted as any other is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub static_token: Option<StaticToken>,
    /// Which apps may register themselves.
    pub registration: RegistrationPolicy,
    /// Which claims each scope opens, beside the standard ones.
    pub scopes: ScopeClaims,
    /// Claims that are sent unasked to every client.
    pub claims: TokenClaims,
    /// The people. Without any there are five examples.
    #[serde(alias = "users", skip_serializing_if = "Option::is_none")]
    pub user: Option<Vec<User>>,
    /// The apps. As long as there is none, any is accepted.
    #[serde(alias = "clients")]
    pub client: Vec<Client>,
    /// More providers behind the same door, each with whatever of these keys differs from the first one's.
    #[serde(alias = "realms", skip_serializing_if = "Vec::is_empty")]
    pub realm: Vec<Config>,
    /// A realm's name: it is reached at `/r/NAME`, unless its `public_url` or `port` says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How long a realm is open, by the machine's clock; as long as the server runs, where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Lifetime>,
}

/// What is said to one API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ResourceConfig {
    /// The `typ` of JWT access tokens for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token_typ: Option<AccessTokenTyp>,
}

/// How much is kept in memory. What is oldest goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MemoryConfig {
    /// The most MiB that sessions, codes, tokens and open pages take; a realm beside the first one has a quarter of it.
    #[schemars(range(min = 1))]
    pub records_mib: u32,
    /// The most MiB that the journal takes, with the bytes of each message; a realm beside the first one has a quarter of it.
    #[schemars(range(min = 1))]
    pub journal_mib: u32,
    /// The most exchanges that the journal keeps.
    #[schemars(range(min = 1))]
    pub journal_entries: u32,
}

impl Default for MemoryConfig {
    fn default() -> Self {
        Self { records_mib: 24, journal_mib: 8, journal_entries: 1_000 }
    }
}

/// How refresh tokens are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RefreshConfig {
    /// Whether each refresh gives a new refresh token and ends the old one.
    pub rotate: bool,
    /// How long a replaced refresh token may still be used.
    pub grace: Lifetime,
}

impl Default for RefreshConfig {
    fn default() -> Self {
        Self { rotate: true, grace: Lifetime::of_seconds(0) }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            schema: None,
            host: "127.0.0.1".into(),
            port: 7760,
            tls: false,
            tls_cert: None,
            tls_key: None,
            http_port: None,
            ca_folder: None,
            outgoing_ca: Vec::new(),
            outgoing_hosts: Vec::new(),
            profile: None,
            public_url: None,
            back_channel: None,
            strict: false,
            redirect_hosts: Vec::new(),
            seed: None,
            keys: None,
            consent: Consent::default(),
            access_token_format: AccessTokenFormat::default(),
            access_token_typ: None,
            refresh_token_format: RefreshTokenFormat::default(),
            resources: BTreeMap::new(),
            memory: MemoryConfig::default(),
            signing_alg: Alg::default(),
            lifetimes: Lifetimes::default(),
            refresh: RefreshConfig::default(),
            auto_login: None,
            static_token: None,
            registration: RegistrationPolicy::default(),
            scopes: ScopeClaims::new(),
            claims: TokenClaims::default(),
            user: None,
            client: Vec::new(),
            realm: Vec::new(),
            name: None,
            ttl: None,
        }
    }
}

impl Config {
    /// The people, or the examples.
    pub fn people(&self) -> Vec<User> {
        self.user.clone().unwrap_or_else(example_people)
    }

    /// The JSON Schema of the file, made of these very types.
    pub fn json_schema() -> String {
        let schema = schemars::schema_for!(Self);
        serde_json::to_string_pretty(&schema).expect("a schema is JSON")
    }
}
