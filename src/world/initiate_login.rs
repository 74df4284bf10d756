//! Sign-ins that begin at the provider, [Core §4](https://openid.net/specs/openid-connect-core-1_0.html#ThirdPartyInitiatedLogin).

use url::Url;

use super::{Client, Settings};

impl Settings {
    /// Where a browser goes that is to begin a sign-in at this app, if the app can be asked to: its address, with whom it is to ask; for whom,
    /// if that is said; and where the app leads afterwards, if that is.
    pub fn initiate_login(&self, client: &Client, login_hint: Option<&str>, target: Option<&str>) -> Option<Url> {
        let mut uri = client.initiate_login_uri.clone()?;
        let more = [("login_hint", login_hint), ("target_link_uri", target)];
        let more = more.into_iter().filter_map(|(name, value)| Some((name, value?)));
        uri.query_pairs_mut().append_pair("iss", &self.issuer).extend_pairs(more);
        Some(uri)
    }
}
