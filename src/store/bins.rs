//! Bins, their secrets and counts, held in memory: loaded at the start, swapped after each commit that touched them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::by_bin::ByBin;
use super::place::MAX_BINS;
use super::tx::{Delta, Tx};
use super::{BinState, StoreError};
use crate::model::{Bin, BinCounts, BinId, BinSettings, ChangeKind, Secret, SecretId, SecretValue, Seq, Timestamp};

/// All bins.
#[derive(Debug, Default)]
pub(super) struct Bins {
    inner: RwLock<Inner>,
    versions: AtomicU64,
    /// Grows after every change of the set of bins or of one's settings: who remembers bins looks here whether they still hold.
    generation: AtomicU64,
    /// Bytes of requests that are not pinned, over all bins.
    evictable: AtomicI64,
}

#[derive(Debug, Default)]
struct Inner {
    bins: ByBin<Entry>,
    names: HashMap<String, BinId>,
    keys: HashMap<i64, BinId>,
}

/// A bin as the store knows it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its number in the database.
    pub(super) key: i64,
    /// What the others see.
    pub(super) state: Arc<BinState>,
    /// What it holds, as of the last commit.
    pub(super) tally: Arc<Mutex<Tally>>,
}

/// What a bin holds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    /// For the outside.
    pub(super) counts: BinCounts,
    /// Pinned requests, which limits do not count.
    pub(super) pinned: u64,
    /// Their bytes.
    pub(super) pinned_bytes: u64,
    /// When the newest request arrived.
    pub(super) last_request_at: Option<Timestamp>,
    /// Everything up to this is pinned or gone: where the next eviction starts to look.
    pub(super) floor: Seq,
}

impl Tally {
    fn evictable(&self) -> i64 {
        signed(self.counts.bytes) - signed(self.pinned_bytes)
    }

    pub(super) fn apply(&mut self, delta: &Delta) {
        let counts = &mut self.counts;
        counts.requests = counts.requests.saturating_add_signed(delta.requests);
        counts.unread = counts.unread.saturating_add_signed(delta.unread);
        counts.bytes = counts.bytes.saturating_add_signed(delta.bytes);
        counts.evicted = counts.evicted.saturating_add_signed(delta.evicted);
        counts.rejected = counts.rejected.saturating_add_signed(delta.rejected);
        self.pinned = self.pinned.saturating_add_signed(delta.pinned);
        self.pinned_bytes = self.pinned_bytes.saturating_add_signed(delta.pinned_bytes);
        self.last_request_at = delta.last_request_at.or(self.last_request_at);
        self.floor = delta.floor.unwrap_or(self.floor);
    }
}

/// What a commit did to the set of bins.
#[derive(Debug)]
pub(super) enum BinEffect {
    /// Made or changed.
    Set {
        /// Its number.
        key: i64,
        /// As it is now.
        bin: Box<Bin>,
    },
    /// Gone.
    Removed(BinId),
}

impl BinEffect {
    /// The bin, when it is there now.
    pub(super) fn set_bin(&self) -> Option<BinId> {
        match self {
            Self::Set { bin, .. } => Some(bin.id),
            Self::Removed(_) => None,
        }
    }
}

impl Bins {
    /// Loads everything.
    pub(super) fn load(conn: &Connection) -> Result<Self, rusqlite::Error> {
        let bins = Self::default();
        let mut statement = conn.prepare(
            "SELECT b.key, requests, unread, pinned, bytes, pinned_bytes, evicted, rejected, last_request_at
             FROM bin b JOIN tally t ON t.bin = b.key",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let key: i64 = row.get(0)?;
            let tally = Tally {
                counts: BinCounts {
                    requests: unsigned(row.get(1)?),
                    unread: unsigned(row.get(2)?),
                    bytes: unsigned(row.get(4)?),
                    evicted: unsigned(row.get(6)?),
                    rejected: unsigned(row.get(7)?),
                },
                pinned: unsigned(row.get(3)?),
                pinned_bytes: unsigned(row.get(5)?),
                last_request_at: row.get::<_, Option<i64>>(8)?.map(Timestamp::from_micros),
                floor: 0,
            };
            bins.evictable.fetch_add(tally.evictable(), Ordering::Relaxed);
            if let Some(bin) = read_bin(conn, key)? {
                bins.set(key, bin, Some(tally));
            }
        }
        drop(rows);
        drop(statement);
        Ok(bins)
    }

    /// The bin of that id or name.
    pub(super) fn find(&self, reference: &str) -> Option<Arc<BinState>> {
        let inner = self.inner.read();
        let id = match reference.parse::<BinId>() {
            Ok(id) => id,
            Err(_) => *inner.names.get(reference)?,
        };
        inner.bins.get(&id).map(|entry| Arc::clone(&entry.state))
    }

    pub(super) fn entry(&self, bin: BinId) -> Option<Entry> {
        self.inner.read().bins.get(&bin).cloned()
    }

    /// The bin of that number.
    pub(super) fn by_key(&self, key: i64) -> Option<BinId> {
        self.inner.read().keys.get(&key).copied()
    }

    /// Its number.
    pub(super) fn key(&self, bin: BinId) -> Option<i64> {
        self.inner.read().bins.get(&bin).map(|entry| entry.key)
    }

    pub(super) fn tally(&self, bin: BinId) -> Option<Tally> {
        self.inner.read().bins.get(&bin).map(|entry| *entry.tally.lock())
    }

    /// Every bin, oldest first.
    pub(super) fn all(&self) -> Vec<Entry> {
        let mut all: Vec<Entry> = self.inner.read().bins.values().cloned().collect();
        all.sort_unstable_by_key(|entry| entry.key);
        all
    }

    /// Bytes that retention may remove.
    pub(super) fn evictable_bytes(&self) -> u64 {
        unsigned(self.evictable.load(Ordering::Relaxed))
    }

    /// A commit has changed what the bin holds.
    pub(super) fn count(&self, entry: &Entry, delta: &Delta) {
        entry.tally.lock().apply(delta);
        self.evictable.fetch_add(delta.bytes - delta.pinned_bytes, Ordering::Relaxed);
    }

    pub(super) fn apply(&self, effects: Vec<BinEffect>) {
        for effect in effects {
            match effect {
                BinEffect::Set { key, bin } => self.set(key, *bin, None),
                BinEffect::Removed(id) => self.remove(id),
            }
        }
    }

    fn set(&self, key: i64, bin: Bin, tally: Option<Tally>) {
        let version = self.versions.fetch_add(1, Ordering::Relaxed) + 1;
        let id = bin.id;
        let name = bin.settings.name.as_ref().map(ToString::to_string);
        let state = Arc::new(BinState { bin, version });
        let mut inner = self.inner.write();
        let old = inner.bins.remove(&id);
        if let Some(old_name) = old.as_ref().and_then(|old| old.state.bin.settings.name.as_ref()) {
            inner.names.remove(old_name.as_str());
        }
        let tally = old.map_or_else(|| Arc::new(Mutex::new(tally.unwrap_or_default())), |old| old.tally);
        if let Some(name) = name {
            inner.names.insert(name, id);
        }
        inner.keys.insert(key, id);
        inner.bins.insert(id, Entry { key, state, tally });
        drop(inner);
        self.generation.fetch_add(1, Ordering::Release);
    }

    fn remove(&self, id: BinId) {
        let mut inner = self.inner.write();
        if let Some(old) = inner.bins.remove(&id) {
            inner.keys.remove(&old.key);
            self.evictable.fetch_sub(old.tally.lock().evictable(), Ordering::Relaxed);
            if let Some(name) = &old.state.bin.settings.name {
                inner.names.remove(name.as_str());
            }
        }
        drop(inner);
        // Only now: who sees the new number finds the new state.
        self.generation.fetch_add(1, Ordering::Release);
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }
}

/// SQLite's integers are signed; counts never are negative.
pub(super) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// The other way round; nothing of ours is that large.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn read_bin(conn: &Connection, key: i64) -> Result<Option<Bin>, rusqlite::Error> {
    let found = conn
        .prepare_cached("SELECT id, created_at, settings FROM bin WHERE key = ?")?
        .query_row([key], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?)))
        .optional()?;
    let Some((id, created_at, settings)) = found else {
        return Ok(None);
    };
    let id: BinId = id.parse().map_err(|cause| unreadable(0, cause))?;
    let settings: BinSettings = serde_json::from_str(&settings).map_err(|cause| unreadable(2, cause))?;
    let secrets = conn
        .prepare_cached("SELECT id, label, value, created_at FROM secret WHERE bin = ? ORDER BY id")?
        .query_map([key], |row| {
            Ok(Secret {
                id: row.get(0)?,
                label: row.get(1)?,
                value: SecretValue::new(row.get(2)?),
                created_at: Timestamp::from_micros(row.get(3)?),
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(Some(Bin { id, created_at: Timestamp::from_micros(created_at), settings, secrets }))
}

fn unreadable(column: usize, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, cause.into())
}

/// The writes.
impl Tx<'_> {
    pub(super) fn create_bin(
        &mut self,
        settings: &BinSettings,
        secrets: &[(String, SecretValue)],
    ) -> Result<BinId, StoreError> {
        self.refuse_taken(settings, None)?;
        let id = BinId::generate();
        let key = self
            .conn
            .prepare_cached("INSERT INTO bin (id, name, created_at, settings) VALUES (?, ?, ?, ?)")?
            .insert(params![
                id.as_str(),
                settings.name.as_ref().map(crate::model::BinName::as_str),
                self.now.as_micros(),
                to_json(settings)?
            ])?;
        if key > MAX_BINS {
            let cause = format!("the database has made {MAX_BINS} bins, which is all it can; start a new one");
            return Err(StoreError::Unavailable(cause));
        }
        self.conn.prepare_cached("INSERT INTO tally (bin) VALUES (?)")?.execute([key])?;
        for (label, value) in secrets {
            self.insert_secret(key, label, value)?;
        }
        self.reload(key)?;
        Ok(id)
    }

    pub(super) fn update_bin(
        &mut self,
        bin: BinId,
        seq: Seq,
        change: impl FnOnce(&mut BinSettings),
    ) -> Result<(), StoreError> {
        let key = self.touch(bin)?.key;
        let mut settings = read_bin(self.conn, key)?.ok_or(StoreError::NotFound("bin"))?.settings;
        change(&mut settings);
        self.refuse_taken(&settings, Some(key))?;
        self.conn.prepare_cached("UPDATE bin SET name = ?, settings = ? WHERE key = ?")?.execute(params![
            settings.name.as_ref().map(crate::model::BinName::as_str),
            to_json(&settings)?,
            key
        ])?;
        self.changed(bin, key, seq)
    }

    pub(super) fn delete_bin(&mut self, bin: BinId, seq: Seq) -> Result<(), StoreError> {
        let key = self.touch(bin)?.key;
        for sql in [
            "DELETE FROM bin WHERE key = ?",
            "DELETE FROM secret WHERE bin = ?",
            "DELETE FROM tally WHERE bin = ?",
            "INSERT INTO doomed (bin) VALUES (?)",
        ] {
            self.conn.prepare_cached(sql)?.execute([key])?;
        }
        // The rows that kept `seq` from being given out again are about to go.
        self.keep_seq(seq);
        self.publish(bin, seq, ChangeKind::BinDeleted);
        self.effects.doomed.push(key);
        self.effects.bins.push(BinEffect::Removed(bin));
        Ok(())
    }

    pub(super) fn add_secret(
        &mut self,
        bin: BinId,
        seq: Seq,
        label: &str,
        value: &SecretValue,
    ) -> Result<(), StoreError> {
        let key = self.touch(bin)?.key;
        self.insert_secret(key, label, value)?;
        self.changed(bin, key, seq)
    }

    pub(super) fn delete_secret(&mut self, bin: BinId, seq: Seq, secret: SecretId) -> Result<(), StoreError> {
        let key = self.touch(bin)?.key;
        let gone =
            self.conn.prepare_cached("DELETE FROM secret WHERE id = ? AND bin = ?")?.execute(params![secret, key])?;
        if gone == 0 {
            return Err(StoreError::NotFound("secret"));
        }
        self.changed(bin, key, seq)
    }

    fn insert_secret(&self, key: i64, label: &str, value: &SecretValue) -> Result<(), StoreError> {
        self.conn
            .prepare_cached("INSERT INTO secret (bin, label, value, created_at) VALUES (?, ?, ?, ?)")?
            .execute(params![key, label, value.expose(), self.now.as_micros()])?;
        Ok(())
    }

    /// Names are compared inside the transaction, so that two bins cannot take one at the same time.
    fn refuse_taken(&self, settings: &BinSettings, own: Option<i64>) -> Result<(), StoreError> {
        let Some(name) = &settings.name else {
            return Ok(());
        };
        let owner: Option<i64> = self
            .conn
            .prepare_cached("SELECT key FROM bin WHERE name = ?")?
            .query_row([name.as_str()], |row| row.get(0))
            .optional()?;
        match owner {
            Some(owner) if Some(owner) != own => Err(StoreError::NameTaken(name.to_string())),
            Some(_) | None => Ok(()),
        }
    }

    fn changed(&mut self, bin: BinId, key: i64, seq: Seq) -> Result<(), StoreError> {
        self.journal(key, seq, super::codes::Kind::Bin, &())?;
        self.publish(bin, seq, ChangeKind::Bin);
        self.reload(key)
    }

    fn reload(&mut self, key: i64) -> Result<(), StoreError> {
        let bin = read_bin(self.conn, key)?.ok_or(StoreError::NotFound("bin"))?;
        self.effects.bins.push(BinEffect::Set { key, bin: Box::new(bin) });
        Ok(())
    }
}

pub(super) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Unavailable(error.to_string()))
}
