//! What every handler shares: the realms, and how the way to them is kept.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tower_http::cors::CorsLayer;

use crate::realm::{Outbox, Realms};
use crate::store::Stores;
use crate::world::Entropy;

use super::cors::cors;
use super::tickets::Tickets;
use super::tls::Tls;

/// The state of the application.
pub struct AppState {
    /// The providers.
    pub realms: Realms,
    /// What a caller of the control API and the console must show.
    pub control_token: Option<String>,
    /// The address that is listened on.
    pub listening_on: IpAddr,
    /// Why the last change of the configuration was not taken.
    pub refused_config: Mutex<Option<String>>,
    /// How connections are made safe, if they are.
    pub(super) tls: Option<Tls>,
    /// The certificate of the local authority that vouches for it, if one does.
    pub ca: Option<String>,
    /// How others are called.
    pub(super) outbox: Arc<dyn Outbox>,
    /// Where realms that are opened keep their records.
    pub(super) stores: Arc<dyn Stores>,
    /// What the console's cookie holds: by chance, and another for each start.
    pub(super) console_secret: String,
    pub(super) tickets: Tickets,
    pub(super) cors: CorsLayer,
}

impl AppState {
    /// For these providers.
    pub fn new(
        realms: Realms,
        stores: Arc<dyn Stores>,
        control_token: Option<String>,
        (listening_on, tls, ca): (IpAddr, Option<Tls>, Option<String>),
        outbox: Arc<dyn Outbox>,
    ) -> Self {
        Self {
            realms,
            control_token,
            listening_on,
            tls,
            ca,
            outbox,
            refused_config: Mutex::default(),
            stores,
            console_secret: Entropy::default().draw().secret(),
            tickets: Tickets::default(),
            cors: cors(),
        }
    }

    /// The local authority, to be believed by whoever calls.
    pub fn trusted(&self) -> Vec<reqwest::Certificate> {
        self.ca.as_deref().and_then(|pem| super::authorities(pem.as_bytes()).ok()).unwrap_or_default()
    }

    /// Why the last change of the configuration was not taken, to be shown in the console.
    pub fn refused_config(&self) -> Option<String> {
        self.refused_config.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for AppState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppState").field("listening_on", &self.listening_on).finish_non_exhaustive()
    }
}
