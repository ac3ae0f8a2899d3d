//! One process at a time: a lock on the database file, valid under all its names, and one on a file beside it, which
//! names the process. The system releases both when the process ends, however it ends.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::files;
use super::paths::beside;
use crate::store::error::OpenError;

/// Longest text of the lock's own file: a process id.
const LONGEST: u64 = 20;

/// The locks; held until this is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    /// Closed last: closing any handle to the database releases the locks that SQLite holds for this process.
    database: File,
    note: Note,
}

/// The file beside the database.
#[derive(Debug)]
struct Note {
    file: File,
    path: PathBuf,
    made: bool,
}

impl Lock {
    /// Takes the locks, or names the process that holds them.
    pub(crate) fn take(path: &Path, database: File) -> Result<Self, OpenError> {
        let note = Note::open(path)?;
        let failed = |error: &std::io::Error| OpenError::from_io(path, error);
        // On other systems this kind of lock conflicts with SQLite's own locks on the same file.
        let locked = if cfg!(target_os = "linux") { database.try_lock() } else { Ok(()) };
        match locked.and_then(|()| note.file.try_lock()) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let pid = note.pid();
                if note.made {
                    note.remove();
                }
                return Err(OpenError::Locked { path: path.to_path_buf(), pid });
            }
            Err(TryLockError::Error(error)) => return Err(failed(&error)),
        }
        note.write();
        Ok(Self { database, note })
    }

    pub(crate) const fn database(&self) -> &File {
        &self.database
    }

    /// Removes the file beside the database. The lock on the database itself is still held.
    pub(crate) fn remove_note(&self) {
        // On other systems that file is the only lock, and another process may wait for it.
        if cfg!(target_os = "linux") {
            self.note.remove();
        }
    }
}

impl Note {
    fn open(database: &Path) -> Result<Self, OpenError> {
        let path = beside(database, ".lock");
        let in_the_way = |cause: &str| OpenError::Other {
            path: database.to_path_buf(),
            cause: format!("{} is in the way: {cause}", path.display()),
        };
        let (mut file, made) = match files::open_or_make(&path) {
            Ok(opened) => opened,
            Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => {
                return Err(in_the_way(&error.to_string()));
            }
            Err(error) => return Err(OpenError::from_io(database, &error)),
        };
        let found = file.metadata().map_err(|error| OpenError::from_io(database, &error))?;
        let mut text = String::new();
        let ours = found.len() <= LONGEST
            && files::has_one_name(&found)
            && file.read_to_string(&mut text).is_ok()
            && text.trim().bytes().all(|byte| byte.is_ascii_digit());
        if ours { Ok(Self { file, path, made }) } else { Err(in_the_way("it is not Creel's")) }
    }

    /// The process that it names.
    fn pid(&self) -> Option<u32> {
        let mut text = String::new();
        let mut file = &self.file;
        file.rewind().and_then(|()| file.take(LONGEST).read_to_string(&mut text)).ok()?;
        text.trim().parse().ok()
    }

    /// Writes this process's id. It only serves a message: a failure does not stop the start.
    fn write(&self) {
        let mut file = &self.file;
        let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{}", std::process::id()));
    }

    fn remove(&self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_way_is_told_from_what_cannot_be_opened() {
        let folder = tempfile::tempdir().unwrap();
        let told = |path: &Path| Note::open(path).unwrap_err().to_string();
        let path = folder.path().join("creel.db");
        let note = beside(&path, ".lock");
        for text in ["a letter", "123456789012345678901", "1 2"] {
            std::fs::write(&note, text).unwrap();
            assert!(told(&path).contains("in the way: it is not Creel's"), "{text}");
        }
        std::fs::remove_file(&note).unwrap();
        std::fs::create_dir(&note).unwrap();
        assert!(told(&path).contains("in the way: it is a folder"), "{}", told(&path));
        let gone = told(&folder.path().join("gone").join("creel.db"));
        assert!(!gone.contains("in the way") && gone.contains("No such file"), "{gone}");
        for text in ["", "1", "12345678901234567890", " 7\n"] {
            let path = folder.path().join("other.db");
            std::fs::write(beside(&path, ".lock"), text).unwrap();
            let opened = Note::open(&path).unwrap();
            assert_eq!((opened.pid(), opened.made), (text.trim().parse().ok(), false), "{text}");
        }
    }
}
