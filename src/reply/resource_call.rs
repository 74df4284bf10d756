//! What an API tells of a call that it answered.

use bytes::Bytes;

/// A call of the sample API. What it answers honestly goes with it.
#[derive(Clone, Debug, Default)]
pub struct ResourceCall {
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The whole address.
    pub url: String,
    /// The request line and the headers.
    pub head: Vec<u8>,
    /// The body.
    pub body: Bytes,
    /// The token that was shown.
    pub token: Option<String>,
    /// Whose token it is, if it is good.
    pub client: String,
    /// Whom it is about.
    pub user: String,
    /// Why the call was refused, if it was.
    pub refused: Option<String>,
}
