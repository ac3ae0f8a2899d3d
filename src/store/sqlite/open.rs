//! Opening: folder, lock, header, connection, migrations.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use include_dir::{Dir, include_dir};
use rand::Rng as _;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use rusqlite_migration::Migrations;

use super::error::open_error;
use super::files;
use super::lock::Lock;
use super::paths::{self, beside};
use super::values::unsigned;
use super::wal_check;
use crate::store::error::{OpenError, StoreError};
use crate::store::types::{Durability, StoreOptions};

/// Numbered SQL files, applied in order, never changed once released.
static MIGRATIONS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/store/sqlite/migrations");

/// `Crel`: tells Creel's databases from other programs'.
const APPLICATION_ID: i64 = 0x4372_656c;
/// How long a statement waits for a lock. Only other programs hold one for long, and captures must not wait for them.
pub(crate) const BUSY_PATIENCE: Duration = Duration::from_secs(2);
/// Statements that are kept prepared.
const CACHED_STATEMENTS: usize = 64;

/// A database that is ready to be used.
pub(crate) struct Opened {
    pub(crate) path: PathBuf,
    pub(crate) lock: Lock,
    pub(crate) conn: Connection,
}

/// Checks the file, takes the lock, opens or makes the database, migrates it. A file is not changed before it is known
/// to be Creel's; on failure, the files made here are removed.
pub(crate) fn open(options: &StoreOptions) -> Result<Opened, OpenError> {
    let path = resolved(&options.path)?;
    let (file, made) = files::open_or_make(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidInput => not_a_database(&path, &error.to_string()),
        _ => OpenError::from_io(&path, &error),
    })?;
    let known = known_schema();
    let taken = look_at_header(&path, &file, known).and_then(|()| Lock::take(&path, file));
    let remove = |file: &Path| drop(std::fs::remove_file(file));
    let lock = taken.inspect_err(|_| {
        if made {
            remove(&path);
        }
    })?;
    if !made && lock.database().metadata().is_ok_and(|found| found.len() == 0) {
        tracing::warn!(file = %path.display(), "the database file is empty: what was in it is not there any more");
    }
    if lock.database().metadata().is_ok_and(|found| !files::has_one_name(&found)) {
        // SQLite names the log after the database: under another name it would not find the log.
        tracing::warn!(file = %path.display(), "the database has another name (a hard link): use one of them only");
    }
    let missing = |file: &PathBuf| files::look(file).is_ok_and(|found| found.is_none());
    let beside: Vec<PathBuf> = [paths::wal(&path), paths::shm(&path)].into_iter().filter(missing).collect();
    match open_locked(&path, &lock, options, known) {
        Ok(conn) => Ok(Opened { path, lock, conn }),
        Err(error) => {
            if made {
                beside.iter().chain([&path]).for_each(|file| remove(file));
            }
            lock.remove_note();
            Err(error)
        }
    }
}

/// Removes a temporary database whose process has ended. Returns whether no such file is left.
pub(crate) fn remove_abandoned(path: &Path) -> bool {
    if !files::look(path).is_ok_and(|found| found.is_some()) {
        return false;
    }
    let Ok((file, false)) = files::open_or_make(path) else { return false };
    let taken = look_at_header(path, &file, i64::MAX).and_then(|()| Lock::take(path, file));
    let Ok(lock) = taken else { return false };
    remove_files(path);
    lock.remove_note();
    true
}

/// Removes a temporary database, which is locked by this process.
pub(crate) fn remove_files(path: &Path) {
    for file in [path, &paths::wal(path), &paths::shm(path)] {
        let _ = std::fs::remove_file(file);
    }
}

fn open_locked(path: &Path, lock: &Lock, options: &StoreOptions, known: i64) -> Result<Connection, OpenError> {
    close_to_others(path, lock)?;
    look_at_log(path)?;
    let failed = |error: &rusqlite::Error| open_error(path, error);
    let mut conn = Connection::open_with_flags(path, flags()).map_err(|error| failed(&error))?;
    conn.busy_timeout(BUSY_PATIENCE).map_err(|error| failed(&error))?;
    let found = schema_of(&conn, path, known)?;
    if conn.is_readonly("main").map_err(|error| failed(&error))? {
        return Err(OpenError::ReadOnly { path: path.to_path_buf() });
    }
    if found == 0 {
        let tables = conn.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get::<_, i64>(0));
        if tables.map_err(|error| failed(&error))? > 0 {
            let _ = conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
            return Err(not_a_database(path, "it belongs to another program"));
        }
        conn.execute_batch(&format!("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = {APPLICATION_ID}"))
            .map_err(|error| failed(&error))?;
    } else if found < known {
        back_up(&conn, path, found)?;
    }
    configure(&conn, options).map_err(|error| failed(&error))?;
    Migrations::from_directory(&MIGRATIONS)
        .and_then(|migrations| migrations.to_latest(&mut conn))
        .map_err(|error| OpenError::Migration { path: path.to_path_buf(), cause: error.to_string() })?;
    // No sender waits any longer: the server that held them has ended.
    conn.execute_batch("UPDATE request SET held_until = NULL WHERE held_until IS NOT NULL")
        .map_err(|error| failed(&error))?;
    Ok(conn)
}

/// A new writing connection to a database that is open already.
pub(crate) fn reopen(path: &Path, options: &StoreOptions) -> Result<Connection, StoreError> {
    // Does not create the file: if it is gone, so are the bins.
    let conn = Connection::open_with_flags(path, flags().difference(OpenFlags::SQLITE_OPEN_CREATE))?;
    conn.busy_timeout(BUSY_PATIENCE)?;
    configure(&conn, options)?;
    Ok(conn)
}

/// A connection that only reads; it waits for locks up to [`BUSY_PATIENCE`].
pub(crate) fn reader(path: &Path) -> Result<Connection, StoreError> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(BUSY_PATIENCE)?;
    conn.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    conn.execute_batch("PRAGMA query_only = ON")?;
    Ok(conn)
}

fn flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

/// Settings of a writing connection.
fn configure(conn: &Connection, options: &StoreOptions) -> Result<(), rusqlite::Error> {
    // A temporary database does not outlive a power cut anyway.
    let synchronous = match (options.ephemeral, options.durability) {
        (true, _) => "OFF",
        (false, Durability::Normal) => "NORMAL",
        (false, Durability::Full) => "FULL",
    };
    conn.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    conn.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA wal_autocheckpoint = 0;
         PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF"
    ))
}

/// Makes the folder, open to its owner only, and resolves links.
fn resolved(path: &Path) -> Result<PathBuf, OpenError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.exists() {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|error| OpenError::NoFolder { path: path.to_path_buf(), cause: error.to_string() })?;
    }
    if !folder.is_dir() {
        return Err(OpenError::NoFolder { path: path.to_path_buf(), cause: "a file is in its place".to_owned() });
    }
    if files::look(path).map_err(|error| OpenError::from_io(path, &error))?.is_some() {
        return path.canonicalize().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => not_a_database(path, "it is a link to a file that is not there"),
            _ => OpenError::from_io(path, &error),
        });
    }
    let name = path.file_name().ok_or_else(|| not_a_database(path, "it names no file"))?;
    let folder = folder.canonicalize().map_err(|error| OpenError::from_io(path, &error))?;
    Ok(folder.join(name))
}

/// Denies access to the database and the files beside it to all but the owner. A file beside it that is no plain file,
/// or has a second name, is not SQLite's: opening fails before SQLite writes to it.
fn close_to_others(path: &Path, lock: &Lock) -> Result<(), OpenError> {
    files::close_to_others(lock.database());
    for beside in [paths::wal(path), paths::shm(path), beside(path, "-journal")] {
        let failed = |cause: &str| {
            let cause = format!("{} is in the way: {cause}", beside.display());
            OpenError::Other { path: path.to_path_buf(), cause }
        };
        let Some(found) = files::look(&beside).map_err(|error| OpenError::from_io(path, &error))? else { continue };
        if let Some(cause) = files::no_file(&found) {
            return Err(failed(cause));
        }
        if !files::has_one_name(&found) {
            return Err(failed("it has another name as well"));
        }
        let (file, _) = files::open_or_make(&beside).map_err(|error| failed(&error.to_string()))?;
        files::close_to_others(&file);
    }
    Ok(())
}

/// If a dead process left a damaged log: logs what is lost and keeps a copy of the log. SQLite says nothing about it.
fn look_at_log(path: &Path) -> Result<(), OpenError> {
    let failed = |error: std::io::Error| OpenError::from_io(path, &error);
    let log = paths::wal(path);
    if files::look(&log).map_err(failed)?.is_none_or(|found| found.len() == 0) {
        return Ok(());
    }
    let (file, _) = files::open_or_make(&log).map_err(failed)?;
    let Some(place) = wal_check::damage(&file).map_err(failed)? else { return Ok(()) };
    let copy = beside(path, "-wal.damaged");
    let kept = match files::look(&copy) {
        Ok(None) => std::fs::copy(&log, &copy).is_ok(),
        Ok(Some(_)) | Err(_) => false,
    };
    tracing::error!(
        file = %log.display(), place, copy = kept.then(|| copy.display().to_string()),
        "the log is damaged: what was stored after this place is lost"
    );
    Ok(())
}

/// Fails when the file is no database, another program's, or newer, before SQLite touches the file or its log.
fn look_at_header(path: &Path, file: &File, known: i64) -> Result<(), OpenError> {
    let failed = |error: std::io::Error| OpenError::from_io(path, &error);
    let length = file.metadata().map_err(failed)?.len();
    let logs = [paths::wal(path), beside(path, "-journal")];
    let with_log = logs.iter().any(|log| files::look(log).is_ok_and(|found| found.is_some_and(|log| log.len() > 0)));
    if length == 0 {
        // SQLite would delete it.
        return if with_log { Err(not_a_database(path, "it is empty, but its log is not")) } else { Ok(()) };
    }
    let mut header = [0; 100];
    if file.read_exact_at(&mut header, 0).is_err() || !header.starts_with(b"SQLite format 3\0") {
        return Err(not_a_database(path, "it does not start like an SQLite database"));
    }
    let number = |at: usize| header[at..at + 4].iter().fold(0_i64, |sum, byte| (sum << 8) | i64::from(*byte));
    let [pages, cookie, version, application] = [28, 40, 60, 68].map(number);
    // A first start may have ended before it wrote anything.
    let blank = application == 0 && pages <= 1 && cookie == 0 && version == 0 && !with_log;
    if application != APPLICATION_ID && !blank {
        return Err(not_a_database(path, "it belongs to another program"));
    }
    newer(path, version, known)
}

/// Checks a database that will only be read.
pub(crate) fn look_before_reading(path: &Path) -> Result<(), OpenError> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => not_a_database(path, "it is not there"),
        _ => OpenError::from_io(path, &error),
    };
    let found = std::fs::metadata(path).map_err(failed)?;
    if !found.is_file() || found.len() == 0 {
        return Err(not_a_database(path, if found.is_file() { "it is empty" } else { "it is no plain file" }));
    }
    look_at_header(path, &File::open(path).map_err(failed)?, known_schema())
}

/// A database that is only read must have this version's schema: it cannot be migrated.
pub(crate) fn check_schema(conn: &Connection, path: &Path) -> Result<(), OpenError> {
    let known = known_schema();
    if schema_of(conn, path, known)? == known {
        return Ok(());
    }
    let cause = "an older version of Creel wrote it; `creel serve --db FILE` moves it to this version's schema";
    Err(not_a_database(path, cause))
}

fn known_schema() -> i64 {
    i64::try_from(MIGRATIONS.dirs().count()).unwrap_or(i64::MAX)
}

/// The schema's number as SQLite sees it, log included.
fn schema_of(conn: &Connection, path: &Path, known: i64) -> Result<i64, OpenError> {
    let found = conn
        .pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))
        .map_err(|error| open_error(path, &error))?;
    if let Err(error) = newer(path, found, known) {
        // Leaves the file untouched: closing must not fold the log either.
        let _ = conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        return Err(error);
    }
    Ok(found)
}

fn newer(path: &Path, found: i64, known: i64) -> Result<(), OpenError> {
    if found > known { Err(OpenError::Newer { path: path.to_path_buf(), found, known }) } else { Ok(()) }
}

fn not_a_database(path: &Path, cause: &str) -> OpenError {
    OpenError::NotADatabase { path: path.to_path_buf(), cause: cause.to_owned() }
}

/// Copies the database before its schema is changed.
fn back_up(conn: &Connection, path: &Path, version: i64) -> Result<(), OpenError> {
    let failed =
        |cause: String| OpenError::Other { path: path.to_path_buf(), cause: format!("no copy was made ({cause})") };
    // An existing file of that name is kept: it may be another program's, or the copy of a failed attempt.
    let names = (0..100).map(|n| if n == 0 { format!(".v{version}.bak") } else { format!(".v{version}.{n}.bak") });
    let make = |name: String| {
        let copy = beside(path, &name);
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&copy) {
            Ok(_) => Some(Ok(copy)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => None,
            Err(error) => Some(Err(error.to_string())),
        }
    };
    let made = names.into_iter().find_map(make).unwrap_or_else(|| Err("every name for it is taken".to_owned()));
    let copy = made.map_err(&failed)?;
    let mut target = Connection::open(&copy).map_err(|error| failed(error.to_string()))?;
    rusqlite::backup::Backup::new(conn, &mut target)
        .and_then(|backup| backup.run_to_completion(4_096, Duration::ZERO, None))
        .map_err(|error| failed(error.to_string()))
}

/// The salt of the request ids, and the last cursor given out.
pub(crate) fn identity(conn: &Connection) -> Result<(u32, u64), rusqlite::Error> {
    conn.execute(
        "INSERT OR IGNORE INTO meta (name, value) VALUES ('salt', ?), ('seq', 0)",
        [i64::from(rand::rng().next_u32())],
    )?;
    let salt: i64 = conn.query_row("SELECT value FROM meta WHERE name = 'salt'", [], |row| row.get(0))?;
    let last: i64 = conn.query_row(
        "SELECT max((SELECT value FROM meta WHERE name = 'seq'),
                    coalesce((SELECT max(seq) FROM content), 0),
                    coalesce((SELECT max(seq) FROM change), 0),
                    coalesce((SELECT max(evicted_seq) FROM tally), 0))",
        [],
        |row| row.get(0),
    )?;
    Ok((u32::try_from(salt).unwrap_or_default(), unsigned(last)))
}

/// The checkpointer's connection: it never waits for a lock, and does not make the file.
pub(crate) fn checkpointer(path: &Path, options: &StoreOptions) -> Result<Connection, rusqlite::Error> {
    let conn = Connection::open_with_flags(path, flags().difference(OpenFlags::SQLITE_OPEN_CREATE))?;
    conn.busy_timeout(Duration::ZERO)?;
    configure(&conn, options)?;
    Ok(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_that_cannot_be_made_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let conn = Connection::open_in_memory().unwrap();
        let cause = |path: &Path| match back_up(&conn, path, 1) {
            Err(OpenError::Other { cause, .. }) => cause,
            other => format!("{other:?}"),
        };
        let gone = cause(&folder.path().join("gone").join("creel.db"));
        assert!(gone.starts_with("no copy was made (No such file"), "{gone}");
        let path = folder.path().join("creel.db");
        for _ in 0..100 {
            assert_eq!(cause(&path), "Ok(())");
        }
        assert_eq!(cause(&path), "no copy was made (every name for it is taken)");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 100);
    }
}
