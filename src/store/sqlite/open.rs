//! Opening: folder, lock, header, connection, migrations.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use include_dir::{Dir, include_dir};
use rand::Rng as _;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use rusqlite_migration::Migrations;

use super::error::open_error;
use super::lock::Lock;
use super::paths::beside;
use super::values::unsigned;
use crate::store::error::{OpenError, StoreError};
use crate::store::types::{Durability, StoreOptions};

/// Numbered SQL files, applied in order, never changed once released.
static MIGRATIONS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/store/sqlite/migrations");

/// `Crel`: tells Creel's databases from other programs'.
const APPLICATION_ID: i64 = 0x4372_656c;
/// How long a statement waits for a lock. Only other programs hold one for long; no capture is to wait for these.
pub(crate) const BUSY_PATIENCE: Duration = Duration::from_secs(2);
/// Statements that are kept prepared.
const CACHED_STATEMENTS: usize = 64;

/// A database that is ready to be used.
pub(crate) struct Opened {
    pub(crate) path: PathBuf,
    pub(crate) lock: Lock,
    pub(crate) conn: Connection,
}

/// Takes the lock, opens or makes the database, migrates it.
pub(crate) fn open(options: &StoreOptions) -> Result<Opened, OpenError> {
    // The lock comes first: opening and closing a database file drops the locks that this process may hold on it
    // already.
    let path = resolved(&options.path)?;
    let lock = Lock::take(&path)?;
    make_file(&path)?;
    let known = i64::try_from(MIGRATIONS.dirs().count()).unwrap_or(i64::MAX);
    look_at_header(&path, known)?;
    let failed = |error: &rusqlite::Error| open_error(&path, error);
    let mut conn = Connection::open_with_flags(&path, flags()).map_err(|error| failed(&error))?;
    conn.busy_timeout(BUSY_PATIENCE).map_err(|error| failed(&error))?;
    let found = schema_of(&conn, &path, known)?;
    if conn.is_readonly("main").map_err(|error| failed(&error))? {
        return Err(OpenError::ReadOnly { path });
    }
    if found == 0 {
        conn.execute_batch(&format!("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = {APPLICATION_ID}"))
            .map_err(|error| failed(&error))?;
    } else if found < known {
        back_up(&conn, &path, found)?;
    }
    configure(&conn, options).map_err(|error| failed(&error))?;
    if found < known {
        Migrations::from_directory(&MIGRATIONS)
            .and_then(|migrations| migrations.to_latest(&mut conn))
            .map_err(|error| OpenError::Migration { path: path.clone(), cause: error.to_string() })?;
    }
    Ok(Opened { path, lock, conn })
}

/// A new writing connection to a database that is open already.
pub(crate) fn reopen(path: &Path, options: &StoreOptions) -> Result<Connection, StoreError> {
    // The file is not made anew: if it is gone, so are the bins.
    let conn = Connection::open_with_flags(path, flags().difference(OpenFlags::SQLITE_OPEN_CREATE))?;
    conn.busy_timeout(BUSY_PATIENCE)?;
    configure(&conn, options)?;
    Ok(conn)
}

/// A connection that only reads.
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
    // A temporary database is worth nothing after a power cut anyway.
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
    if path.exists() {
        if path.is_dir() {
            return Err(not_a_database(path, "it is a folder"));
        }
        return path.canonicalize().map_err(|error| OpenError::from_io(path, &error));
    }
    let name = path.file_name().ok_or_else(|| not_a_database(path, "it names no file"))?;
    let folder = folder.canonicalize().map_err(|error| OpenError::from_io(path, &error))?;
    Ok(folder.join(name))
}

/// Makes the file, open to its owner only.
fn make_file(path: &Path) -> Result<(), OpenError> {
    let file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| OpenError::from_io(path, &error))?;
    // Captured requests hold secrets: a file that others can read is closed to them, where the file system allows it.
    if file.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0) {
        let _ = file.set_permissions(std::fs::Permissions::from_mode(0o600));
    }
    Ok(())
}

/// Refuses what is no database, another program's, or newer, before SQLite touches the file.
fn look_at_header(path: &Path, known: i64) -> Result<(), OpenError> {
    let mut header = Vec::with_capacity(100);
    let file = File::open(path).map_err(|error| OpenError::from_io(path, &error))?;
    file.take(100).read_to_end(&mut header).map_err(|error| OpenError::from_io(path, &error))?;
    if header.is_empty() {
        return Ok(());
    }
    let number = |at: usize| {
        header.get(at..at + 4).map_or(0, |bytes| bytes.iter().fold(0_i64, |sum, byte| (sum << 8) | i64::from(*byte)))
    };
    if header.len() < 100 || !header.starts_with(b"SQLite format 3\0") {
        return Err(not_a_database(path, "it does not start like an SQLite database"));
    }
    if number(68) != APPLICATION_ID && number(28) > 1 {
        return Err(not_a_database(path, "it belongs to another program"));
    }
    newer(path, number(60), known)
}

/// The schema's number as SQLite sees it, log included.
fn schema_of(conn: &Connection, path: &Path, known: i64) -> Result<i64, OpenError> {
    let found = conn
        .pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))
        .map_err(|error| open_error(path, &error))?;
    if let Err(error) = newer(path, found, known) {
        // Untouched: closing must not fold the log either.
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
    let copy = beside(path, &format!(".v{version}.bak"));
    let failed = |cause: String| OpenError::Migration { path: path.to_path_buf(), cause };
    // A copy from an earlier attempt is as good as this one only if nothing has changed since: make it anew.
    if let Err(error) = std::fs::remove_file(&copy)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(failed(error.to_string()));
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&copy)
        .map_err(|error| failed(error.to_string()))?;
    let mut target = Connection::open(&copy).map_err(|error| failed(error.to_string()))?;
    rusqlite::backup::Backup::new(conn, &mut target)
        .and_then(|backup| backup.run_to_completion(4_096, Duration::ZERO, None))
        .map_err(|error| failed(error.to_string()))
}

/// The salt that request ids are made with, and the last cursor that was given out.
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

/// The checkpointer's connection.
pub(crate) fn checkpointer(path: &Path, options: &StoreOptions) -> Result<Connection, rusqlite::Error> {
    let conn = Connection::open_with_flags(path, flags().difference(OpenFlags::SQLITE_OPEN_CREATE))?;
    conn.busy_timeout(Duration::ZERO)?;
    configure(&conn, options)?;
    Ok(conn)
}
