//! SQLite's errors as the store's.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::store::error::{OpenError, StoreError};

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::TooBig) => Self::TooLarge,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt(error.to_string()),
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

/// Why the database at `path` could not be opened.
pub(crate) fn open_error(path: &Path, error: &rusqlite::Error) -> OpenError {
    let path = path.to_path_buf();
    let cause = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => OpenError::NotADatabase { path, cause },
        Some(ErrorCode::ReadOnly) => OpenError::ReadOnly { path },
        Some(ErrorCode::PermissionDenied) => OpenError::Permission { path },
        Some(ErrorCode::DiskFull) => OpenError::DiskFull { path },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::Locked { path, pid: None },
        _ => OpenError::Other { path, cause },
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn what_sqlite_says_is_told_by_its_code() {
        type Is = fn(&StoreError) -> bool;
        let unavailable = |error: &StoreError| matches!(error, StoreError::Unavailable(_));
        let corrupt = |error: &StoreError| matches!(error, StoreError::Corrupt(_));
        let full = |error: &StoreError| *error == StoreError::DiskFull;
        let too_large = |error: &StoreError| *error == StoreError::TooLarge;
        let table: [(i32, Is, &str); 9] = [
            (ffi::SQLITE_FULL, full, "the disk is full"),
            (ffi::SQLITE_TOOBIG, too_large, "cannot be opened"),
            (ffi::SQLITE_CORRUPT, corrupt, "is not a usable Creel database"),
            (ffi::SQLITE_NOTADB, corrupt, "is not a usable Creel database"),
            (ffi::SQLITE_READONLY, unavailable, "is read-only"),
            (ffi::SQLITE_PERM, unavailable, "no permission"),
            (ffi::SQLITE_BUSY, unavailable, "is in use by another process;"),
            (ffi::SQLITE_LOCKED, unavailable, "is in use by another process;"),
            (ffi::SQLITE_IOERR, unavailable, "cannot be opened"),
        ];
        for (code, is, text) in table {
            let error = || rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            assert!(is(&error().into()), "{code} {:?}", StoreError::from(error()));
            let told = open_error(Path::new("/x.db"), &error()).to_string();
            assert!(told.contains(text) && told.contains("/x.db"), "{code} {told}");
        }
    }
}
