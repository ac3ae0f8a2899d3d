//! The console's token in a file: on a command line, other users of the machine would see it.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::{ConfigError, MIN_TOKEN, files};
use crate::model::SecretValue;

/// Most bytes of the file: a longer one cannot be a token.
const MAX_FILE: u64 = 64 << 10;
/// Read or write permission for group or others.
const BY_OTHERS: u32 = 0o077;

/// The token: the first line, without the white space around it.
///
/// # Errors
/// When the file cannot be read, or its first line is no token.
pub(crate) fn read(path: &Path) -> Result<SecretValue, ConfigError> {
    let cannot = |cause: String| ConfigError::TokenFile { path: path.to_owned(), cause };
    let bytes = files::read(path, MAX_FILE).map_err(|error| cannot(error.to_string()))?;
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
    let token = std::str::from_utf8(line).map_err(|_| cannot("the first line is no UTF-8 text".to_owned()))?;
    match token.len() {
        0 => Err(cannot("the first line is empty: write the token there".to_owned())),
        length if length < MIN_TOKEN => Err(cannot(format!(
            "the token has {length} characters: write at least {MIN_TOKEN}, e.g. from `openssl rand -hex 16`"
        ))),
        _ => Ok(SecretValue::new(token.to_owned())),
    }
}

/// The warning for a plain file that others can access. It is used nevertheless: containers often get such files.
pub(crate) fn open_to_others(path: &Path) -> Option<String> {
    let file = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let mode = file.mode();
    (mode & BY_OTHERS != 0).then(|| {
        let path = path.display();
        format!("--token-file {path} is open to others (mode {:o}); chmod 600 keeps the token to you", mode & 0o777)
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_first_line_is_the_token_and_what_is_none_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let read = |bytes: &[u8]| {
            std::fs::write(&file, bytes).unwrap();
            super::read(&file).map(|token| token.expose().to_owned()).map_err(|error| error.to_string())
        };
        assert_eq!(read(b" \t0123456789abcdef \r\nmore\n").as_deref(), Ok("0123456789abcdef"));
        let long = "a".repeat(70_000);
        for (bytes, words) in [
            (&b""[..], "the first line is empty"),
            (b"\n0123456789abcdef\n", "the first line is empty"),
            (b"0123456789abcde\n", "the token has 15 characters"),
            (b"0123456789abcdef\xff\n", "no UTF-8"),
            (long.as_bytes(), "larger than"),
        ] {
            assert!(read(bytes).unwrap_err().contains(words), "{words}");
        }
        assert!(super::read(folder.path()).unwrap_err().to_string().contains("it is a folder"));
        assert!(super::read(&folder.path().join("none")).unwrap_err().to_string().contains("--token-file"));
    }

    #[test]
    fn a_file_that_others_may_read_is_told() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (mode, told) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true), (0o620, true)] {
            std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(open_to_others(file.path()).is_some(), told, "{mode:o}");
        }
        // A device file gets no warning.
        assert_eq!(open_to_others(Path::new("/dev/null")), None);
    }
}
