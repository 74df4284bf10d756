//! Each thing that people and apps come for: given what is and what was asked, what should happen. Nothing here waits or fails.

mod alive;
mod authorize;
mod client_keys;
mod consent;
mod distributed_claims;
mod documents;
mod hint;
mod introspect;
mod issue;
mod logout;
mod next_step;
mod register;
mod request_object;
mod revoke;
mod sign_in;
mod token;
mod understand;
mod userinfo;
mod visit;
mod visit_state;
mod what_if;

pub use authorize::authorize;
pub use consent::{answer_consent, ask_consent};
pub use distributed_claims::distributed_claims;
pub use documents::{
    AGAIN, ask_again, check_session, keys, look, metadata, nothing_at, nowhere, refuse, refuse_on_a_page,
};
pub use introspect::introspect;
pub use logout::{answer_sign_out, end_session};
pub use register::{register, remove_client, replace_client, show_client};
pub use revoke::revoke;
pub use sign_in::{answer_sign_in, ask_sign_in};
pub use token::{AuthenticatedClient, token, verify_client};
pub use understand::{reference, understand};
pub use userinfo::userinfo;
pub use what_if::WHAT_IFS;
