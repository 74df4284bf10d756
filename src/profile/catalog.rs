//! Profiles are data: one file each in `catalog/`, chosen by name.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::protocol::{Map, nearest};
use crate::spec::FailedCheck;
use crate::world::{Endpoint, RootUrl, ScopeClaims, Settings, SubjectType};

use super::spelling::{ClaimSpellings, ErrorSpelling, ErrorWords, Headers};

/// A vendor's spelling.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    /// Which `sub` each client sees of a person.
    subject_type: SubjectType,
    /// The issuer behind the realm's root: nothing, or a path such as `/v2.0`. `{realm}` is the realm's name.
    issuer: String,
    /// Where each endpoint is, below the realm's root. `{issuer}` is the path above, `{realm}` the realm's name.
    routes: BTreeMap<String, String>,
    pub(super) claims: ClaimSpellings,
    errors: ErrorSpelling,
    /// Headers of every answer, by endpoint.
    pub(super) headers: Headers,
    scopes: ScopeClaims,
    scope_titles: BTreeMap<String, String>,
}

/// The profile of a configuration that names none.
const DEFAULT: &str = "generic";

/// Every profile: its name, and its file.
const CATALOG: &[(&str, &str)] = &[
    (DEFAULT, include_str!("catalog/generic.toml")),
    #[cfg(test)]
    ("made-up", include_str!("catalog/made_up_for_tests.toml")),
];

impl Profile {
    /// The profile of this name, the specifications' own words where none is said; or a sentence that names the likely one.
    pub(crate) fn named(name: Option<&str>) -> Result<Self, String> {
        let name = name.unwrap_or(DEFAULT);
        let names = || CATALOG.iter().map(|(known, _)| *known);
        let Some((_, text)) = CATALOG.iter().find(|(known, _)| *known == name) else {
            let near = nearest(name, names()).map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default();
            let all = names().collect::<Vec<_>>().join(", ");
            return Err(format!("there is no profile `{name}`; there are: {all}.{near}"));
        };
        Ok(toml::from_str(text).expect("the catalog is part of the binary and tested"))
    }

    /// Fills in what the configuration leaves to the profile, for the realm of this name.
    pub(crate) fn complete(&self, settings: &mut Settings, realm: &str) {
        let issuer = self.issuer.replace("{realm}", realm);
        let route = |template: &String| template.replace("{issuer}", &issuer).replace("{realm}", realm);
        let place = |endpoint: &Endpoint| Some((*endpoint, route(self.routes.get(endpoint.key())?)));
        settings.root = RootUrl::of(&settings.issuer);
        settings.routes = Endpoint::ALL.iter().filter_map(place).collect();
        settings.scopes = self.scopes_with(&settings.scopes);
        settings.subject_type = self.subject_type;
        if !issuer.is_empty() {
            settings.issuer = format!("{}{issuer}", settings.issuer.trim_end_matches('/'));
        }
        settings.issuer_below_root = issuer;
    }

    /// Which claims each scope opens: the profile's own scopes beside those of a configuration, which are stronger.
    pub(crate) fn scopes_with(&self, configured: &ScopeClaims) -> ScopeClaims {
        let mut scopes = self.scopes.clone();
        scopes.extend(configured.clone());
        scopes
    }

    /// What the consent page calls a scope.
    pub(super) fn scope_title(&self, scope: &str) -> String {
        self.scope_titles.get(scope).cloned().unwrap_or_else(|| format!("Use {scope}"))
    }

    /// What an app is told of a refusal: the members of a JSON answer, or the parameters of a redirect.
    pub(super) fn error_members(&self, refused: &FailedCheck) -> Map {
        self.errors.members(refused)
    }

    /// The words of one refusal.
    pub(super) fn error_words(&self, refused: &FailedCheck) -> ErrorWords {
        self.errors.words(refused)
    }
}
