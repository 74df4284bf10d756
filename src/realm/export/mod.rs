//! A flow for other tools: as HAR, as a Mermaid diagram, as a shell script of curl commands, as a Playwright test.

mod curl;
mod har;
mod mermaid;
mod playwright;

pub use curl::curl;
pub use har::har;
pub use mermaid::mermaid;
pub use playwright::playwright;
