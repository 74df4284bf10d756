//! What an app does about its own registration.

use std::sync::Arc;

use crate::protocol::ClientId;

use super::Client;

/// The most clients that registered themselves: whoever is oldest goes first, as with everything that anybody can have kept here.
const MOST: usize = 250;

/// What happens to a client that registered itself.
#[derive(Clone, Debug)]
pub enum ClientChange {
    /// It is new.
    Added(Box<Client>),
    /// It is looked at.
    Shown(Arc<Client>),
    /// It describes itself anew.
    Replaced(Box<Client>),
    /// It is registered no more.
    Removed(ClientId),
}

impl ClientChange {
    /// The client that it is about.
    pub fn client_id(&self) -> ClientId {
        match self {
            Self::Added(client) | Self::Replaced(client) => client.client_id(),
            Self::Shown(client) => client.client_id(),
            Self::Removed(id) => id.clone(),
        }
    }

    /// The client as it is from now on, if there is one.
    pub fn client(&self) -> Option<&Client> {
        match self {
            Self::Added(client) | Self::Replaced(client) => Some(client),
            Self::Shown(client) => Some(client),
            Self::Removed(_) => None,
        }
    }

    /// Changes the clients.
    pub fn apply(&self, clients: &mut Vec<Client>) {
        match self {
            Self::Shown(_) => {}
            Self::Added(client) => {
                clients.retain(|known| known.id != client.id);
                clients.push(Client::clone(client));
                let itself = |client: &Client| client.registered.is_some();
                if clients.iter().filter(|client| itself(client)).count() > MOST
                    && let Some(oldest) = clients.iter().position(itself)
                {
                    clients.remove(oldest);
                }
            }
            Self::Replaced(client) => {
                clients.iter_mut().filter(|known| known.id == client.id).for_each(|known| known.clone_from(client));
            }
            Self::Removed(id) => clients.retain(|known| known.id != id.as_str()),
        }
    }
}
