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
    /// Speak https, with a certificate by a local authority: `standin trust` says how it is believed
    #[arg(long)]
    pub(super) tls: bool,
    /// Speak https with this certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(super) tls_cert: Option<PathBuf>,
    /// The certificate's private key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(super) tls_key: Option<PathBuf>,
    /// A second port, which speaks http where the first speaks https; 0 takes a free one
    #[arg(long, value_name = "PORT")]
    pub(super) http_port: Option<u16>,
    /// Believe the authorities in this file, in PEM, where this provider calls others; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(super) outgoing_ca: Vec<PathBuf>,
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
