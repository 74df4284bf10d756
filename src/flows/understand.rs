//! What a request is about, before anything of it is verified.

use std::sync::Arc;

use url::Url;

use crate::protocol::{AuthorizeRequest, ClientId, InteractionId, LogoutRequest};
use crate::tokens::Opened;
use crate::world::{Credential, Endpoint, Interaction, RecordKey, Records, Request, Settings, Understood};

use super::register::sector_reference;
use super::request_object::{merged, request_object, request_reference};

/// Reads a request once, for everybody who needs to know what it is about. A page's form is about the request whose page it is.
/// `fetched` is what was behind its [`reference`].
pub fn understand(
    request: &Request,
    (settings, records): (&Settings, &Records),
    fetched: Option<&Result<String, String>>,
) -> Understood {
    match request.endpoint {
        Endpoint::Authorize => {
            let request_object = request_object(settings, &request.params, fetched);
            let (params, mut odd) = merged(&request.params, request_object.as_ref());
            let (authorization, complaints) = AuthorizeRequest::parse(&params);
            odd.extend(complaints);
            Understood { request_object, ..of_authorization(Arc::new(authorization), odd) }
        }
        Endpoint::EndSession => of_logout(Arc::new(LogoutRequest { params: request.params.clone() })),
        Endpoint::SignIn | Endpoint::Consent | Endpoint::SignOut => {
            let Some(page) = page_of(request, records) else { return Understood::default() };
            let of_sign_in =
                page.authorization().map(|authorization| of_authorization(Arc::clone(authorization), vec![]));
            of_sign_in.or_else(|| Some(of_logout(Arc::clone(page.logout()?)))).unwrap_or_default()
        }
        Endpoint::Registration => {
            let client = request.params.get("client_id").unwrap_or_default().into();
            Understood { client, sector: fetched.cloned(), ..Understood::default() }
        }
        endpoint => Understood {
            client: named_client(request),
            grant_type: request.params.get("grant_type").filter(|_| endpoint == Endpoint::Token).map(str::to_owned),
            ..Understood::default()
        },
    }
}

/// What a request only points to, and must be fetched before it can be understood: a request object, or the sector of an app that
/// registers itself. And whether that may be.
pub fn reference(settings: &Settings, request: &Request) -> Option<(Url, bool)> {
    match request.endpoint {
        Endpoint::Authorize => request_reference(settings, request).map(|url| (url.clone(), settings.may_call(&url))),
        Endpoint::Registration => sector_reference(settings, request),
        _ => None,
    }
}

fn of_authorization(authorization: Arc<AuthorizeRequest>, complaints: Vec<crate::protocol::Complaint>) -> Understood {
    let client = authorization.client_id().unwrap_or_default().into();
    Understood { client, authorization: Some(authorization), complaints, ..Understood::default() }
}

fn of_logout(logout: Arc<LogoutRequest>) -> Understood {
    let client = logout.client_id().unwrap_or_default().into();
    Understood { client, logout: Some(logout), ..Understood::default() }
}

/// The page that a form answers, or that is looked at again.
fn page_of(request: &Request, records: &Records) -> Option<Interaction> {
    let id: InteractionId = request.params.get("interaction")?.into();
    records.get::<Interaction>(&RecordKey::Interaction(id)).ok().flatten()
}

/// The client that a request says it is from, believed or not.
fn named_client(request: &Request) -> ClientId {
    match (&request.credential, request.params.get("client_id"), request.params.get("client_assertion")) {
        (_, Some(id), _) => id.into(),
        (Some(Credential::Basic { id, .. }), None, _) => id.as_str().into(),
        (_, None, Some(assertion)) => {
            let opened = Opened::read(assertion).ok();
            opened.as_ref().and_then(|opened| opened.claim("sub")).unwrap_or_default().into()
        }
        _ => ClientId::default(),
    }
}
