//! Checks files before they are touched: a path may name another program's file.

use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

/// The file's metadata, links not followed; `None` when the path does not exist.
pub(crate) fn look(path: &Path) -> io::Result<Option<Metadata>> {
    match std::fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// What the path is, when it is no plain file.
pub(crate) fn no_file(found: &Metadata) -> Option<&'static str> {
    let kind = found.file_type();
    if kind.is_file() {
        None
    } else if kind.is_dir() {
        Some("it is a folder")
    } else if kind.is_symlink() {
        Some("it is a link")
    } else if kind.is_fifo() {
        Some("it is a named pipe")
    } else if kind.is_socket() {
        Some("it is a socket")
    } else {
        Some("it is a device")
    }
}

/// Opens a plain file, or makes it with access for its owner only. Follows no link, does not block, does not change an
/// existing file. Returns whether the file was made.
pub(crate) fn open_or_make(path: &Path) -> io::Result<(File, bool)> {
    let mut how = OpenOptions::new();
    // Non-blocking: the file may have been replaced by a pipe after the check.
    how.read(true).write(true).custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
    let refused = |cause| io::Error::new(io::ErrorKind::InvalidInput, cause);
    if let Some(found) = look(path)? {
        if let Some(cause) = no_file(&found) {
            return Err(refused(cause));
        }
        let file = how.open(path)?;
        if let Some(cause) = no_file(&file.metadata()?) {
            return Err(refused(cause));
        }
        return Ok((file, false));
    }
    Ok((how.create_new(true).mode(0o600).open(path)?, true))
}

/// Denies access to a file to all but its owner, where the file system allows it: captured requests hold secrets.
pub(crate) fn close_to_others(file: &File) {
    if file.metadata().is_ok_and(|found| found.permissions().mode() & 0o077 != 0) {
        let _ = file.set_permissions(Permissions::from_mode(0o600));
    }
}

/// The file's identity, whatever its name.
pub(crate) fn identity(found: &Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}

/// Whether the file has no other name.
pub(crate) fn has_one_name(found: &Metadata) -> bool {
    found.nlink() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_looked_at_is_not_taken_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        assert!(look(&file).unwrap().is_none());
        std::fs::write(&file, "x").unwrap();
        assert!(look(&file).unwrap().is_some());
        assert_eq!(look(&file.join("below")).unwrap_err().kind(), io::ErrorKind::NotADirectory);
    }

    #[test]
    fn a_file_is_closed_to_others_and_what_its_owner_may_stays_where_they_may_nothing() {
        for (before, after) in
            [(0o600, 0o600), (0o400, 0o400), (0o644, 0o600), (0o640, 0o600), (0o606, 0o600), (0o477, 0o600)]
        {
            let file = tempfile::tempfile().unwrap();
            file.set_permissions(Permissions::from_mode(before)).unwrap();
            close_to_others(&file);
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, after, "{before:o}");
        }
    }
}
