//! The configuration file while the server runs: read again on SIGHUP, and when it changes, if that is wanted. A mistake
//! keeps what was set before, and is told.

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

/// Between two looks at the file. Editors replace it, so that its name is looked at and not the open file.
const LOOK: Duration = Duration::from_millis(500);

/// What is set up by the file.
pub struct Reload {
    pub setup: Arc<Setup>,
    pub store: Store,
    pub deliver: Deliver,
    pub capture: Capture,
    /// The schemes that all of them know.
    pub schemes: CurrentCatalogue,
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
    let schemas = file.event_schemas().filter_map(|schema| schema.file.as_deref());
    let samples = file.providers.iter().flat_map(OwnProvider::looked_at).map(PathBuf::as_path);
    schemas.chain(samples).map(stamp).collect()
}

/// Whether they say the same.
fn is_same(a: &ConfigFile, b: &ConfigFile) -> bool {
    a.text == b.text && a.event_schemas().eq(b.event_schemas()) && a.providers == b.providers
}

/// What of a file counts from the next start on only, in a sentence: listeners are made at the start.
fn waiting_for_a_restart(before: &ConfigFile, now: &ConfigFile) -> Option<String> {
    (before.serve != now.serve).then(|| {
        "[serve] was changed and is read at the start only: restart Creel to use it. Bins, schemes and platforms are up to date."
            .to_owned()
    })
}

/// What differs between two sets of schemes and platforms.
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

    /// Whether requests of a bin may be judged otherwise.
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
    /// Sets up what the file says at the start.
    ///
    /// # Errors
    /// The first mistake.
    pub async fn first(&self) -> Result<(), DeclareError> {
        self.apply(&self.setup.file).await
    }

    async fn apply(&self, file: &ConfigFile) -> Result<(), DeclareError> {
        let bins = declared::check(file, &self.capture.catalogue())?;
        declared::apply(file, bins, || (), &self.store, &self.deliver, &self.capture).await
    }

    /// The same while it runs: the schemes and platforms of the file take the place of those that were known so far.
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
                Ok((file, _)) => {
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

    /// Reads the file by the rules of the start, with the schemes that are known by it; answers with what is wrong. Its disk
    /// may be slow: nobody waits for it here.
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
