//! `creel completions`: scripts that complete commands and flags in a shell.

use clap::Args;
use clap_complete::Shell;

use super::{Done, definition, exit, output};

/// The arguments of `creel completions`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  creel completions bash > creel.bash
  creel completions fish > creel.fish")]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs) -> Done {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut definition(), "creel", &mut script);
    output::data(&String::from_utf8_lossy(&script))?;
    Ok(exit::DONE)
}
