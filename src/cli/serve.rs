//! `creel serve`: starts both listeners and says where they are.

use std::path::Path;

use super::serve_args::{LogFormat, ServeArgs};
use super::serve_config::config;
use super::serve_file::{self, WithFile};
use super::{Done, browser, exit, output};
use crate::client::{self, Note};
use crate::config::{self, token_file};
use crate::server::Started;
use crate::{server, telemetry};

/// Runs the server until it is told to stop.
pub(super) fn run(args: &ServeArgs) -> Done {
    let WithFile { flags, setup, ignored } = serve_file::with_file(args)?;
    let args = &flags.args;
    let config = config(&flags, setup)?;
    let format = match args.log {
        LogFormat::Text => telemetry::Format::Text,
        LogFormat::Json => telemetry::Format::Json,
    };
    telemetry::start(format, output::look_beside(false).paint.0);
    if let Some(setup) = &config.setup {
        tracing::info!(file = %setup.file.text.path().display(), "configuration file");
    }
    if let Some(why) = ignored {
        tracing::warn!("{why}");
    }
    if let Some(why) = args.token_file.as_deref().and_then(token_file::open_to_others) {
        tracing::warn!("{why}");
    }
    let (json, open) = (args.json, args.open);
    let mut note = None;
    server::run(&config, |started| {
        note = leave_note(started);
        if json {
            output::started_json(started);
        } else {
            output::started(started);
        }
        if open {
            browser::show(&started.console_url);
        }
    })?;
    drop(note);
    Ok(exit::DONE)
}

/// Writes a note with the server's address for other commands; dropping it removes the note.
fn leave_note(started: &Started) -> Option<Note> {
    match client::announce(&config::data_folder()?, &started.console_url, Path::new(&started.database)) {
        Ok(note) => Some(note),
        Err(error) => {
            tracing::warn!(%error, "other commands will not find this server by themselves: they need --server");
            None
        }
    }
}
