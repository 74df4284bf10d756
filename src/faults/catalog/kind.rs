//! One row of the catalogue, and what many rows share.

use schemars::JsonSchema;
use serde::Serialize;

use crate::faults::effect::Effect;

/// What a correct app does about a lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It must refuse.
    Reject,
    /// It must go on.
    Tolerate,
    /// It must neither crash nor make a session of it: an error page, another try, another sign-in.
    Handle,
}

/// A lie that can be asked for.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct FaultKind {
    /// Its name for good.
    #[serde(rename = "name")]
    pub id: &'static str,
    /// What is altered, in a sentence.
    pub sentence: &'static str,
    /// What is altered on the wire, and nothing else is: `id_token.nonce`, `token.scope`, `userinfo.status`.
    pub altered: &'static [&'static str],
    /// What a correct app does, in a word.
    pub verdict: Verdict,
    /// What a correct app does.
    pub correct: &'static str,
    /// Where it is written.
    pub section: &'static str,
    #[serde(skip)]
    pub(in crate::faults) effects: &'static [Effect],
}

const fn fault(
    verdict: Verdict,
    id: &'static str,
    sentence: &'static str,
    altered: &'static [&'static str],
    (section, effects): (&'static str, &'static [Effect]),
) -> FaultKind {
    let correct = match verdict {
        Verdict::Reject => "refuses it, and makes no session",
        Verdict::Tolerate => "goes on",
        Verdict::Handle => "says what happened and offers another try; no crash, no loop, no session",
    };
    FaultKind { id, sentence, altered, verdict, correct, section, effects }
}

type Because = (&'static str, &'static [Effect]);

pub(super) const fn reject(
    id: &'static str,
    sentence: &'static str,
    altered: &'static [&'static str],
    how: Because,
) -> FaultKind {
    fault(Verdict::Reject, id, sentence, altered, how)
}

pub(super) const fn tolerate(
    id: &'static str,
    sentence: &'static str,
    altered: &'static [&'static str],
    how: Because,
) -> FaultKind {
    fault(Verdict::Tolerate, id, sentence, altered, how)
}

pub(super) const fn handle(
    id: &'static str,
    sentence: &'static str,
    altered: &'static [&'static str],
    how: Because,
) -> FaultKind {
    fault(Verdict::Handle, id, sentence, altered, how)
}

impl FaultKind {
    /// With what a correct app does in just this case.
    pub(super) const fn so(self, correct: &'static str) -> Self {
        Self { correct, ..self }
    }
}

/// Links that many rows share.
pub(super) mod section {
    pub(in crate::faults::catalog) const VALIDATION: &str =
        "https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation";
    pub(in crate::faults::catalog) const ID_TOKEN: &str =
        "https://openid.net/specs/openid-connect-core-1_0.html#IDToken";
    pub(in crate::faults::catalog) const SIGNING: &str = "https://openid.net/specs/openid-connect-core-1_0.html#SigEnc";
    pub(in crate::faults::catalog) const ROTATION: &str =
        "https://openid.net/specs/openid-connect-core-1_0.html#RotateSigKeys";
    pub(in crate::faults::catalog) const CLAIMS: &str =
        "https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims";
    pub(in crate::faults::catalog) const STABILITY: &str =
        "https://openid.net/specs/openid-connect-core-1_0.html#ClaimStability";
    pub(in crate::faults::catalog) const USERINFO: &str =
        "https://openid.net/specs/openid-connect-core-1_0.html#UserInfoResponse";
    pub(in crate::faults::catalog) const REFRESHED: &str =
        "https://openid.net/specs/openid-connect-core-1_0.html#RefreshTokenResponse";
    pub(in crate::faults::catalog) const AUTHZ_ERROR: &str =
        "https://openid.net/specs/openid-connect-core-1_0.html#AuthError";
    pub(in crate::faults::catalog) const AUTHZ_ANSWER: &str = "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2";
    pub(in crate::faults::catalog) const TOKEN_ANSWER: &str = "https://www.rfc-editor.org/rfc/rfc6749#section-5.1";
    pub(in crate::faults::catalog) const TOKEN_ERROR: &str = "https://www.rfc-editor.org/rfc/rfc6749#section-5.2";
    pub(in crate::faults::catalog) const BEARER: &str = "https://www.rfc-editor.org/rfc/rfc6750#section-3";
    pub(in crate::faults::catalog) const JWT_TIMES: &str = "https://www.rfc-editor.org/rfc/rfc7519#section-2";
    pub(in crate::faults::catalog) const JWS: &str = "https://www.rfc-editor.org/rfc/rfc7515";
    pub(in crate::faults::catalog) const JWT_BCP: &str = "https://www.rfc-editor.org/rfc/rfc8725#section-3.1";
    pub(in crate::faults::catalog) const JWT_BCP_KID: &str = "https://www.rfc-editor.org/rfc/rfc8725#section-3.10";
    pub(in crate::faults::catalog) const JWK: &str = "https://www.rfc-editor.org/rfc/rfc7517#section-4";
    pub(in crate::faults::catalog) const ISSUER: &str =
        "https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationValidation";
    pub(in crate::faults::catalog) const METADATA: &str =
        "https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata";
    pub(in crate::faults::catalog) const CONFIG: &str =
        "https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationResponse";
    pub(in crate::faults::catalog) const HTTP: &str = "https://www.rfc-editor.org/rfc/rfc9110#section-15.6";
    pub(in crate::faults::catalog) const MIX_UP: &str = "https://www.rfc-editor.org/rfc/rfc9700#section-4.4";
}
