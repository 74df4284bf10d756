//! One vendor's spelling of the protocol: where the endpoints are, what tokens say, how an answer is worded.

mod catalog;
mod claims;
mod documents;
mod editor;
mod metadata;
mod pages;
mod people;
mod person_claims;
mod rendering;
mod response;
mod spelling;

pub(crate) use catalog::Profile;
pub(crate) use claims::{Beside, Signed};
pub(crate) use documents::Documents;
pub(crate) use rendering::Rendering;
