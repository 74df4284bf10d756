//! What is said of an address where nothing is: which one was perhaps meant.

use crate::flows::nothing_at;
use crate::realm::{Realm, Realms};
use crate::spec::{Check, FailedCheck, Suggestion};
use crate::world::Endpoint;

use super::routes;

/// A path that leads nowhere, and which one was perhaps meant. An issuer is never made by a typing mistake.
pub(super) fn no_such_path(realm: &Realm, path: &str) -> FailedCheck {
    let settings = realm.settings();
    let path: String = path.chars().take(200).collect();
    let (root, discovery) = (settings.root_path(), settings.url_of(Endpoint::Discovery));
    let near = routes::nearest_path(realm, &path);
    let outside = !root.is_empty() && !path.starts_with(root);
    let refused = nothing_at(&path, near, &discovery);
    if !outside {
        return refused;
    }
    let say = format!("There is nothing at `{path}`: the paths of {} begin with {root}", settings.issuer);
    refused
        .says(say)
        .aside("a proxy in front of it must pass the path on as it came, prefix and all: docs/configuration.md")
}

/// No realm has this name; which ones are near.
pub(super) fn no_such_realm(realms: &Realms, name: &str) -> FailedCheck {
    let near = realms.near(name).into_iter().next();
    let name: String = name.chars().take(200).collect();
    let meant = match &near {
        Some(near) => Suggestion::Word { word: near.clone(), link: Some(format!("/r/{near}/")) },
        None => Suggestion::Command(format!("standin realm create '{}'", name.replace('\'', ""))),
    };
    let refused = FailedCheck::by(Check::RealmKnown).got(name.as_str()).suggest(Some(meant));
    refused.says(format!("There is no realm `{name}`"))
}
