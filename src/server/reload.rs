//! The configuration file while the server runs: read again on SIGHUP, and when it changes, if that is wanted. A mistake
//! keeps what was set before, and is told.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::signal::unix::Signal;

use super::console::declared::{self, DeclareError};
use crate::capture::Capture;
use crate::config::{ConfigFile, Setup};
use crate::deliver::Deliver;
use crate::store::Store;

/// Between two looks at the file. Editors replace it, so that its name is looked at and not the open file.
const LOOK: Duration = Duration::from_millis(500);

/// What is set up by the file.
pub struct Reload {
    pub setup: Arc<Setup>,
    pub store: Store,
    pub deliver: Deliver,
    pub capture: Capture,
    /// SIGHUP. Whoever listens for it from the first moment on is not ended by it.
    pub hangup: Signal,
}

/// What tells one state of a file from another; the last two are when its owner or its rights changed.
type Stamp = Option<(SystemTime, u64, i64, i64)>;

fn stamp(path: &Path) -> Stamp {
    let file = path.metadata().ok()?;
    Some((file.modified().ok()?, file.len(), file.ctime(), file.ctime_nsec()))
}

/// The state of the files that the configuration file names.
fn stamps_beside(file: &ConfigFile) -> Vec<Stamp> {
    file.event_schemas().filter_map(|schema| schema.file.as_deref()).map(stamp).collect()
}

/// Whether they say the same.
fn is_same(a: &ConfigFile, b: &ConfigFile) -> bool {
    a.text == b.text && a.event_schemas().eq(b.event_schemas())
}

/// What of a file counts from the next start on only, in a sentence: listeners and the catalogue are made at the start.
fn waiting_for_a_restart(before: &ConfigFile, now: &ConfigFile) -> Option<String> {
    let changed = [
        ("[serve]", before.serve != now.serve),
        ("[schemes]", before.schemes != now.schemes),
        ("[providers]", before.providers != now.providers),
    ];
    let tables: Vec<&str> = changed.into_iter().filter(|(_, differs)| *differs).map(|(table, _)| table).collect();
    let verb = if tables.len() == 1 { "was changed and is" } else { "were changed and are" };
    (!tables.is_empty()).then(|| {
        format!(
            "{} {verb} read at the start only: restart Creel to use it. The bins are up to date.",
            tables.join(" and ")
        )
    })
}

impl Reload {
    /// Sets up what the file says at the start.
    ///
    /// # Errors
    /// The first mistake.
    pub async fn first(&self) -> Result<(), DeclareError> {
        self.apply(&self.setup.file).await
    }

    async fn apply(&self, file: &ConfigFile) -> Result<(), DeclareError> {
        let bins = declared::check(file, self.capture.catalogue())?;
        declared::apply(file, bins, &self.store, &self.deliver, &self.capture).await
    }

    /// Follows the file until it is dropped.
    pub async fn run(mut self) {
        let path = self.setup.file.text.path().to_owned();
        // Looked at once in any case: it may have changed between the start and now.
        let mut seen = None;
        let mut last = ConfigFile::clone(&self.setup.file);
        let mut beside = stamps_beside(&last);
        loop {
            let mut asked = true;
            if self.setup.watch {
                tokio::select! {
                    _ = self.hangup.recv() => {}
                    () = tokio::time::sleep(LOOK) => {
                        let now = stamp(&path);
                        // While an editor replaces it, it is gone for a moment.
                        let unchanged = now == seen && stamps_beside(&last) == beside;
                        if now.is_none() || unchanged {
                            continue;
                        }
                        asked = false;
                    }
                }
            } else {
                self.hangup.recv().await;
            }
            seen = stamp(&path);
            let read = self.read().await;
            match &read {
                Ok(file) => {
                    let same = is_same(file, &last);
                    last = file.clone();
                    beside = stamps_beside(&last);
                    if !asked && same && self.setup.trouble.lock().is_none() {
                        continue;
                    }
                }
                // What is wrong may be mended in a file that only this one names: looked at again until it is right.
                Err(error) => {
                    seen = None;
                    if !asked && self.setup.trouble.lock().as_deref() == Some(error.as_str()) {
                        continue;
                    }
                }
            }
            self.again(&path, read).await;
        }
    }

    /// Reads the file by the rules of the start; answers with what is wrong. Its disk may be slow: nobody waits for it here.
    async fn read(&self) -> Result<ConfigFile, String> {
        let setup = Arc::clone(&self.setup);
        let read = move || {
            let before = &setup.file;
            let environment = |name: &str| std::env::var(name).ok();
            let file = ConfigFile::read_again(before.text.path(), before.named, environment);
            let file = file.map_err(|error| error.to_string())?;
            (setup.check.0)(&file)?;
            Ok(file)
        };
        tokio::task::spawn_blocking(read).await.unwrap_or_else(|error| Err(error.to_string()))
    }

    async fn again(&self, path: &Path, read: Result<ConfigFile, String>) {
        let before = &self.setup.file;
        let done = match read {
            Ok(file) => self.apply(&file).await.map(|()| file).map_err(|error| error.to_string()),
            Err(error) => Err(error),
        };
        match done {
            Ok(file) => {
                *self.setup.trouble.lock() = None;
                tracing::info!(file = %path.display(), bins = file.bins.len(), "read again");
                let waits = waiting_for_a_restart(before, &file);
                if let Some(words) = &waits {
                    tracing::warn!("{words}");
                }
                *self.setup.waits.lock() = waits;
            }
            Err(text) => {
                tracing::error!("{text}; what was set before stays");
                *self.setup.trouble.lock() = Some(text);
            }
        }
    }
}
