//! `standin step`: answers that are held until somebody lets them go.

use clap::Subcommand;
use reqwest::Method;
use serde_json::json;

use super::exit::Exit;
use super::manage::{lines, text};
use super::running::{ServerArgs, block_on};

/// What is to be done with answers that are held.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum StepCommand {
    /// Hold every answer from now on, or those of some endpoints
    On {
        /// An endpoint by its name in discovery, such as `token_endpoint`; several, if it is said several times
        #[arg(long, value_name = "ENDPOINT")]
        at: Vec<String>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Hold none any more, and let go of those that wait
    Off(ServerArgs),
    /// List the answers that are held
    List(ServerArgs),
    /// Let an answer go as it is [default: the oldest]
    Continue {
        /// Its number
        id: Option<u64>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Have an answer fail
    Fail {
        /// Its number [default: the oldest]
        id: Option<u64>,
        /// With which status
        #[arg(long, default_value_t = 503)]
        status: u16,
        #[command(flatten)]
        server: ServerArgs,
    },
}

/// `standin step`
pub(super) fn step(command: &StepCommand) -> Result<(), Exit> {
    match command {
        StepCommand::On { at, server } => {
            let body = json!({ "all": at.is_empty(), "endpoints": at });
            server.ask((Method::PUT, "/breakpoints", Some(body)), |_| {
                let place = if at.is_empty() { "every endpoint".to_owned() } else { at.join(", ") };
                format!("answers of {place} are held: standin step list, standin step continue")
            })
        }
        StepCommand::Off(server) => {
            server.ask((Method::PUT, "/breakpoints", Some(json!({}))), |_| "no answer is held".into())
        }
        StepCommand::List(server) => server.ask((Method::GET, "/holds", None), |holds| {
            lines(holds, |hold| {
                format!(
                    "{:<4} {:<6} {:<24} {:<20} {}",
                    hold["id"],
                    text(&hold["method"]),
                    text(&hold["path"]),
                    text(&hold["client"]),
                    hold["status"]
                )
            })
        }),
        StepCommand::Continue { id, server } => {
            let id = oldest(*id, server)?;
            server.ask((Method::POST, &format!("/holds/{id}/continue"), None), |_| format!("{id} goes on"))
        }
        StepCommand::Fail { id, status, server } => {
            let id = oldest(*id, server)?;
            let body = json!({ "status": status });
            server
                .ask((Method::POST, &format!("/holds/{id}/fail"), Some(body)), |_| format!("{id} fails with {status}"))
        }
    }
}

/// The number that was named, or that of the answer that waits longest.
fn oldest(id: Option<u64>, server: &ServerArgs) -> Result<u64, Exit> {
    if let Some(id) = id {
        return Ok(id);
    }
    let holds = block_on(server.remote()?.call(Method::GET, "/holds", None))?;
    holds[0]["id"].as_u64().ok_or_else(|| Exit::failed("no answer is held"))
}
