//! What can go wrong: when the database is opened, and later.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why a database could not be opened. Each text names the file and the way out.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("{} is in use by another process{}; stop that one, or choose another file with --db", path.display(), .pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default())]
    Locked {
        /// The database.
        path: PathBuf,
        /// The other process, if known.
        pid: Option<u32>,
    },
    /// A newer version of Creel wrote it. It is left untouched.
    #[error("{} was written by a newer version of Creel (its schema is {found}, this version knows {known}); use that version, or choose another file with --db", path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema's number.
        found: i64,
        /// The newest number that this version knows.
        known: i64,
    },
    /// It is no database, another program's database, or damaged.
    #[error("{} is not a usable Creel database ({cause}); move it away or restore a copy, or choose another file with --db", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// It cannot be written.
    #[error("{} is read-only; make the file and its folder writable, or choose another file with --db", path.display())]
    ReadOnly {
        /// The database.
        path: PathBuf,
    },
    /// The file system says no.
    #[error("no permission to open {}; run as its owner, or choose another file with --db", path.display())]
    Permission {
        /// The file or folder.
        path: PathBuf,
    },
    /// Its folder cannot be made.
    #[error("the folder of {} cannot be made ({cause}); choose another file with --db", path.display())]
    NoFolder {
        /// The database.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// The disk is full.
    #[error("the disk is full: {} cannot be opened for writing; make room, or choose another file with --db", path.display())]
    DiskFull {
        /// The database.
        path: PathBuf,
    },
    /// Moving it to this version's schema failed. The copy that was made before is beside it.
    #[error("{} could not be moved to this version's schema ({cause}); the copy made before is beside it, named *.bak", path.display())]
    Migration {
        /// The database.
        path: PathBuf,
        /// What went wrong.
        cause: String,
    },
    /// Anything else that the system or SQLite said.
    #[error("{} cannot be opened: {cause}; choose another file with --db", path.display())]
    Other {
        /// The database.
        path: PathBuf,
        /// What went wrong.
        cause: String,
    },
}

impl OpenError {
    pub(crate) fn from_io(path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let path = path.to_path_buf();
        match error.kind() {
            ErrorKind::PermissionDenied => Self::Permission { path },
            ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Other { path, cause: error.to_string() },
        }
    }
}

/// The kind of thing that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    Bin,
    Request,
    Secret,
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bin => "bin",
            Self::Request => "request",
            Self::Secret => "secret",
        })
    }
}

/// Why the store could not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    #[error("{0} not found")]
    NotFound(Thing),
    /// The journal no longer reaches back to the cursor.
    #[error("the changes after this cursor are no longer kept")]
    CursorGone,
    /// Another bin has this name.
    #[error("the name '{0}' is taken by another bin")]
    NameTaken(String),
    /// The limit on their count is reached.
    #[error("there is no room for another {0}")]
    Full(Thing),
    /// A value is larger than the database accepts.
    #[error("too large for the database")]
    TooLarge,
    /// Too much is waiting to be written: try again later.
    #[error("the store is busy")]
    Busy,
    #[error("the disk is full")]
    DiskFull,
    /// The database cannot be written (read-only, locked, I/O error); the text is the cause.
    #[error("the database cannot be written: {0}")]
    Unavailable(String),
    /// The database file is damaged; the text is the cause.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// The work itself failed (it panicked, or was cut off), not the database; the text is the cause.
    #[error("the work failed: {0}")]
    Failed(String),
    /// The server is shutting down.
    #[error("shutting down")]
    Closed,
}

impl StoreError {
    /// Whether the database itself is in trouble, not only this one operation.
    pub(crate) const fn is_trouble(&self) -> bool {
        match self {
            Self::DiskFull | Self::Unavailable(_) | Self::Corrupt(_) => true,
            Self::NotFound(_)
            | Self::CursorGone
            | Self::NameTaken(_)
            | Self::Full(_)
            | Self::TooLarge
            | Self::Busy
            | Self::Failed(_)
            | Self::Closed => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;

    #[test]
    fn what_the_system_says_to_opening_is_told_with_the_way_out() {
        for (errno, text) in [
            (Errno::ACCESS, "no permission to open /x.db"),
            (Errno::PERM, "no permission to open /x.db"),
            (Errno::ROFS, "/x.db is read-only"),
            (Errno::NOSPC, "the disk is full: /x.db"),
            (Errno::DQUOT, "the disk is full: /x.db"),
            (Errno::IO, "/x.db cannot be opened: "),
        ] {
            let told = OpenError::from_io(Path::new("/x.db"), &errno.into()).to_string();
            assert!(told.starts_with(text) && told.contains("--db"), "{told}");
        }
    }
}
