//! Files are looked at before they are touched: a path may name somebody else's.

use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

/// What the file system has at a path, links not followed; `None` when there is nothing.
pub(crate) fn look(path: &Path) -> io::Result<Option<Metadata>> {
    match std::fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// What it is, when it is no plain file.
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

/// Opens a plain file that is there, or makes it, open to its owner only. Follows no link, waits for nothing, changes
/// nothing of one that is there. Whether it was made.
pub(crate) fn open_or_make(path: &Path) -> io::Result<(File, bool)> {
    let mut how = OpenOptions::new();
    // Not waiting matters should the file be replaced by a pipe after it was looked at.
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

/// Closes a file to all but its owner, where the file system allows it: captured requests hold secrets.
pub(crate) fn close_to_others(file: &File) {
    if file.metadata().is_ok_and(|found| found.permissions().mode() & 0o077 != 0) {
        let _ = file.set_permissions(Permissions::from_mode(0o600));
    }
}

/// Which file it is, by whatever name.
pub(crate) fn identity(found: &Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}

/// Whether the file has no other name.
pub(crate) fn has_one_name(found: &Metadata) -> bool {
    found.nlink() == 1
}
