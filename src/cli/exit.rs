//! How a command ends: a message on stderr and a code that scripts can rely on.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::config::Mistake;
use crate::emulator::StartError;

/// An end that is not a success.
#[derive(Debug)]
pub(crate) struct Exit {
    code: u8,
    message: String,
    /// What the server answered, for whoever wants JSON.
    problem: Option<String>,
}

impl Exit {
    /// Something that was expected is not so.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self { code: 1, message: message.into(), problem: None }
    }

    /// The command was used wrongly.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { code: 2, message: message.into(), problem: None }
    }

    /// The configuration has a mistake.
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self { code: 3, message: message.into(), problem: None }
    }

    /// A server is not reachable, or not ready in time.
    pub(crate) fn unreachable(message: impl Into<String>) -> Self {
        Self { code: 4, message: message.into(), problem: None }
    }

    /// The port is taken.
    pub(crate) fn port_taken(message: impl Into<String>) -> Self {
        Self { code: 5, message: message.into(), problem: None }
    }

    /// The command that was run ended so, and has said why.
    pub(crate) const fn passing_on(code: u8) -> Self {
        Self { code, message: String::new(), problem: None }
    }

    /// The command cannot be run, as shells have it.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self { code: 127, message: message.into(), problem: None }
    }

    /// Somebody pressed Ctrl-C.
    pub(crate) const fn interrupted() -> Self {
        Self { code: 130, message: String::new(), problem: None }
    }

    /// With what the server answered.
    pub(crate) fn with_problem(mut self, problem: &str) -> Self {
        self.problem = Some(problem.to_owned());
        self
    }

    /// What it says.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Says what is to be said, on stderr: in words, or as JSON with what the server answered.
    pub(crate) fn tell(self, as_json: bool) -> ExitCode {
        if !self.message.is_empty() {
            if as_json {
                let problem = self.problem.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
                let mut told = json!({ "error": self.message, "exit_code": self.code });
                if let Some(problem) = problem {
                    told["problem"] = problem;
                }
                eprintln!("{told}");
            } else {
                eprintln!("error: {}", self.message);
            }
        }
        ExitCode::from(self.code)
    }
}

impl From<Box<Mistake>> for Exit {
    fn from(mistake: Box<Mistake>) -> Self {
        Self::config(mistake.to_string())
    }
}

impl From<StartError> for Exit {
    fn from(e: StartError) -> Self {
        match e {
            StartError::Config(_)
            | StartError::Realm(_)
            | StartError::Keys(_)
            | StartError::Tls(_)
            | StartError::File { .. } => Self::config(e.to_string()),
            StartError::Address { .. } => Self::usage(e.to_string()),
            StartError::System(_) => Self::failed(e.to_string()),
        }
    }
}
