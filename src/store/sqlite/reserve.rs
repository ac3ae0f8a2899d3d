//! Disk space reserved for deletions: SQLite writes also when it removes, so on a full disk nothing could be deleted.
//!
//! The reserve is a file without a name: it disappears with the process, however that ends.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Bytes of the reserve: a log of a few hundred deleted requests.
const SIZE: u64 = 4 << 20;
/// The reserve takes at most one part in this many of the free space.
const PART: u64 = 4;
/// The reserve is made again when this many times its size is free.
const PLENTY: u64 = 4;

/// The reserve of a database.
#[derive(Debug)]
pub(crate) struct Reserve {
    folder: PathBuf,
    file: Option<File>,
}

impl Reserve {
    /// The reserve of the database at `path`, if there is room for it.
    pub(crate) fn new(path: &Path) -> Self {
        let folder = path.parent().unwrap_or(Path::new(".")).to_path_buf();
        let mut reserve = Self { folder, file: None };
        reserve.refill();
        reserve
    }

    /// Makes the reserve if it is missing and the disk has room.
    pub(crate) fn refill(&mut self) {
        if self.file.is_some() {
            return;
        }
        let Some(free) = self.free() else { return };
        let size = SIZE.min(free / PART);
        if size > 0 && free >= size * PLENTY {
            self.file = anonymous(&self.folder, size).ok();
        }
    }

    /// Frees the reserve when the disk has little room left. Called before a deletion.
    pub(crate) fn release_if_needed(&mut self) {
        if self.file.is_some() && self.free().is_none_or(|free| free < SIZE / PLENTY) {
            tracing::info!("the disk is full: the room that is kept for deletions is used");
            self.file = None;
        }
    }

    /// Free bytes of the disk for this process.
    fn free(&self) -> Option<u64> {
        let disk = rustix::fs::statvfs(&self.folder).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}

/// A file without a name that holds `size` bytes of the disk.
fn anonymous(folder: &Path, size: u64) -> io::Result<File> {
    let mut file = tempfile::tempfile_in(folder)?;
    // Written, not only extended: a sparse file reserves nothing.
    let zeros = [0; 8 << 10];
    let mut left = size;
    while left > 0 {
        let piece = usize::try_from(left).unwrap_or(usize::MAX).min(zeros.len());
        file.write_all(&zeros[..piece])?;
        left -= piece as u64;
    }
    Ok(file)
}
