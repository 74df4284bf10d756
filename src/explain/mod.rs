//! What happened, for people: flows as diagrams, values followed from message to message, and why something failed.

mod carried;
mod case;
mod compare;
mod diagnosis;
mod diagram;
mod draw;
mod ending;
mod first_steps;
mod metadata_words;
mod narration;
mod rules;
mod thread;
mod token;
mod words;

pub use carried::{Carried, Place, carried, frames};
pub use case::{Case, Evidence};
pub use compare::{Difference, compared};
pub use diagnosis::{Diagnosis, diagnose};
pub use diagram::{Diagram, DiagramMessage, Party, Seen, Step};
pub use draw::{diagram, with_keys};
pub use ending::{Ending, by_flow, ended, mentions};
pub use first_steps::{FirstStep, first_steps};
pub use thread::{Thread, Touch, threads};
pub use token::{ReadToken, tokens_in};
pub use words::{Explained, explain};
