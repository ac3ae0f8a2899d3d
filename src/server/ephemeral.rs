//! The folder of a database that is deleted with the process.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::Duration;

use crate::model::BinId;
use crate::store::remove_abandoned;

const PREFIX: &str = "creel-";
const DATABASE: &str = "creel.db";
/// Most entries of the folder for temporary files that are checked: other programs may have put any number there.
const MAX_ENTRIES: usize = 20_000;

/// A younger folder may belong to a process that has not locked its database yet.
const YOUNG: Duration = Duration::from_mins(1);

/// The path of a new database, in a new folder with an unguessable name, so that no other program can prepare it.
pub(super) fn path() -> PathBuf {
    std::env::temp_dir().join(format!("{PREFIX}{}", BinId::generate())).join(DATABASE)
}

/// Removes the databases of killed processes.
pub(super) fn clean_up() {
    let Ok(entries) = std::fs::read_dir(std::env::temp_dir()) else { return };
    let ours = rustix::process::geteuid().as_raw();
    for entry in entries.take(MAX_ENTRIES).flatten() {
        let name = entry.file_name();
        let id = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let is_own = id.is_some_and(|id| id.parse::<BinId>().is_ok())
            && entry.metadata().is_ok_and(|found| {
                let age = found.modified().ok().and_then(|at| at.elapsed().ok());
                found.is_dir() && found.uid() == ours && age.is_some_and(|age| age >= YOUNG)
            });
        if is_own && remove_abandoned(&entry.path().join(DATABASE)) {
            // Fails, and so keeps the folder, if it holds other files.
            let _ = std::fs::remove_dir(entry.path());
        }
    }
}
