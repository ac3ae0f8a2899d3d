//! Making, changing and deleting bins and their secrets. Runs on the writing thread.

use rusqlite::{OptionalExtension as _, params};

use super::bin_reads::read_bin;
use super::codes::JournalKind;
use super::effects::BinEffect;
use super::row_key::MAX_BINS;
use super::tx::Tx;
use super::values::to_json;
use crate::model::{BinId, BinName, BinSettings, ChangeKind, SecretId, SecretValue, Seq};
use crate::store::error::{StoreError, Thing};

impl Tx<'_> {
    pub(crate) fn create_bin(
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
                settings.name.as_ref().map(BinName::as_str),
                self.now.as_micros(),
                to_json(settings)?
            ])?;
        if key > MAX_BINS {
            let cause = format!("the database has made {MAX_BINS} bins, which is all it can; start a new one");
            return Err(StoreError::Unavailable(cause));
        }
        self.conn.prepare_cached("INSERT INTO tally (bin) VALUES (?)")?.execute([key])?;
        self.insert_secrets(key, secrets)?;
        self.reload(key)?;
        Ok(id)
    }

    pub(crate) fn update_bin(
        &mut self,
        bin: BinId,
        seq: Seq,
        change: impl FnOnce(&mut BinSettings),
    ) -> Result<(), StoreError> {
        let key = self.touch(bin)?.key;
        let mut settings = read_bin(self.conn, key)?.ok_or(StoreError::NotFound(Thing::Bin))?.settings;
        change(&mut settings);
        self.refuse_taken(&settings, Some(key))?;
        self.conn.prepare_cached("UPDATE bin SET name = ?, settings = ? WHERE key = ?")?.execute(params![
            settings.name.as_ref().map(BinName::as_str),
            to_json(&settings)?,
            key
        ])?;
        self.changed(bin, key, seq)
    }

    pub(crate) fn delete_bin(&mut self, bin: BinId, seq: Seq) -> Result<(), StoreError> {
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
        self.effects.to_purge.push(key);
        self.effects.bins.push(BinEffect::Removed(bin));
        Ok(())
    }

    pub(crate) fn add_secret(&mut self, bin: BinId, seq: Seq, secret: (String, SecretValue)) -> Result<(), StoreError> {
        let key = self.touch(bin)?.key;
        self.insert_secrets(key, &[secret])?;
        self.changed(bin, key, seq)
    }

    /// Removes every secret and adds these.
    pub(crate) fn replace_secrets(
        &mut self,
        bin: BinId,
        seq: Seq,
        secrets: &[(String, SecretValue)],
    ) -> Result<(), StoreError> {
        let key = self.touch(bin)?.key;
        self.conn.prepare_cached("DELETE FROM secret WHERE bin = ?")?.execute([key])?;
        self.insert_secrets(key, secrets)?;
        self.changed(bin, key, seq)
    }

    pub(crate) fn delete_secret(&mut self, bin: BinId, seq: Seq, secret: SecretId) -> Result<(), StoreError> {
        let key = self.touch(bin)?.key;
        let gone =
            self.conn.prepare_cached("DELETE FROM secret WHERE id = ? AND bin = ?")?.execute(params![secret, key])?;
        if gone == 0 {
            return Err(StoreError::NotFound(Thing::Secret));
        }
        self.changed(bin, key, seq)
    }

    fn insert_secrets(&self, key: i64, secrets: &[(String, SecretValue)]) -> Result<(), StoreError> {
        let mut insert =
            self.conn.prepare_cached("INSERT INTO secret (bin, label, value, created_at) VALUES (?, ?, ?, ?)")?;
        for (label, value) in secrets {
            insert.execute(params![key, label, value.expose(), self.now.as_micros()])?;
        }
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
        self.journal(key, seq, JournalKind::Bin, &())?;
        self.publish(bin, seq, ChangeKind::Bin);
        self.reload(key)
    }

    fn reload(&mut self, key: i64) -> Result<(), StoreError> {
        let bin = read_bin(self.conn, key)?.ok_or(StoreError::NotFound(Thing::Bin))?;
        self.effects.bins.push(BinEffect::Set { key, bin: Box::new(bin) });
        Ok(())
    }
}
