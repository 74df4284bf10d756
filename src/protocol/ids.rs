//! One type for each kind of name, so that a code can never be passed where a refresh token is meant. A copy of a name shares its text:
//! one request hands the same few names to records, rules and journal.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! name {
    ($(#[doc = $doc:literal] $name:ident;)*) => {$(
        #[doc = $doc]
        #[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as it travels.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The name, or as much of it as is worth keeping if somebody sent a very long one.
            #[must_use]
            pub fn shortened(&self) -> Self {
                match shortened(&self.0) {
                    whole if whole.len() == self.0.len() => self.clone(),
                    part => part.into(),
                }
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl<T: Into<Arc<str>>> From<T> for $name {
            fn from(text: T) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

name! {
    /// An app's name at the provider, [RFC 6749 §2.2](https://www.rfc-editor.org/rfc/rfc6749#section-2.2).
    ClientId;
    /// A person's stable name, the `sub` claim, [Core §2](https://openid.net/specs/openid-connect-core-1_0.html#IDToken).
    Subject;
    /// One sign-in of one browser, the `sid` claim, [Back-Channel Logout §2.1](https://openid.net/specs/openid-connect-backchannel-1_0.html#BCSupport).
    SessionId;
    /// One browser, known by its cookie, signed in or not.
    BrowserId;
    /// One visit to the sign-in page. Known to that browser only, it is the form's proof that the page was asked for.
    InteractionId;
    /// What a person agreed to once; codes and tokens point to it, so that one change ends them all.
    GrantId;
    /// An authorization code, [RFC 6749 §1.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-1.3.1).
    CodeValue;
    /// A refresh token, [RFC 6749 §1.5](https://www.rfc-editor.org/rfc/rfc6749#section-1.5).
    RefreshValue;
    /// An access token's name: its `jti`, or the whole token where it is opaque.
    AccessId;
    /// A key's name, [RFC 7517 §4.5](https://www.rfc-editor.org/rfc/rfc7517#section-4.5).
    Kid;
}

/// The first hundred characters.
pub fn shortened(text: &str) -> &str {
    text.char_indices().nth(100).map_or(text, |(end, _)| &text[..end])
}
