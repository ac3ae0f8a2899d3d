//! One process at a time: a lock on a file beside the database. The system drops it with the process, however that
//! ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::paths::beside;
use crate::store::error::OpenError;

/// The lock; held until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes it, or names the process that has it.
    pub(crate) fn take(database: &Path) -> Result<Self, OpenError> {
        let path = beside(database, ".lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(|error| OpenError::from_io(database, &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // The holder wrote its process id; any other text is no id.
                let _ = file.take(20).read_to_string(&mut text);
                return Err(OpenError::Locked { path: database.to_path_buf(), pid: text.trim().parse().ok() });
            }
            Err(TryLockError::Error(error)) => return Err(OpenError::from_io(database, &error)),
        }
        // Only for the message above: not worth refusing to start.
        let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Self { _file: file, path })
    }

    /// The lock's own file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}
