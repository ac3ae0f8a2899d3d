//! A configuration file found by default: used only if no other user can have written it.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The file's name, in the working directory.
pub(crate) const NAME: &str = "creel.toml";
/// Write permission for group and others.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// A folder, a pipe, a device.
pub(super) const NO_FILE: &str = "it is no file";

/// What is in a folder where the user has named no file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Nothing,
    /// It may be used.
    Usable(PathBuf),
    /// It exists but is not used, for this reason.
    Ignored(String),
}

/// Looks for a file of the usual name ([`NAME`]). One that may not be used is no error: it says why.
pub(crate) fn find(folder: &Path) -> Found {
    let path = folder.join(NAME);
    let Ok(file) = path.metadata() else { return Found::Nothing };
    match why_not(&file) {
        Some(why) => Found::Ignored(format!("{} {}", path.display(), not_used(&path, why))),
        None => Found::Usable(path),
    }
}

/// Why a file found by default is not used.
pub(super) fn why_not(file: &Metadata) -> Option<&'static str> {
    if !file.is_file() {
        return Some(NO_FILE);
    }
    if file.uid() != rustix::process::geteuid().as_raw() {
        return Some("it belongs to another user");
    }
    (file.mode() & WRITABLE_BY_OTHERS != 0).then_some("others may write it")
}

/// The same as a sentence that says what to do.
pub(super) fn not_used(path: &Path, why: &str) -> String {
    format!("is not used: {why}; name it with --config {} if it is yours", path.display())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_that_others_may_write_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(find(folder.path()), Found::Nothing);
        let path = folder.path().join(NAME);
        std::fs::write(&path, "").unwrap();
        for (mode, usable) in [(0o644, true), (0o600, true), (0o664, false), (0o646, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(matches!(find(folder.path()), Found::Usable(_)), usable, "{mode:o}");
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(matches!(find(folder.path()), Found::Ignored(_)));
    }
}
