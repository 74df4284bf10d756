//! Standin as a stranger sees it: through HTTP, through the in-process API, through the command line, and in a browser.

mod architecture;
mod attacks;
mod authorize;
mod browser;
mod code_flow;
mod command_line;
mod command_line_instrument;
mod config;
mod control;
mod documents;
mod faults;
mod harness;
mod instrument;
mod keys;
mod logout;
mod observed;
mod pages;
mod properties;
mod readme;
mod realms;
mod recipes;
mod refresh;
mod resources;
mod rules;
mod store;
mod token;
