//! Rereads the configuration file while the server runs: on SIGHUP, and with an option whenever it changes. After an
//! error, the old settings stay and the error is logged.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use tokio::signal::unix::Signal;

use super::console::declared::{self, DeclareError};
use crate::capture::Capture;
use crate::config::{ConfigFile, Setup};
use crate::deliver::Deliver;
use crate::model::Bin;
use crate::provider::{self, OwnProvider};
use crate::signature::{Catalogue, CurrentCatalogue};
use crate::store::Store;

/// Interval of checks of the file. Checks the name, not the open file, because editors replace the file.
const LOOK: Duration = Duration::from_millis(500);

/// Applies the configuration file.
pub(super) struct Reload {
    pub setup: Arc<Setup>,
    pub store: Store,
    pub deliver: Deliver,
    pub capture: Capture,
    /// The schemes that all of them know.
    pub schemes: CurrentCatalogue,
    /// SIGHUP. Listening from the start keeps the signal from ending the process.
    pub hangup: Signal,
}

/// Identifies a state of a file; the last two numbers are its `ctime`, which also changes with owner and rights.
type Stamp = Option<(SystemTime, u64, i64, i64)>;

fn stamp(path: &Path) -> Stamp {
    let file = path.metadata().ok()?;
    Some((file.modified().ok()?, file.len(), file.ctime(), file.ctime_nsec()))
}

/// The states of the files that the configuration file names.
fn stamps_beside(file: &ConfigFile) -> Vec<Stamp> {
    let schemas = file.event_schemas().filter_map(|schema| schema.file.as_deref());
    let samples = file.providers.iter().flat_map(OwnProvider::looked_at).map(PathBuf::as_path);
    schemas.chain(samples).map(stamp).collect()
}

/// Whether they say the same.
fn is_same(a: &ConfigFile, b: &ConfigFile) -> bool {
    a.text == b.text && a.event_schemas().eq(b.event_schemas()) && a.providers == b.providers
}

/// A sentence about settings that take effect only at the next start, such as listeners.
fn waiting_for_a_restart(before: &ConfigFile, now: &ConfigFile) -> Option<String> {
    (before.serve != now.serve).then(|| {
        "[serve] was changed and is read at the start only: restart Creel to use it. Bins, schemes and platforms are up to date."
            .to_owned()
    })
}

/// The difference between two sets of schemes and platforms.
struct Changed {
    schemes: HashSet<String>,
    providers: HashSet<String>,
}

impl Changed {
    fn between(before: (&Catalogue, &[OwnProvider]), now: (&Catalogue, &[OwnProvider])) -> Self {
        let record = |catalogue: &Catalogue, id: &str| catalogue.scheme(id).map(|scheme| scheme.record().clone());
        let own = |all: &[OwnProvider], id: &str| all.iter().find(|own| own.id() == id).cloned();
        let schemes = before.0.schemes().iter().chain(now.0.schemes()).map(|scheme| scheme.id.clone());
        let providers = before.1.iter().chain(now.1).map(|own| own.id().to_owned());
        Self {
            schemes: schemes.filter(|id| record(before.0, id) != record(now.0, id)).collect(),
            providers: providers.filter(|id| own(before.1, id) != own(now.1, id)).collect(),
        }
    }

    fn is_nothing(&self) -> bool {
        self.schemes.is_empty() && self.providers.is_empty()
    }

    /// Whether the verdicts of a bin may change.
    fn concerns(&self, bin: &Bin) -> bool {
        let (provider, scheme) = (bin.settings.provider.as_deref(), bin.settings.scheme.as_deref());
        let signs = |id: &str| provider::schemes_of(id, true).iter().any(|id| self.schemes.contains(&**id));
        // Without a provider, any platform may be recognised, and any scheme.
        provider.is_none()
            || scheme.is_some_and(|id| self.schemes.contains(id))
            || provider.is_some_and(|id| self.providers.contains(id) || signs(id))
    }
}

impl Reload {
    /// Applies the file at the start.
    ///
    /// # Errors
    /// The first error in the file.
    pub(super) async fn first(&self) -> Result<(), DeclareError> {
        self.apply(&self.setup.file).await
    }

    async fn apply(&self, file: &ConfigFile) -> Result<(), DeclareError> {
        let bins = declared::check(file, &self.capture.catalogue())?;
        declared::apply(file, bins, || (), &self.store, &self.deliver, &self.capture).await
    }

    /// The same while the server runs: the file's schemes and platforms replace the present ones.
    async fn adopt(&self, file: &ConfigFile, catalogue: Catalogue) -> Result<(), DeclareError> {
        let bins = declared::check(file, &catalogue)?;
        let (schemes, own) = (self.capture.catalogue(), provider::declared());
        declared::still_there(file, &bins, &self.store, (&schemes, &own), &catalogue)?;
        let changed = Changed::between((&schemes, &own), (&catalogue, &file.providers));
        if changed.is_nothing() {
            return declared::apply(file, bins, || (), &self.store, &self.deliver, &self.capture).await;
        }
        let install = |catalogue: Catalogue, own: Vec<OwnProvider>| {
            self.schemes.replace(catalogue);
            provider::declare(own);
            self.capture.schemes_changed();
        };
        let installed = AtomicBool::new(false);
        let new = || {
            installed.store(true, Ordering::Relaxed);
            install(catalogue, file.providers.clone());
        };
        let applied = declared::apply(file, bins, new, &self.store, &self.deliver, &self.capture).await;
        if !installed.load(Ordering::Relaxed) {
            return applied;
        }
        if applied.is_err() {
            install(schemes, own);
        }
        let bins = self.store.bins();
        self.capture.reverify_all(bins.iter().filter(|bin| changed.concerns(&bin.bin)).map(|bin| bin.bin.id));
        applied
    }

    /// Follows the file until it is dropped.
    pub(super) async fn run(mut self) {
        let path = self.setup.file.text.path().to_owned();
        // Checked once in any case: it may have changed since the start.
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
                        // While an editor replaces the file, it is missing for a moment.
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
                Ok((file, _)) => {
                    let same = is_same(file, &last);
                    last = file.clone();
                    beside = stamps_beside(&last);
                    if !asked && same && self.setup.trouble.lock().is_none() {
                        continue;
                    }
                }
                // The error may be fixed in a file that only this file names: check again until it is right.
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

    /// Reads the file as at the start, with its schemes; returns the error, if any. Runs on a blocking thread, because
    /// the disk may be slow.
    async fn read(&self) -> Result<(ConfigFile, Catalogue), String> {
        let setup = Arc::clone(&self.setup);
        let read = move || {
            let before = &setup.file;
            let environment = |name: &str| std::env::var(name).ok();
            let file = ConfigFile::read_again(before.text.path(), before.named, environment);
            let file = file.map_err(|error| error.to_string())?;
            let catalogue = (setup.check.0)(&file)?;
            Ok((file, catalogue))
        };
        tokio::task::spawn_blocking(read).await.unwrap_or_else(|error| Err(error.to_string()))
    }

    async fn again(&self, path: &Path, read: Result<(ConfigFile, Catalogue), String>) {
        let before = &self.setup.file;
        let done = match read {
            Ok((file, catalogue)) => {
                self.adopt(&file, catalogue).await.map(|()| file).map_err(|error| error.to_string())
            }
            Err(error) => Err(error),
        };
        match done {
            Ok(file) => {
                *self.setup.trouble.lock() = None;
                let (schemes, platforms) = (file.schemes.len(), file.providers.len());
                tracing::info!(file = %path.display(), bins = file.bins.len(), schemes, platforms, "read again");
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
