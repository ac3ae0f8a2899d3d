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
/// The reserve is given back when less than this is free.
const SCARCE: u64 = 1 << 20;

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
        let size = self.free().map_or(0, size_of);
        if size > 0 {
            self.file = anonymous(&self.folder, size).ok();
        }
    }

    /// Frees the reserve when the disk has little room left. Called before a deletion.
    pub(crate) fn release_if_needed(&mut self) {
        if self.file.is_some() && is_scarce(self.free()) {
            tracing::info!("the disk is full: the room that is kept for deletions is used");
            self.file = None;
        }
    }

    #[cfg(test)]
    pub(crate) const fn is_held(&self) -> bool {
        self.file.is_some()
    }

    /// Free bytes of the disk for this process.
    fn free(&self) -> Option<u64> {
        let disk = rustix::fs::statvfs(&self.folder).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}

/// Whether a deletion may fail with that many bytes free. `None`, when the system does not tell, counts as too few.
fn is_scarce(free: Option<u64>) -> bool {
    free.is_none_or(|free| free < SCARCE)
}

/// How large it is on a disk with that many bytes free.
fn size_of(free: u64) -> u64 {
    SIZE.min(free / PART)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_disk_keeps_a_quarter_of_what_is_free_at_most() {
        for (free, size) in
            [(0, 0), (3, 0), (4, 1), ((16 << 20) - 4, (4 << 20) - 1), (16 << 20, 4 << 20), (u64::MAX, 4 << 20)]
        {
            assert_eq!(size_of(free), size, "{free}");
        }
    }

    #[test]
    fn less_than_a_mebibyte_is_too_little_for_a_deletion_and_what_nobody_knows_is_too() {
        for (free, expected) in [
            (None, true),
            (Some(0), true),
            (Some((1 << 20) - 1), true),
            (Some(1 << 20), false),
            (Some(u64::MAX), false),
        ] {
            assert_eq!(is_scarce(free), expected, "{free:?}");
        }
    }

    #[test]
    fn the_room_is_held_by_a_file_without_a_name_as_long_as_there_is_enough_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        for size in [0, 1, (8 << 10) - 1, 8 << 10, (8 << 10) + 1, 100_000] {
            assert_eq!(anonymous(folder.path(), size).unwrap().metadata().unwrap().len(), size);
        }
        let mut reserve = Reserve::new(&folder.path().join("creel.db"));
        let held = |reserve: &Reserve| reserve.file.as_ref().map(|file| file.metadata().unwrap().len());
        let size = held(&reserve);
        assert!(size.is_some_and(|size| size > 0), "{size:?}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        reserve.release_if_needed();
        assert_eq!(held(&reserve), size);
        reserve.refill();
        assert_eq!(held(&reserve), size);
        // Nobody knows what is free where there is no folder.
        let mut lost = Reserve { folder: folder.path().join("none"), file: reserve.file.take() };
        lost.release_if_needed();
        assert_eq!(held(&lost), None);
        lost.refill();
        assert_eq!(held(&lost), None);
    }
}
