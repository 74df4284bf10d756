//! The command `standin`: reads arguments, calls the library, waits.

use std::process::ExitCode;

fn main() -> ExitCode {
    standin::cli::run()
}
