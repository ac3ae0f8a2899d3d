//! Making, changing and deleting bins and their secrets. Runs on the writing thread.

use rusqlite::{OptionalExtension as _, params};

use super::bin_reads::read_bin;
use super::codes::JournalKind;
use super::effects::BinEffect;
use super::row_key::MAX_BINS;
use super::tx::Tx;
use super::values::{to_json, unsigned};
use crate::model::{BinId, BinName, BinSettings, ChangeKind, SecretId, SecretValue, Seq, SignatureMode};
use crate::store::error::{StoreError, Thing};
use crate::store::types::MAX_SECRETS;

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
            .prepare_cached("INSERT INTO bin (key, id, name, created_at, settings) VALUES (?, ?, ?, ?, ?)")?
            .insert(params![
                self.free_key()?,
                id.as_str(),
                settings.name.as_ref().map(BinName::as_str),
                self.now.as_micros(),
                to_json(settings)?
            ])?;
        self.conn.prepare_cached("INSERT INTO tally (bin) VALUES (?)")?.execute([key])?;
        self.insert_secrets(key, secrets)?;
        self.reload(key)?;
        Ok(id)
    }

    /// The key of the next bin: the one after the last or, when these are used up, that of a bin deleted with all its
    /// rows.
    fn free_key(&self) -> Result<i64, StoreError> {
        let last: Option<i64> = self
            .conn
            .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'bin'")?
            .query_row([], |row| row.get(0))
            .optional()?;
        let next = last.unwrap_or(0) + 1;
        if next <= MAX_BINS {
            return Ok(next);
        }
        let free: Option<i64> = self
            .conn
            .prepare_cached(
                "WITH used (key) AS (SELECT 0 UNION SELECT key FROM bin UNION SELECT bin FROM doomed)
                 SELECT min(key + 1) FROM used WHERE key + 1 NOT IN used",
            )?
            .query_row([], |row| row.get(0))?;
        free.filter(|key| *key <= MAX_BINS).ok_or_else(|| {
            StoreError::Unavailable(format!("the database holds {MAX_BINS} bins, which is all it can; delete some"))
        })
    }

    pub(crate) fn update_bin(
        &mut self,
        bin: BinId,
        seq: Seq,
        change: impl FnOnce(&mut BinSettings),
    ) -> Result<(), StoreError> {
        let key = self.touch(bin)?.key;
        self.set_settings(key, change)?;
        self.changed(bin, key, seq)
    }

    /// Changes settings and, in the same step, adds or replaces these secrets by label. Secrets that the file set
    /// before and no longer names are deleted; every other row keeps its age.
    pub(crate) fn declare_bin(
        &mut self,
        bin: BinId,
        seq: Seq,
        change: impl FnOnce(&mut BinSettings),
        secrets: &[(String, SecretValue)],
    ) -> Result<(), StoreError> {
        let key = self.touch(bin)?.key;
        let before = self.set_settings(key, change)?;
        if !secrets.is_empty() {
            // The owner knows better than whoever handed one over.
            self.conn.prepare_cached("DELETE FROM secret WHERE bin = ? AND learnt IS NOT NULL")?.execute([key])?;
        }
        let known = read_bin(self.conn, key)?.ok_or(StoreError::NotFound(Thing::Bin))?.secrets;
        let set_before = before.declared.map(|declared| declared.secrets).unwrap_or_default();
        for old in &known {
            let is_set = secrets.iter().any(|(label, _)| *label == old.label) || set_before.contains(&old.label);
            let is_same = secrets.iter().any(|(label, value)| *label == old.label && *value == old.value);
            if is_set && !is_same {
                self.conn.prepare_cached("DELETE FROM secret WHERE id = ?")?.execute([old.id])?;
            }
        }
        let is_known = |(label, value): &&(String, SecretValue)| {
            known.iter().any(|old| old.label == *label && old.value == *value)
        };
        let fresh: Vec<_> = secrets.iter().filter(|secret| !is_known(secret)).cloned().collect();
        self.insert_secrets(key, &fresh)?;
        self.changed(bin, key, seq)
    }

    /// Changes the settings of a row; returns the old ones.
    fn set_settings(&self, key: i64, change: impl FnOnce(&mut BinSettings)) -> Result<BinSettings, StoreError> {
        let before = read_bin(self.conn, key)?.ok_or(StoreError::NotFound(Thing::Bin))?.settings;
        let mut settings = before.clone();
        change(&mut settings);
        self.refuse_taken(&settings, Some(key))?;
        self.conn.prepare_cached("UPDATE bin SET name = ?, settings = ? WHERE key = ?")?.execute(params![
            settings.name.as_ref().map(BinName::as_str),
            to_json(&settings)?,
            key
        ])?;
        self.forget_learnt(key, &settings)?;
        Ok(before)
    }

    pub(crate) fn delete_bin(&mut self, bin: BinId, seq: Seq) -> Result<(), StoreError> {
        let key = self.touch(bin)?.key;
        for sql in [
            "DELETE FROM bin WHERE key = ?",
            "DELETE FROM secret WHERE bin = ?",
            "DELETE FROM tally WHERE bin = ?",
            "DELETE FROM forward WHERE bin = ?",
            "INSERT INTO doomed (bin) VALUES (?)",
        ] {
            self.conn.prepare_cached(sql)?.execute([key])?;
        }
        self.shared.seen.lock().forget(key);
        // The rows that recorded `seq` as used are about to be deleted.
        self.keep_seq(seq);
        self.publish(bin, seq, ChangeKind::BinDeleted);
        self.effects.to_purge.push(key);
        self.effects.bins.push(BinEffect::Removed(bin));
        Ok(())
    }

    pub(crate) fn add_secret(&mut self, bin: BinId, seq: Seq, secret: (String, SecretValue)) -> Result<(), StoreError> {
        let key = self.touch(bin)?.key;
        // The owner knows better than whoever handed one over.
        self.conn.prepare_cached("DELETE FROM secret WHERE bin = ? AND learnt IS NOT NULL")?.execute([key])?;
        self.insert_secrets(key, &[secret])?;
        self.changed(bin, key, seq)
    }

    /// Adds the secret that a handshake handed over if the bin may still learn it; returns whether it was added.
    pub(crate) fn learn_secret(
        &mut self,
        bin: BinId,
        seq: Seq,
        (label, value): (String, SecretValue),
        of: &[&str],
    ) -> Result<bool, StoreError> {
        let key = self.touch(bin)?.key;
        // Checked here, not where the handshake was recognised: many handshakes may come at once, and the owner may
        // change the bin meanwhile.
        let bin_now = read_bin(self.conn, key)?.ok_or(StoreError::NotFound(Thing::Bin))?;
        let of = of.join(" ");
        let enforced = bin_now.settings.signature_mode == SignatureMode::Enforce;
        if !bin_now.secrets.is_empty() || enforced || !is_for(&of, &bin_now.settings) {
            return Ok(false);
        }
        self.conn
            .prepare_cached("INSERT INTO secret (bin, label, value, created_at, learnt) VALUES (?, ?, ?, ?, ?)")?
            .execute(params![key, label, value.expose(), self.now.as_micros(), of])?;
        self.changed(bin, key, seq)?;
        Ok(true)
    }

    /// Removes learnt secrets of platforms other than the bin's, and all of them where signatures are enforced: the
    /// sender that handed one over could sign with it.
    fn forget_learnt(&self, key: i64, settings: &BinSettings) -> Result<(), StoreError> {
        let learnt: Vec<(SecretId, String)> = self
            .conn
            .prepare_cached("SELECT id, learnt FROM secret WHERE bin = ? AND learnt IS NOT NULL")?
            .query_map([key], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (id, of) in learnt {
            if settings.signature_mode == SignatureMode::Enforce || !is_for(&of, settings) {
                self.conn.prepare_cached("DELETE FROM secret WHERE id = ?")?.execute([id])?;
            }
        }
        Ok(())
    }

    /// Replaces every secret, also one that a sender handed over.
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
        let there: i64 = self
            .conn
            .prepare_cached("SELECT count(*) FROM secret WHERE bin = ?")?
            .query_row([key], |row| row.get(0))?;
        // Checked inside the write: before it, each of many concurrent calls would find room.
        if unsigned(there) + secrets.len() as u64 > MAX_SECRETS as u64 {
            return Err(StoreError::Full(Thing::Secret));
        }
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

/// Whether a secret learnt for these ids (separated by blanks) is for a bin with these settings. The scheme decides;
/// without one, the provider.
fn is_for(of: &str, settings: &BinSettings) -> bool {
    let set = settings.scheme.as_deref().or(settings.provider.as_deref());
    settings.custom_scheme.is_none() && set.is_some_and(|set| of.split(' ').any(|id| id == set))
}
