//! The bodies that a platform of one's own is tried on, beside the configuration file.

use std::path::Path;

use crate::config::files;
use crate::provider::OwnProvider;

/// Files of samples: a platform has a handful of events.
const MAX_SAMPLES: usize = 100;
/// Bytes of one.
const MAX_SAMPLE: u64 = 1 << 20;

/// Tries the places on the samples, and says in which of them an event has no name.
pub(super) fn check(own: &OwnProvider, folder: &Path) -> Result<(), String> {
    let Some(pattern) = own.samples() else { return Ok(()) };
    let (below, name) = pattern.rsplit_once('/').unwrap_or((".", pattern));
    let (start, end) = name.split_once('*').unwrap_or((name, ""));
    let whole = !name.contains('*');
    let folder = folder.join(below);
    let cannot = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut found = 0;
    for entry in std::fs::read_dir(&folder).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let file = entry.file_name().to_string_lossy().into_owned();
        let fits = if whole { file == name } else { file.starts_with(start) && file.ends_with(end) };
        if !fits || found == MAX_SAMPLES {
            continue;
        }
        found += 1;
        let path = entry.path();
        let told = |sentence: String| format!("{}: {sentence}", path.display());
        let body = files::read_plain(&path, MAX_SAMPLE).map_err(|error| told(error.to_string()))?;
        own.check_sample(&body).map_err(told)?;
    }
    if found == 0 { Err(format!("no file is there as {pattern}")) } else { Ok(()) }
}
