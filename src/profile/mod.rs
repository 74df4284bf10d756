//! One vendor's spelling of the protocol: where the doors are, what tokens look like, how an answer is worded.

mod catalog;
mod documents;
mod editor;
mod metadata;
mod pages;
mod shape;
pub(crate) mod word;

pub use catalog::Profile;
pub use documents::Documents;
pub use shape::{Drafted, Signed};
