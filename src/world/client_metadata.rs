//! How an app describes itself when it registers, [Registration §2](https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata)
//! and [RFC 7591 §2](https://www.rfc-editor.org/rfc/rfc7591#section-2).

use std::collections::BTreeSet;

use serde_json::{Value, json};
use url::Url;

use crate::protocol::{Map, ResponseType};
use crate::tokens::{Alg, JweAlg};

use super::{ApplicationType, AuthMethod, Client, GrantType, SigningAlg, SubjectType};

/// The members that are understood. Every other one is ignored, as the specifications have it, and missing in the answer.
const MEMBERS: [&str; 43] = [
    "redirect_uris",
    "response_types",
    "grant_types",
    "application_type",
    "contacts",
    "client_name",
    "logo_uri",
    "client_uri",
    "policy_uri",
    "tos_uri",
    "jwks_uri",
    "jwks",
    "sector_identifier_uri",
    "subject_type",
    "id_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "request_object_signing_alg",
    "id_token_encrypted_response_alg",
    "id_token_encrypted_response_enc",
    "userinfo_encrypted_response_alg",
    "userinfo_encrypted_response_enc",
    "introspection_signed_response_alg",
    "introspection_encrypted_response_alg",
    "introspection_encrypted_response_enc",
    "request_object_encryption_alg",
    "request_object_encryption_enc",
    "token_endpoint_auth_method",
    "token_endpoint_auth_signing_alg",
    "default_max_age",
    "require_auth_time",
    "default_acr_values",
    "initiate_login_uri",
    "request_uris",
    "post_logout_redirect_uris",
    "backchannel_logout_uri",
    "backchannel_logout_session_required",
    "frontchannel_logout_uri",
    "frontchannel_logout_session_required",
    "scope",
    "software_id",
    "software_version",
    "client_id",
    "client_secret",
];

/// What cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataMistake {
    /// Whether it is in the redirect URIs, which has an error code of its own.
    pub in_redirect_uris: bool,
    /// What is wrong, in a sentence without its full stop.
    pub what: String,
}

impl Client {
    /// A client as it describes itself, with the defaults of the specifications where it says nothing.
    pub fn described(metadata: &Map) -> Result<Self, MetadataMistake> {
        let known = |name: &&String| {
            MEMBERS.contains(&name.as_str()) && !["client_id", "client_secret"].contains(&name.as_str())
        };
        let mut said: Map = metadata
            .iter()
            .filter(|(name, value)| known(name) && !value.is_null())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        said.insert("id".into(), Client::ISSUED.into());
        if let Some((name, why)) = said.iter().find_map(|(name, value)| Some((name, unreadable(name, value)?))) {
            return Err(MetadataMistake { in_redirect_uris: name == "redirect_uris", what: why });
        }
        for (name, default) in [
            ("token_endpoint_auth_method", json!(AuthMethod::ClientSecretBasic)),
            ("grant_types", json!([GrantType::AuthorizationCode])),
            ("response_types", json!([ResponseType::CODE])),
            ("id_token_signed_response_alg", json!(Alg::default())),
        ] {
            said.entry(name).or_insert(default);
        }
        serde_json::from_value(Value::Object(said))
            .map_err(|e| MetadataMistake { in_redirect_uris: false, what: e.to_string() })
    }

    /// Whether it needs a secret: to authenticate with, or since something is signed by it.
    pub fn needs_secret(&self) -> bool {
        let methods = [AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost, AuthMethod::ClientSecretJwt];
        let algs =
            [self.id_token_signed_response_alg, self.userinfo_signed_response_alg, self.request_object_signing_alg];
        self.token_endpoint_auth_method.is_some_and(|method| methods.contains(&method))
            || algs.contains(&Some(SigningAlg::Signed(Alg::HS256)))
            || self.encryption().iter().any(|(_, alg, _)| *alg == Some(JweAlg::Dir))
    }

    /// Its metadata under their registered names, as whoever manages the client is shown them.
    pub fn metadata(&self) -> Map {
        let Ok(Value::Object(mut all)) = serde_json::to_value(self) else { return Map::new() };
        for short in ["id", "secret", "name"] {
            if let Some(value) = all.shift_remove(short) {
                all.insert(format!("client_{short}"), value);
            }
        }
        let is_empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
        all.retain(|name, value| MEMBERS.contains(&name.as_str()) && !is_empty(value));
        all
    }

    /// What does not go together in what an app says of itself, beyond what is checked of every client. `strict` is whether addresses
    /// of this machine are held to what the specifications ask of those of the world.
    pub fn check_described(&self, strict: bool) -> Result<(), MetadataMistake> {
        let wrong = |in_redirect_uris: bool, what: String| Err(MetadataMistake { in_redirect_uris, what });
        let by_browser =
            |grant_type: &GrantType| matches!(grant_type, GrantType::AuthorizationCode | GrantType::Implicit);
        if self.redirect_uris.is_empty() && self.grant_types.iter().flatten().any(by_browser) {
            return wrong(true, "redirect_uris is missing, and nothing can be sent back to the app without one".into());
        }
        if let Some(odd) = self.redirect_uris.iter().find(|uri| strict && !self.fits_its_type(uri)) {
            let must = match self.application_type {
                ApplicationType::Web => "an app in the web that gets tokens by the browser has https and no localhost",
                ApplicationType::Native => "a native app has a scheme of its own, or http on this machine",
            };
            return wrong(true, format!("redirect_uris has `{odd}`: {must}"));
        }
        for response_type in self.response_types.iter().flatten() {
            let needed =
                [(response_type.code, GrantType::AuthorizationCode), (response_type.has_tokens(), GrantType::Implicit)];
            if let Some((_, missing)) =
                needed.into_iter().find(|(needs, grant_type)| *needs && !self.may_use(*grant_type))
            {
                let name = missing.as_str();
                return wrong(
                    false,
                    format!("response_types has `{response_type}`, and grant_types lacks {name}, which it needs"),
                );
            }
        }
        if self.jwks.is_some() && self.jwks_uri.is_some() {
            return wrong(false, "jwks and jwks_uri are both sent: send one of them".into());
        }
        if let Some(odd) = self.initiate_login_uri.as_ref().filter(|uri| uri.scheme() != "https") {
            return wrong(false, format!("initiate_login_uri is `{odd}`, and must be https"));
        }
        if let Some(odd) = self.sector_identifier_uri.as_ref().filter(|uri| {
            let here = !strict && uri.scheme() == "http" && super::settings::is_loopback(uri);
            uri.scheme() != "https" && !here
        }) {
            return wrong(false, format!("sector_identifier_uri is `{odd}`, and must be https"));
        }
        let hosts = self.redirect_uris.iter().filter_map(|uri| Some(Url::parse(uri).ok()?.host_str()?.to_owned()));
        if self.subject_type == Some(SubjectType::Pairwise)
            && self.sector_identifier_uri.is_none()
            && hosts.collect::<BTreeSet<String>>().len() > 1
        {
            let what = "subject_type is pairwise, and redirect_uris are on several hosts: send a sector_identifier_uri that lists them";
            return wrong(false, what.into());
        }
        Ok(())
    }

    /// [Registration §2](https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata), at `application_type`.
    fn fits_its_type(&self, uri: &str) -> bool {
        let Ok(url) = Url::parse(uri) else { return false };
        let here = super::settings::is_loopback(&url);
        match self.application_type {
            ApplicationType::Web => !self.may_use(GrantType::Implicit) || url.scheme() == "https" && !here,
            ApplicationType::Native => !matches!(url.scheme(), "http" | "https") || url.scheme() == "http" && here,
        }
    }
}

/// Why a member cannot be read, looked at alone, in words for people who do not know the reader's types.
fn unreadable(name: &str, value: &Value) -> Option<String> {
    const WORDS: [(&str, &str); 8] = [
        ("invalid type: ", ""),
        ("string \"", "text \""),
        ("unknown variant ", ""),
        ("expected one of ", "and may be one of "),
        ("expected a sequence", "and must be a list"),
        ("expected a string", "and must be text"),
        ("expected a boolean", "and must be true or false"),
        ("expected u32", "and must be a whole number, 0 or more"),
    ];
    let alone = json!({ "id": Client::ISSUED, name: value });
    let message = serde_json::from_value::<Client>(alone).err()?.to_string();
    let said = WORDS.iter().fold(message, |text, (theirs, ours)| text.replace(theirs, ours));
    let is = if said.contains(" is none of ") { ":" } else { " is" };
    Some(format!("{name}{is} {said}"))
}
