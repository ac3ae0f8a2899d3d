//! Files that a user names: checked before they are read, with a limited length and a limited wait. Pipes such as the
//! shell's `<(command)` are read too.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

use crate::model::size_text;

/// Time-out for a pipe's first bytes: time for a command to start. A pipe without a writer must not block the start for
/// ever.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two pieces, once it has begun.
const SILENCE: Duration = Duration::from_mins(1);
/// Between two looks at a pipe that has nothing yet.
const LOOK: Duration = Duration::from_millis(10);

#[derive(Debug)]
pub(crate) struct NamedFile {
    file: File,
    /// Bytes of it, of a plain file.
    length: Option<u64>,
    /// Whether the end may only mean that the pipe has no writer yet.
    awaits_writer: bool,
    patience: Duration,
}

/// Opens a file, or a pipe.
///
/// # Errors
/// When it is neither, or cannot be opened.
pub(crate) fn open(path: &Path) -> io::Result<NamedFile> {
    // Non-blocking, in case it is a pipe without a writer.
    let file = OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path)?;
    let found = file.metadata()?;
    let kind = found.file_type();
    let is_pipe = kind.is_fifo();
    let refused = |words| Err(io::Error::new(io::ErrorKind::InvalidInput, words));
    if kind.is_dir() {
        return refused("it is a folder");
    }
    if !(kind.is_file() || is_pipe || kind.is_char_device()) {
        return refused("it is no file");
    }
    if !is_pipe {
        // Reads from a terminal block.
        rustix::fs::fcntl_setfl(&file, OFlags::empty())?;
    }
    Ok(NamedFile {
        file,
        length: kind.is_file().then_some(found.len()),
        // A pipe without a path has a writer already: its end is the real end.
        awaits_writer: is_pipe && path.canonicalize().is_ok(),
        patience: PATIENCE,
    })
}

/// All of a file or pipe, of at most `max` bytes.
///
/// # Errors
/// When it cannot be read, or is longer.
pub(crate) fn read(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    match file.length {
        Some(length) if length > max => Err(too_large(max)),
        _ => read_all(file, max),
    }
}

/// The content of a plain file found by default.
///
/// # Errors
/// When it is none, cannot be read, or is longer.
pub(crate) fn read_plain(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    match file.length {
        None => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no plain file")),
        Some(length) if length > max => Err(too_large(max)),
        Some(_) => read_all(file, max),
    }
}

/// All of at most `max` bytes.
///
/// # Errors
/// When it cannot be read, or is longer.
pub(crate) fn read_all(from: impl Read, max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max { Err(too_large(max)) } else { Ok(bytes) }
}

fn too_large(max: u64) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {}", size_text(max)))
}

impl NamedFile {
    /// The file's metadata.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }

    /// Bytes of it, of a plain file.
    pub(crate) const fn length(&self) -> Option<u64> {
        self.length
    }
}

impl Read for NamedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let until = Instant::now() + self.patience;
        loop {
            match self.file.read(buffer) {
                Ok(0) if self.awaits_writer && !buffer.is_empty() => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.awaits_writer = false,
                read => {
                    self.awaits_writer = false;
                    self.patience = SILENCE;
                    return read;
                }
            }
            if Instant::now() >= until {
                let seconds = self.patience.as_secs();
                let words = format!("it is a pipe, and nothing was written to it for {seconds} seconds");
                return Err(io::Error::new(io::ErrorKind::TimedOut, words));
            }
            std::thread::sleep(LOOK);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    fn words(read: io::Result<Vec<u8>>) -> String {
        read.unwrap_err().to_string()
    }

    #[test]
    fn what_is_longer_than_it_may_be_or_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        assert_eq!(words(read(&path, 4)), "it is larger than 4 B");
        // Not read at all: it is larger than any memory.
        File::create(&path).unwrap().set_len(1 << 40).unwrap();
        for refused in [read(&path, 1 << 20), read_plain(&path, 1 << 20)] {
            assert_eq!(words(refused), "it is larger than 1.0 MiB");
        }
        assert_eq!(words(read(folder.path(), 5)), "it is a folder");
        let socket = folder.path().join("s");
        let _listener = UnixListener::bind(&socket).unwrap();
        assert!(read(&socket, 5).is_err());
        assert_eq!(words(read_all(io::repeat(0), 1 << 20)), "it is larger than 1.0 MiB");
    }

    #[test]
    fn a_pipe_is_read_once_somebody_writes_and_not_waited_for_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p");
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        assert_eq!(words(read_plain(&path, 5)), "it is no plain file");
        let mut pipe = open(&path).unwrap();
        pipe.patience = Duration::from_millis(50);
        assert_eq!(pipe.read(&mut [0; 1]).unwrap_err().kind(), io::ErrorKind::TimedOut);
        let writer = std::thread::spawn({
            let path = path.clone();
            move || std::fs::write(path, "12345")
        });
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        writer.join().unwrap().unwrap();
    }

    #[test]
    fn the_output_of_a_command_is_read_also_when_it_has_ended_without_a_word() {
        for text in ["", "12345"] {
            let (reader, mut writer) = io::pipe().unwrap();
            io::Write::write_all(&mut writer, text.as_bytes()).unwrap();
            drop(writer);
            let number = std::os::fd::AsRawFd::as_raw_fd(&reader);
            let path = format!("/dev/fd/{number}");
            let begun = Instant::now();
            assert_eq!(read(Path::new(&path), 5).unwrap(), text.as_bytes());
            assert!(begun.elapsed() < PATIENCE);
        }
    }
}
