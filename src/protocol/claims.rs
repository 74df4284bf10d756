//! The `claims` request parameter, [Core §5.5](https://openid.net/specs/openid-connect-core-1_0.html#ClaimsParameter).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Map;

/// Which single claims an app asks for, and where it wants them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClaimsRequest {
    /// Claims wanted in the ID token.
    #[serde(default)]
    pub id_token: Map,
    /// Claims wanted from UserInfo.
    #[serde(default)]
    pub userinfo: Map,
    /// `claims_locales`: in which languages, best first.
    #[serde(default)]
    pub locales: Vec<String>,
}

impl ClaimsRequest {
    /// Reads the parameter; the complaint is a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|e| format!("claims is no JSON: {e}"))?;
        let Value::Object(members) = &value else {
            return Err("claims must be a JSON object".into());
        };
        let member = |name: &str| match members.get(name) {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(claims)) => Ok(claims.clone()),
            Some(_) => Err(format!("claims.{name} must be a JSON object")),
        };
        Ok(Self { id_token: member("id_token")?, userinfo: member("userinfo")?, locales: Vec::new() })
    }

    /// The values that would do for an ID token claim, if the app named any.
    pub fn wanted_values(&self, claim: &str) -> Vec<&str> {
        let Some(Value::Object(wish)) = self.id_token.get(claim) else { return Vec::new() };
        match (wish.get("value"), wish.get("values")) {
            (Some(Value::String(value)), _) => vec![value],
            (_, Some(Value::Array(values))) => values.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the app cannot do without this ID token claim.
    pub fn is_essential(&self, claim: &str) -> bool {
        self.id_token.get(claim).and_then(|wish| wish.get("essential")).and_then(Value::as_bool) == Some(true)
    }
}
