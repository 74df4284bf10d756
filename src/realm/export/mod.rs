//! A flow for other tools: as HAR, as a Mermaid diagram, as a shell script of curl commands.

mod curl;
mod har;
mod mermaid;

pub use curl::curl;
pub use har::har;
pub use mermaid::mermaid;
