//! Finds running servers: each writes a note in the user's data directory, one file per process. The note of a killed
//! process is ignored, and the next server removes it.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use url::Url;

/// The console's default address.
pub(crate) const DEFAULT_CONSOLE: &str = "http://127.0.0.1:4666";
/// The folder of the notes, in the data directory.
const FOLDER: &str = "running";
/// Most notes that are read: a folder full of other files must not delay a command.
const MAX_NOTES: usize = 100;
/// Bytes of a note; a larger file is no note.
const MAX_NOTE: u64 = 4 << 10;
/// A server on this machine takes a connection at once, or is stuck.
const PROBE: Duration = Duration::from_millis(300);

#[derive(Serialize, Deserialize)]
struct Told {
    pid: u32,
    console_url: String,
    /// The database file; unknown for servers of earlier versions.
    #[serde(default)]
    database: Option<PathBuf>,
}

/// A server that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Running {
    pub console_url: String,
    /// Its database file, if known.
    pub database: Option<PathBuf>,
}

/// The note of this process. Dropping it removes the note.
#[derive(Debug)]
pub(crate) struct Note(PathBuf);

impl Drop for Note {
    fn drop(&mut self) {
        // The file may be gone already.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Writes a note with this process's console URL and database file; removes the notes of dead processes.
///
/// # Errors
/// When the folder cannot be written.
pub(crate) fn announce(data: &Path, console_url: &str, database: &Path) -> std::io::Result<Note> {
    let folder = data.join(FOLDER);
    DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    for (file, told) in notes(&folder) {
        if told.is_none_or(|told| told.pid == std::process::id() || !is_alive(told.pid)) {
            let _ = std::fs::remove_file(file);
        }
    }
    let pid = std::process::id();
    let file = folder.join(format!("{pid}.json"));
    let database = Some(std::path::absolute(database)?);
    let text = serde_json::to_vec(&Told { pid, console_url: console_url.to_owned(), database })?;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file)?.write_all(&text)?;
    Ok(Note(file))
}

/// A running server: the one with its console at the default address, else the last one started. `None` when the notes
/// show none.
pub(crate) fn find(data: &Path) -> Option<Running> {
    let mut found: Vec<(SystemTime, Running)> = notes(&data.join(FOLDER))
        .into_iter()
        .filter_map(|(file, told)| {
            let told = told.filter(|told| is_alive(told.pid) && takes_connections(&told.console_url))?;
            let made = file.metadata().and_then(|file| file.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
            Some((made, Running { console_url: told.console_url, database: told.database }))
        })
        .collect();
    found.sort_by_key(|(made, running)| (running.console_url == DEFAULT_CONSOLE, *made));
    found.pop().map(|(_, running)| running)
}

/// The notes that are there; `None` for one that cannot be read.
fn notes(folder: &Path) -> Vec<(PathBuf, Option<Told>)> {
    let is_note = |path: &Path| {
        path.extension().is_some_and(|extension| extension == "json")
            && path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .is_some_and(|stem| stem.bytes().all(|b| b.is_ascii_digit()))
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let read = |path: PathBuf| {
        let short = path.symlink_metadata().is_ok_and(|file| file.is_file() && file.len() <= MAX_NOTE);
        let text = if short { std::fs::read(&path).ok() } else { None };
        let told = text.and_then(|text| serde_json::from_slice(&text).ok());
        (path, told)
    };
    entries.filter(|path| is_note(path)).take(MAX_NOTES).map(read).collect()
}

fn is_alive(pid: u32) -> bool {
    let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) else { return false };
    match rustix::process::test_kill_process(pid) {
        Ok(()) => true,
        // The process exists and belongs to another user.
        Err(error) => error == rustix::io::Errno::PERM,
    }
}

/// Checks the connection too, because the process id may have been reused.
fn takes_connections(console_url: &str) -> bool {
    let address = Url::parse(console_url).ok().and_then(|url| url.socket_addrs(|| None).ok());
    let connects = |address: &SocketAddr| TcpStream::connect_timeout(address, PROBE).is_ok();
    address.is_some_and(|addresses| addresses.first().is_some_and(connects))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_found_while_its_server_takes_connections_and_goes_with_it() {
        let data = tempfile::tempdir().unwrap();
        assert_eq!(find(data.path()), None);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let note = announce(data.path(), &url, Path::new("/d.db")).unwrap();
        let running = Running { console_url: url, database: Some(PathBuf::from("/d.db")) };
        assert_eq!(find(data.path()), Some(running));
        drop(listener);
        assert_eq!(find(data.path()), None, "nobody listens there any more");
        drop(note);
        assert_eq!(std::fs::read_dir(data.path().join(FOLDER)).unwrap().count(), 0);
    }

    #[test]
    fn notes_of_dead_processes_and_other_files_are_passed_over_and_the_dead_ones_go() {
        let data = tempfile::tempdir().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let folder = data.path().join(FOLDER);
        std::fs::create_dir(&folder).unwrap();
        let mut ended = std::process::Command::new("true").spawn().unwrap();
        ended.wait().unwrap();
        let stale = folder.join(format!("{}.json", ended.id()));
        std::fs::write(&stale, format!(r#"{{"pid": {}, "console_url": "{url}"}}"#, ended.id())).unwrap();
        std::fs::write(folder.join("notes.txt"), "mine").unwrap();
        std::fs::write(folder.join("77.json"), "nonsense").unwrap();
        assert_eq!(find(data.path()), None);
        let note = announce(data.path(), &url, Path::new("/d.db")).unwrap();
        assert!(!stale.exists() && folder.join("notes.txt").exists());
        assert_eq!(find(data.path()).map(|running| running.console_url), Some(url));
        drop(note);
    }
}
