//! The options of `start` and `demo`.

use std::path::PathBuf;

use clap::Args;

/// Options of `start` and `demo`. Each wins over the environment, and that over the file.
#[derive(Clone, Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct StartArgs {
    /// Address to listen on [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    pub(super) host: Option<String>,
    /// Port to listen on, 0 for a free one [default: 7760]
    #[arg(long)]
    pub(super) port: Option<u16>,
    /// The issuer: the URL by which browsers reach the provider [default: http://localhost:PORT]
    #[arg(long, value_name = "URL")]
    pub(super) public_url: Option<String>,
    /// Configuration file [default: standin.toml, .yaml or .json here]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Folder for keys of this provider's own, made there if they are missing
    #[arg(long, value_name = "FOLDER")]
    pub(super) keys: Option<PathBuf>,
    /// Accept registered clients only, even if none is registered
    #[arg(long)]
    pub(super) strict: bool,
    /// Make codes, tokens and ids repeat themselves from run to run
    #[arg(long, value_name = "NUMBER")]
    pub(super) seed: Option<u64>,
    /// Open the console in a browser, if there is a terminal to be seen at
    #[arg(long)]
    pub(super) open: bool,
    /// Hold every answer until somebody lets it go: in the console, or by `standin step continue`
    #[arg(long)]
    pub(super) step: bool,
    /// Print one line of JSON instead of words, and log in JSON
    #[arg(long)]
    pub(super) json: bool,
}
