//! A file that nobody named: it is used only when it can be nobody else's.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The file's name, in the working directory.
pub const NAME: &str = "creel.toml";
/// Others may not write it.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// There is none.
    Nothing,
    /// It may be used.
    Usable(PathBuf),
    /// It is there and not used, for this reason.
    Ignored(String),
}

/// Looks for a file in a folder.
pub fn find(folder: &Path) -> Found {
    let path = folder.join(NAME);
    let Ok(file) = path.metadata() else { return Found::Nothing };
    let ignored = |why: &str| {
        let path = path.display();
        Found::Ignored(format!("{path} is not used: {why}; name it with --config {path} if it is yours"))
    };
    if !file.is_file() {
        return ignored("it is no file");
    }
    if file.uid() != rustix::process::geteuid().as_raw() {
        return ignored("it belongs to somebody else");
    }
    if file.mode() & WRITABLE_BY_OTHERS != 0 {
        return ignored("others may write it");
    }
    Found::Usable(path)
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
