//! `creel bin`: the URLs that are handed out, one file per subcommand.

mod create;
mod delete;
mod list;
mod set;
mod settings;
mod show;

use clap::{Args, Subcommand};

pub(super) use list::list;

use super::{Done, exit};

/// The arguments of `creel bin`.
#[derive(Debug, Args)]
pub(super) struct BinArgs {
    #[command(subcommand)]
    command: BinCommand,
}

#[derive(Debug, Subcommand)]
enum BinCommand {
    /// Make a bin and print its URL
    Create(Box<create::CreateArgs>),
    /// List the bins
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    /// Show a bin with its settings
    Show(show::ShowArgs),
    /// Change settings of a bin; what is not named stays
    #[command(visible_alias = "edit")]
    Set(Box<set::SetArgs>),
    /// Delete a bin with everything in it
    #[command(visible_alias = "rm")]
    Delete(delete::DeleteArgs),
}

pub(super) fn run(args: &BinArgs) -> Done {
    match &args.command {
        BinCommand::Create(args) => create::run(args)?,
        BinCommand::List(args) => list(&args.server, &args.output)?,
        BinCommand::Show(args) => show::run(args)?,
        BinCommand::Set(args) => set::run(args)?,
        BinCommand::Delete(args) => delete::run(args)?,
    }
    Ok(exit::DONE)
}
