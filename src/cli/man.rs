//! `creel man`: manual pages.

use std::path::PathBuf;

use clap::{Args, Command};
use clap_mangen::Man;

use super::common::Usage;
use super::{Done, definition, exit, output};

/// The arguments of `creel man`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  creel man wait > creel-wait.1
  creel man --dir man")]
pub(super) struct ManArgs {
    /// The command whose page is printed, such as `bin create`; without it, the program's own
    command: Vec<String>,
    /// Write every page into this folder
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    dir: Option<PathBuf>,
}

pub(super) fn run(args: &ManArgs) -> Done {
    let mut root = definition();
    // Gives every command its full name: `creel-bin-create`.
    root.build();
    if let Some(folder) = &args.dir {
        let failed = |error: std::io::Error| Usage(format!("--dir {}: {error}", folder.display()));
        std::fs::create_dir_all(folder).map_err(failed)?;
        let mut count = 0;
        write_all(&root, &mut |name, page| {
            count += 1;
            std::fs::write(folder.join(format!("{name}.1")), page)
        })
        .map_err(failed)?;
        output::note(&format!("{count} pages written to {}", folder.display()));
        return Ok(exit::DONE);
    }
    let mut command = &root;
    for name in &args.command {
        command = command
            .get_subcommands()
            .find(|found| found.get_name() == name || found.get_all_aliases().any(|alias| alias == name))
            .ok_or_else(|| {
                Usage(format!("there is no command '{}'; `creel --help` lists them", args.command.join(" ")))
            })?;
    }
    output::data(&String::from_utf8_lossy(&page(command)?))?;
    Ok(exit::DONE)
}

fn write_all(command: &Command, write: &mut impl FnMut(&str, &[u8]) -> std::io::Result<()>) -> std::io::Result<()> {
    write(command.get_display_name().unwrap_or(command.get_name()), &page(command)?)?;
    command.get_subcommands().filter(|below| below.get_name() != "help").try_for_each(|below| write_all(below, write))
}

fn page(command: &Command) -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command.clone()).source(concat!("creel ", env!("CARGO_PKG_VERSION"))).render(&mut page)?;
    // Not every formatter reads UTF-8.
    let text = String::from_utf8_lossy(&page);
    Ok(text.replace('…', "...").replace('–', "\\(en").replace(['“', '”'], "\"").replace('’', "'").into_bytes())
}
