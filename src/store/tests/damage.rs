//! A database or log that was changed from outside is noticed, and no sender gets a false success.

use std::fs::File;
use std::io::Read as _;
use std::sync::Arc;

use super::help::{Deaf, Fixture, options, post, until};
use crate::model::Clock;
use crate::store::{RequestRef, Store, StoreError};

#[tokio::test]
async fn a_database_that_is_emptied_cut_or_written_over_takes_nothing_more() {
    type Damage = fn(&std::fs::File);
    let damages: [Damage; 3] = [
        |file| file.set_len(0).unwrap(),
        |file| file.set_len(8_192).unwrap(),
        |file| {
            use std::os::unix::fs::FileExt as _;
            let zeros = vec![0; usize::try_from(file.metadata().unwrap().len()).unwrap()];
            file.write_all_at(&zeros, 0).unwrap();
        },
    ];
    let mut fixtures = Vec::new();
    for _ in damages {
        let fixture = Fixture::new();
        let bin = fixture.bin().await.bin.id;
        for _ in 0..50 {
            fixture.store.capture(post(bin, &"x".repeat(4_000))).await.unwrap();
        }
        until(|| std::fs::metadata(fixture.path()).unwrap().len() > 100_000).await;
        fixtures.push((fixture, bin));
    }
    // The files are looked at once a second.
    tokio::time::sleep(std::time::Duration::from_millis(3_200)).await;
    for ((fixture, bin), damage) in fixtures.into_iter().zip(damages) {
        fixture.store.capture(post(bin, &"x".repeat(4_000))).await.unwrap();
        // Never closed: that would drop SQLite's locks.
        let file = std::mem::ManuallyDrop::new(std::fs::OpenOptions::new().write(true).open(fixture.path()).unwrap());
        damage(&file);
        until(|| fixture.store.stats().trouble.is_some()).await;
        let failed = fixture.store.capture(post(bin, "x")).await;
        assert!(matches!(failed, Err(StoreError::Corrupt(_))), "{failed:?}");
    }
}

#[tokio::test]
async fn files_that_are_removed_or_replaced_are_noticed_until_they_are_back() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    fixture.store.capture(post(bin, "x")).await.unwrap();
    let shared = &fixture.store.db.shared;
    assert_eq!(shared.check_place(), Ok(()));
    let at = |name: &str| fixture.folder.path().join(name);
    for (name, removed, replaced) in [
        ("creel.db", "was removed or moved away", "another file is in the place"),
        ("creel.db-wal", "log was removed or replaced", "log was removed or replaced"),
    ] {
        let told = |wanted: &str| {
            let place = shared.check_place();
            assert!(matches!(&place, Err(StoreError::Unavailable(cause)) if cause.contains(wanted)), "{place:?}");
        };
        std::fs::rename(at(name), at("away")).unwrap();
        told(removed);
        // Not a copy: to close the open file here would drop SQLite's locks.
        std::fs::write(at(name), "another").unwrap();
        told(replaced);
        std::fs::rename(at("away"), at(name)).unwrap();
        assert_eq!(shared.check_place(), Ok(()), "{name}");
    }
}

#[tokio::test]
async fn a_database_in_which_a_reader_finds_damage_takes_nothing_more() {
    use std::os::unix::fs::FileExt as _;
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let mut ids = Vec::new();
    for n in 0..50 {
        ids.push(fixture.store.capture(post(bin, &format!("body {n} {}", "x".repeat(1_000)))).await.unwrap().id);
    }
    let fixture = fixture.again();
    // The page that holds one of the bodies, and none that a capture needs.
    // Never closed: that would drop SQLite's locks.
    let mut file = std::mem::ManuallyDrop::new(File::options().read(true).write(true).open(fixture.path()).unwrap());
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    let at = bytes.windows(9).position(|found| found == b"body 20 x").unwrap();
    file.write_all_at(&[0xff; 8], (at / 4_096 * 4_096) as u64).unwrap();
    assert!(fixture.store.request(bin, RequestRef::Id(ids[0])).await.is_ok());
    assert!(fixture.store.capture(post(bin, "x")).await.is_ok());
    let found = fixture.store.request(bin, RequestRef::Id(ids[20])).await;
    assert!(matches!(found, Err(StoreError::Corrupt(_))), "{found:?}");
    until(|| matches!(fixture.store.stats().trouble, Some(StoreError::Corrupt(_)))).await;
    let failed = fixture.store.capture(post(bin, "x")).await;
    assert!(matches!(failed, Err(StoreError::Corrupt(_))), "{failed:?}");
}

#[tokio::test]
async fn a_damaged_log_is_told_from_one_that_a_crash_has_torn() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    for n in 0..20 {
        fixture.store.capture(post(bin, &format!("body {n}"))).await.unwrap();
    }
    // As a process leaves it that dies.
    let left = tempfile::tempdir().unwrap();
    let copy = left.path().join("creel.db");
    let log = left.path().join("creel.db-wal");
    let aside = left.path().join("creel.db-wal.damaged");
    let whole = std::fs::read(fixture.folder.path().join("creel.db-wal")).unwrap();
    let frame = 4_096 + 24;
    assert!(whole.len() > 20 * frame, "{}", whole.len());
    let opened = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        std::fs::copy(fixture.path(), &copy).unwrap();
        std::fs::write(&log, bytes).unwrap();
        let _ = std::fs::remove_file(&aside);
        Store::open(options(&copy), Clock::system(), Arc::new(Deaf)).unwrap().close();
        aside.exists()
    };
    assert!(!opened(&|_| {}), "whole");
    assert!(!opened(&|bytes| bytes.truncate(whole.len() - 100)), "torn");
    assert!(!opened(&|bytes| bytes.clear()), "none");
    assert!(opened(&|bytes| bytes[..40].fill(0xa5)), "no log any more");
    assert!(opened(&|bytes| bytes[32 + 3 * frame + 500] ^= 1), "damaged in the middle");
}
