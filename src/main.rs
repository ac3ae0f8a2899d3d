//! The `creel` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(creel::run())
}
