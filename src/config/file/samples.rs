//! The sample bodies of the user's own platform: its places are tested on them, and simulations send them.

use std::path::{Component, Path};

use crate::config::files;
use crate::model::size_text;
use crate::provider::OwnProvider;

/// Files of samples: a platform has a handful of events.
const MAX_SAMPLES: usize = 100;
/// Bytes of one sample.
const MAX_SAMPLE: u64 = 1 << 20;
/// Bytes of all of a platform: they are kept in memory.
const MAX_ALL: u64 = 16 << 20;
/// Most names in the folder; one with more is not meant for samples.
const MAX_NAMES: usize = 10_000;

/// Reads the samples, in the order of their names.
///
/// # Errors
/// The file at fault, and the error.
pub(super) fn read(own: &mut OwnProvider, folder: &Path) -> Result<(), String> {
    let Some(pattern) = own.samples().map(str::to_owned) else { return Ok(()) };
    let is_below = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if !Path::new(&pattern).components().all(is_below) {
        return Err("write a path below the folder of this file, such as samples/*.json".to_owned());
    }
    let (below, name) = pattern.rsplit_once('/').unwrap_or((".", &pattern));
    let folder = folder.join(below);
    let names = names(&folder, name)?;
    if names.is_empty() {
        return Err(format!("no file is there as {pattern}"));
    }
    if names.len() > MAX_SAMPLES {
        return Err(format!("{} files are there as {pattern}; at most {MAX_SAMPLES} are read", names.len()));
    }
    let (mut looked_at, mut left) = (vec![folder.clone()], MAX_ALL);
    for name in names {
        let path = folder.join(&name);
        let shown = path.display().to_string();
        let body = files::read_plain(&path, MAX_SAMPLE).map_err(|error| format!("{shown}: {error}"))?;
        left = left
            .checked_sub(body.len() as u64)
            .ok_or_else(|| format!("the files of {pattern} have more than {} together", size_text(MAX_ALL)))?;
        own.add_sample(&name, body.into()).map_err(|wrong| format!("{shown}:{wrong}"))?;
        looked_at.push(path);
    }
    own.set_looked_at(looked_at);
    Ok(())
}

/// The names that fit, sorted.
fn names(folder: &Path, pattern: &str) -> Result<Vec<String>, String> {
    let (start, end) = pattern.split_once('*').unwrap_or((pattern, ""));
    let is_whole = !pattern.contains('*');
    let fits = |name: &str| {
        if is_whole {
            name == pattern
        } else {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
    };
    let cannot = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut names = Vec::new();
    for (count, entry) in std::fs::read_dir(folder).map_err(cannot)?.enumerate() {
        if count == MAX_NAMES {
            return Err(format!("{} has more than {MAX_NAMES} files", folder.display()));
        }
        let name = entry.map_err(cannot)?.file_name().to_string_lossy().into_owned();
        if fits(&name) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
