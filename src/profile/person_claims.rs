//! What is known about a person: in the languages that an app prefers, and by others than this provider.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::protocol::Map;
use crate::tokens::{KeyChoice, TokenDraft};
use crate::world::{DISTRIBUTED_TYP, Endpoint, Grant, Settings, SigningAlg, User};

/// What is known, in the languages that the request prefers, [Core §5.2](https://openid.net/specs/openid-connect-core-1_0.html#ClaimsLanguagesAndScripts):
/// a claim in one of them stands under its plain name then.
pub(super) fn known<'a>(settings: &'a Settings, grant: &'a Grant) -> Cow<'a, Map> {
    let Some(known) = settings.claims_of(&grant.person) else { return Cow::Owned(Map::new()) };
    let locales = &grant.claims.locales;
    if locales.is_empty() {
        return Cow::Borrowed(known);
    }
    let mut localized = known.clone();
    // The best language comes last, and stands.
    for locale in locales.iter().rev() {
        for (name, value) in known {
            if let Some((plain, tag)) = name.split_once('#')
                && is_in(tag, locale)
            {
                localized.insert(plain.to_owned(), value.clone());
            }
        }
    }
    Cow::Owned(localized)
}

/// Whether a tag is the wanted language, or a kind of it, [RFC 4647 §3.3.1](https://www.rfc-editor.org/rfc/rfc4647#section-3.3.1).
fn is_in(tag: &str, wanted: &str) -> bool {
    let (tag, wanted) = (tag.to_ascii_lowercase(), wanted.to_ascii_lowercase());
    tag.strip_prefix(&wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// What others know of a person, as far as somebody wants it, [Core §5.6.2](https://openid.net/specs/openid-connect-core-1_0.html#AggregatedDistributedClaims):
/// `_claim_names` and `_claim_sources`. Nothing, where nobody else knows anything.
pub(super) fn from_elsewhere(settings: &Settings, grant: &Grant, wanted: impl Fn(&str) -> bool) -> Map {
    let Some(user) = settings.user(&grant.person.sub).filter(|user| user.has_sources()) else { return Map::new() };
    let (mut names, mut sources) = (Map::new(), Map::new());
    let picked = |claims: &Map| -> Map {
        claims.iter().filter(|(name, _)| wanted(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    for (source, claims) in &user.aggregated {
        let claims = picked(claims);
        if !claims.is_empty() {
            names.extend(claims.keys().map(|name| (name.clone(), source.as_str().into())));
            sources.insert(source.clone(), json!({ "JWT": statement(settings, claims, "JWT") }));
        }
    }
    for (source, claims) in &user.distributed {
        let claims = picked(claims);
        if !claims.is_empty() {
            names.extend(claims.keys().map(|name| (name.clone(), source.as_str().into())));
            let endpoint = settings.url_of(Endpoint::DistributedClaims);
            sources.insert(
                source.clone(),
                json!({ "endpoint": endpoint, "access_token": key_to(settings, user, source) }),
            );
        }
    }
    if names.is_empty() {
        return Map::new();
    }
    Map::from_iter([("_claim_names".to_owned(), names.into()), ("_claim_sources".to_owned(), sources.into())])
}

/// What opens the claims of one source.
fn key_to(settings: &Settings, user: &User, source: &str) -> String {
    let said = [("sub", user.sub.as_str()), ("source", source)];
    let said = said.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
    statement(settings, said, DISTRIBUTED_TYP)
}

/// Somebody else's statement, which this provider signs: it plays them as well.
pub(super) fn statement(settings: &Settings, claims: Map, typ: &str) -> String {
    let mut all = Map::from_iter([("iss".to_owned(), Value::from(settings.issuer.as_str()))]);
    all.extend(claims);
    let header = Map::from_iter([("typ".to_owned(), Value::from(typ))]);
    let alg = SigningAlg::from(settings.policy.signing_alg).signed().filter(|alg| *alg != crate::tokens::Alg::HS256);
    settings.keys.sign(&TokenDraft::new(header, all, KeyChoice::Current(alg.unwrap_or_default())))
}
