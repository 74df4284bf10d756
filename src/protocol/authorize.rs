//! The authorization request, [Core §3.1.2.1](https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest).
//! Reading it never fails: what cannot be read is a complaint beside the value.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Challenge, ChallengeMethod, ClaimsRequest, Params, Scopes, pkce};

/// Where the answer is put, [Multiple Response Types §2.1](https://openid.net/specs/oauth-v2-multiple-response-types-1_0.html#ResponseModes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// Behind `?`.
    Query,
    /// Behind `#`.
    Fragment,
    /// In a form that posts itself, [Form Post §2](https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html).
    FormPost,
}

impl ResponseMode {
    /// Every mode that works here, as discovery lists them.
    pub const ALL: [Self; 3] = [Self::Query, Self::Fragment, Self::FormPost];

    /// The mode of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
        }
    }
}

/// What the app wants in the answer: a set of words, `none` where it is empty,
/// [Multiple Response Types §3](https://openid.net/specs/oauth-v2-multiple-response-types-1_0.html#Definitions).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResponseType {
    /// A code.
    pub code: bool,
    /// An ID token.
    pub id_token: bool,
    /// An access token.
    pub token: bool,
}

impl ResponseType {
    /// A code and nothing else.
    pub const CODE: Self = Self { code: true, id_token: false, token: false };

    /// Nothing but the answer itself: whether the person agrees.
    pub const NONE: Self = Self { code: false, id_token: false, token: false };

    /// Every response type that works here, as discovery lists them. A `token` alone says nobody who signed in, and is none of
    /// [Core §3](https://openid.net/specs/openid-connect-core-1_0.html#Authentication).
    pub const ALL: [Self; 7] = [
        Self::CODE,
        Self { code: false, id_token: true, token: false },
        Self { code: false, id_token: true, token: true },
        Self { code: true, id_token: true, token: false },
        Self { code: true, id_token: false, token: true },
        Self { code: true, id_token: true, token: true },
        Self::NONE,
    ];

    /// Whether the answer has tokens in it: they come by the browser, and stay out of the query.
    pub const fn has_tokens(self) -> bool {
        self.id_token || self.token
    }

    /// Reads the words that it knows, in whatever order they come.
    pub fn of_words(text: &str) -> Self {
        let has = |wanted: &str| text.split(' ').any(|word| word == wanted);
        Self { code: has("code"), id_token: has("id_token"), token: has("token") }
    }

    /// The response type of this name, if it works here. Its words may come in any order, each once.
    pub fn named(name: &str) -> Option<Self> {
        let sorted = |text: &str| {
            let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            words.sort_unstable();
            words
        };
        Self::ALL.into_iter().find(|offered| sorted(&offered.to_string()) == sorted(name))
    }

    /// The mode of a request that names none: whatever has tokens in it stays out of the query, refused or not,
    /// [Multiple Response Types §5](https://openid.net/specs/oauth-v2-multiple-response-types-1_0.html#Combinations).
    pub const fn default_mode(self) -> ResponseMode {
        if self.has_tokens() { ResponseMode::Fragment } else { ResponseMode::Query }
    }
}

impl Serialize for ResponseType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ResponseType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let offered = || Self::ALL.map(|offered| offered.to_string()).join(", ");
        Self::named(&name).ok_or_else(|| D::Error::custom(format!("`{name}` is none of {}", offered())))
    }
}

impl JsonSchema for ResponseType {
    fn schema_name() -> Cow<'static, str> {
        "ResponseType".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        super::words::words(Self::ALL.map(|offered| offered.to_string()).iter().map(String::as_str))
    }
}

impl fmt::Display for ResponseType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [("code", self.code), ("id_token", self.id_token), ("token", self.token)];
        let words: Vec<&str> = words.into_iter().filter(|(_, has)| *has).map(|(word, _)| word).collect();
        f.write_str(if words.is_empty() { "none".into() } else { words.join(" ") }.as_str())
    }
}

/// What the app wants the person to be asked, `prompt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// Show no page at all.
    None,
    /// Sign in again.
    Login,
    /// Agree again.
    Consent,
    /// Choose who you are.
    SelectAccount,
}

impl Prompt {
    /// Every prompt that works here, as discovery lists them.
    pub const ALL: [Self; 4] = [Self::None, Self::Login, Self::Consent, Self::SelectAccount];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Login => "login",
            Self::Consent => "consent",
            Self::SelectAccount => "select_account",
        }
    }
}

/// One thing about a request that cannot be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Complaint {
    /// The parameter was sent more than once.
    Repeated(String),
    /// The parameter is needed and was not sent.
    Missing(&'static str),
    /// The parameter's value is not one that can be read or served: what came, and what was expected.
    Unusable {
        /// The parameter's name.
        parameter: &'static str,
        /// The value that came.
        got: String,
        /// What would have been accepted, in words.
        expected: String,
    },
    /// A whole way of asking that is not offered, such as `registration`.
    NotOffered(&'static str),
}

/// What an app asks for when it sends the browser to the authorization endpoint, understood once: whoever needs to know about it
/// reads it here, and not from the query.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AuthorizeRequest {
    /// Every parameter, those included that nobody knows: what the page explains, and what is asked once more.
    pub params: Params,
    /// `response_type`
    pub response_type: ResponseType,
    /// `scope`
    pub scopes: Scopes,
    /// `prompt`
    pub prompt: Vec<Prompt>,
    /// `max_age`, in seconds
    pub max_age: Option<i64>,
    /// `acr_values`, best first
    pub acr_values: Vec<String>,
    /// `claims`
    pub claims: ClaimsRequest,
    /// `code_challenge` and `code_challenge_method`
    pub challenge: Option<Challenge>,
    /// `resource`, [RFC 8707](https://www.rfc-editor.org/rfc/rfc8707)
    pub resource: Vec<String>,
}

impl AuthorizeRequest {
    /// Reads everything. What is wrong with client and redirect URI is no complaint: they must be known before one can complain to an app.
    pub fn parse(params: &Params) -> (Self, Vec<Complaint>) {
        let mut complaints = Vec::new();
        if let Some(name) = params.repeated() {
            complaints.push(Complaint::Repeated(name.to_owned()));
        }
        if params.get("registration").is_some() {
            complaints.push(Complaint::NotOffered("registration"));
        }
        let request = Self {
            params: params.clone(),
            response_type: response_type(params, &mut complaints),
            scopes: Scopes::from(params.get("scope").unwrap_or_default()),
            prompt: prompt(params, &mut complaints),
            max_age: max_age(params, &mut complaints),
            acr_values: words(params, "acr_values"),
            claims: ClaimsRequest { locales: words(params, "claims_locales"), ..claims(params, &mut complaints) },
            challenge: challenge(params, &mut complaints),
            resource: params.all("resource").filter(|uri| !uri.is_empty()).map(str::to_owned).collect(),
        };
        (request, complaints)
    }

    /// `client_id`
    pub fn client_id(&self) -> Option<&str> {
        self.params.get("client_id")
    }

    /// `state`
    pub fn state(&self) -> Option<&str> {
        self.params.get("state")
    }

    /// `nonce`
    pub fn nonce(&self) -> Option<&str> {
        self.params.get("nonce")
    }

    /// `login_hint`
    pub fn login_hint(&self) -> Option<&str> {
        self.params.get("login_hint")
    }

    /// `id_token_hint`
    pub fn id_token_hint(&self) -> Option<&str> {
        self.params.get("id_token_hint")
    }

    /// Where the answer is put: as the app asks, or as its response type has it. Tokens never go into the query, nor does the
    /// refusal of a request that wants them there.
    pub fn response_mode(&self) -> ResponseMode {
        let named = self.params.get("response_mode").and_then(ResponseMode::named);
        let named = named.filter(|mode| *mode != ResponseMode::Query || !self.response_type.has_tokens());
        named.unwrap_or_else(|| self.response_type.default_mode())
    }

    /// Whether the app sent this prompt.
    pub fn prompts(&self, prompt: Prompt) -> bool {
        self.prompt.contains(&prompt)
    }

    /// The authentication contexts that would do, from `acr_values` and the `claims` parameter, best first.
    pub fn wanted_acr(&self) -> Vec<&str> {
        let mut wanted = self.claims.wanted_values("acr");
        wanted.extend(self.acr_values.iter().map(String::as_str));
        wanted
    }
}

fn words(params: &Params, name: &str) -> Vec<String> {
    params.get(name).unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

fn unusable(parameter: &'static str, got: &str, expected: &str) -> Complaint {
    Complaint::Unusable { parameter, got: got.to_owned(), expected: expected.to_owned() }
}

fn response_type(params: &Params, complaints: &mut Vec<Complaint>) -> ResponseType {
    let sent = params.get("response_type");
    match sent {
        Some(sent) if ResponseType::named(sent).is_some() => {}
        Some(other) => {
            let offered = ResponseType::ALL.map(|offered| offered.to_string());
            complaints.push(unusable("response_type", other, &offered.join(" or ")));
        }
        None => complaints.push(Complaint::Missing("response_type")),
    }
    let response_type = ResponseType::of_words(sent.unwrap_or_default());
    if let Some(mode) = params.get("response_mode") {
        match ResponseMode::named(mode) {
            None => complaints.push(unusable("response_mode", mode, "query, fragment or form_post")),
            Some(ResponseMode::Query) if response_type.has_tokens() => {
                complaints.push(unusable(
                    "response_mode",
                    mode,
                    "fragment or form_post, since tokens stay out of the query",
                ));
            }
            Some(_) => {}
        }
    }
    // What comes by the browser could be another sign-in's: only the nonce ties it to this one,
    // [Core §3.2.2.11](https://openid.net/specs/openid-connect-core-1_0.html#ImplicitIDTValidation).
    if response_type.id_token && params.get("nonce").is_none() {
        complaints.push(Complaint::Missing("nonce"));
    }
    response_type
}

fn prompt(params: &Params, complaints: &mut Vec<Complaint>) -> Vec<Prompt> {
    let mut prompts = Vec::new();
    for word in words(params, "prompt") {
        match Prompt::ALL.into_iter().find(|prompt| prompt.as_str() == word) {
            Some(prompt) => prompts.push(prompt),
            None => complaints.push(unusable("prompt", &word, "none, login, consent or select_account")),
        }
    }
    if prompts.contains(&Prompt::None) && prompts.len() > 1 {
        let sent = params.get("prompt").unwrap_or_default();
        complaints.push(unusable("prompt", sent, "none alone, since it forbids every page that the others ask for"));
    }
    prompts
}

fn max_age(params: &Params, complaints: &mut Vec<Complaint>) -> Option<i64> {
    let text = params.get("max_age")?;
    match text.parse::<i64>() {
        Ok(seconds) if seconds >= 0 => Some(seconds),
        _ => {
            complaints.push(unusable("max_age", text, "a whole number of seconds, 0 or more"));
            None
        }
    }
}

fn claims(params: &Params, complaints: &mut Vec<Complaint>) -> ClaimsRequest {
    let Some(text) = params.get("claims") else { return ClaimsRequest::default() };
    ClaimsRequest::parse(text).unwrap_or_else(|expected| {
        complaints.push(unusable("claims", text, &expected));
        ClaimsRequest::default()
    })
}

fn challenge(params: &Params, complaints: &mut Vec<Complaint>) -> Option<Challenge> {
    let name = params.get("code_challenge_method");
    let Some(value) = params.get("code_challenge") else {
        if name.is_some() {
            complaints.push(Complaint::Missing("code_challenge"));
        }
        return None;
    };
    let Some(method) = ChallengeMethod::named(name) else {
        complaints.push(unusable("code_challenge_method", name.unwrap_or_default(), "S256 or plain"));
        return None;
    };
    let (usable, expected) = match method {
        ChallengeMethod::Plain => (pkce::is_well_formed(value), "43 to 128 characters of A-Z a-z 0-9 - . _ ~"),
        ChallengeMethod::S256 => (pkce::is_hash(value), "a SHA-256 in base64url, which has 43 characters"),
    };
    if !usable {
        complaints.push(unusable("code_challenge", value, expected));
    }
    Some(Challenge { value: value.to_owned(), method })
}
