//! Profiles are data: one file each in `catalog/`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::world::{Endpoint, IssuerParts, ScopeClaims, Settings};

/// A vendor's spelling.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    routes: BTreeMap<String, String>,
    scopes: ScopeClaims,
    scope_titles: BTreeMap<String, String>,
}

impl Profile {
    /// The specifications' own words.
    pub fn generic() -> Self {
        toml::from_str(include_str!("catalog/generic.toml")).expect("the catalog is part of the binary and tested")
    }

    /// Where each endpoint is, below the issuer. The router and discovery are both made of this.
    pub fn routes(&self) -> BTreeMap<Endpoint, String> {
        Endpoint::ALL
            .iter()
            .filter_map(|endpoint| Some((*endpoint, self.routes.get(endpoint.key())?.clone())))
            .collect()
    }

    /// Fills in what the configuration leaves to the profile.
    pub fn complete(&self, settings: &mut Settings) {
        settings.issuer_parts = IssuerParts::of(&settings.issuer);
        settings.routes = self.routes();
        settings.scopes = self.scopes_with(&settings.scopes);
    }

    /// Which claims each scope opens: the profile's own scopes beside those of a configuration, which are stronger.
    pub fn scopes_with(&self, configured: &ScopeClaims) -> ScopeClaims {
        let mut scopes = self.scopes.clone();
        scopes.extend(configured.clone());
        scopes
    }

    /// What the consent page calls a scope.
    pub(super) fn scope_title(&self, scope: &str) -> String {
        self.scope_titles.get(scope).cloned().unwrap_or_else(|| format!("Use {scope}"))
    }
}
