//! Files beside the database.

use std::path::{Path, PathBuf};

pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The write-ahead log.
pub(crate) fn wal(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

/// The write-ahead log's index.
pub(crate) fn shm(path: &Path) -> PathBuf {
    beside(path, "-shm")
}
