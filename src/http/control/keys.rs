//! The realm's keys.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::protocol::Lifetime;
use crate::realm::{KeyView, Realm};
use crate::tokens::{Alg, KeyError};

use super::operation::{Call, Operation, asks, does, sends};
use super::problem::Problem;

/// How to rotate.
#[derive(Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Rotation {
    /// For which algorithm; the realm's own, where nothing is said.
    alg: Option<Alg>,
    /// How long the old key stays published; 0 is not at all.
    grace: Lifetime,
    /// Whether the new key is only published, and signs from the next rotation on.
    announce: bool,
}

impl Default for Rotation {
    fn default() -> Self {
        Self { alg: None, grace: Lifetime::of_seconds(3_600), announce: false }
    }
}

const KEYS: &str =
    r#"[{"kid": "b8cdW5r8A9mDDh6sl3Pf3Fr8jE0lY5F8JNdEaXbL5mE", "algs": ["RS256", "PS256"], "state": "signing"}]"#;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        asks("GET", "/keys", "The keys that are published", |call: Call| async move { Ok(call.realm.keys()) }).about(
            "As much of them as everybody may see: no answer has a private half.",
            "",
            KEYS,
        ),
        sends("POST", "/keys/rotate", "Signs with another key from now on, or announces one", (200, rotate)).about(
            "The announced key if there is one, a new one otherwise. The old one stays published for `grace`; 0 is not at all.",
            r#"{"grace": "1h"}"#,
            KEYS,
        ),
        does("DELETE", "/keys/{kid}", "Publishes a key no longer; if it signed, a new one takes its place", revoke).about(
            "At once: whoever has a token that it signed can verify it no more.",
            "",
            "",
        ),
    ]
}

async fn rotate(call: Call, rotation: Rotation) -> Result<Vec<KeyView>, Problem> {
    let alg = rotation.alg.unwrap_or(call.realm.settings().policy.signing_alg);
    if alg == Alg::HS256 {
        return Err(Problem::new(422, "HS256 is keyed by each client's secret: change that instead").field("alg"));
    }
    let change = move |realm: &Realm| {
        if rotation.announce { realm.announce_key(alg) } else { realm.rotate_keys(alg, rotation.grace) }
    };
    at_leisure(&call, change).await?;
    Ok(call.realm.keys())
}

async fn revoke(call: Call) -> Result<(), Problem> {
    let kid = call.part("kid").to_owned();
    let name = kid.clone();
    if at_leisure(&call, move |realm| realm.revoke_key(&kid)).await? {
        Ok(())
    } else {
        let keys = call.realm.keys();
        Err(Problem::missing("key", &name, keys.iter().map(|key| key.kid.as_str())))
    }
}

/// Making an RSA key takes long, so it is not done where requests are answered.
async fn at_leisure<T: Send + 'static>(
    call: &Call,
    work: impl FnOnce(&Realm) -> Result<T, KeyError> + Send + 'static,
) -> Result<T, Problem> {
    let realm = std::sync::Arc::clone(&call.realm);
    let done = tokio::task::spawn_blocking(move || work(&realm)).await;
    done.map_err(|e| Problem::new(500, e.to_string()))?.map_err(|e| Problem::new(500, e.to_string()))
}
