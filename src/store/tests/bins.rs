//! Bins and their secrets.

use super::help::{Fixture, post, settled, until};
use crate::model::{BinSettings, ChangeKind, Declaration, Secret, SecretValue, SignatureMode};
use crate::store::error::Thing;
use crate::store::{MAX_SECRETS, StoreError};

fn named(name: &str) -> BinSettings {
    BinSettings { name: Some(name.parse().unwrap()), ..BinSettings::default() }
}

#[tokio::test]
async fn bins_are_found_by_id_and_name_and_survive_a_restart() {
    let fixture = Fixture::new();
    let secrets = vec![("live".to_owned(), SecretValue::new("s3cret".into()))];
    let made = fixture.store.create_bin(named("one"), secrets).await.unwrap();
    let id = made.bin.id;
    assert_eq!(
        fixture.store.create_bin(named("one"), Vec::new()).await.unwrap_err(),
        StoreError::NameTaken("one".into())
    );
    let second = fixture.store.create_bin(named("two"), Vec::new()).await.unwrap();
    let renamed = fixture.store.update_bin(id, |settings| settings.name = "three".parse().ok()).await.unwrap();
    assert!(renamed.version > made.version);
    assert!(fixture.store.bin("one").is_none());
    assert_eq!(fixture.store.bin("three").unwrap().bin.id, id);
    assert_eq!(fixture.store.bin(id.as_str()).unwrap().bin.id, id);
    let taken = fixture.store.update_bin(id, |settings| settings.name = "two".parse().ok()).await;
    assert_eq!(taken.unwrap_err(), StoreError::NameTaken("two".into()));
    let with_two = fixture.store.add_secret(id, "test".into(), SecretValue::new("other".into())).await.unwrap();
    let first = with_two.bin.secrets[0].id;
    let with_one = fixture.store.delete_secret(id, first).await.unwrap();
    assert_eq!(fixture.store.delete_secret(id, first).await.unwrap_err(), StoreError::NotFound(Thing::Secret));
    let fixture = fixture.again();
    let back = fixture.store.bin("three").unwrap();
    assert_eq!(back.bin, with_one.bin);
    assert_eq!(back.bin.secrets[0].value.expose(), "other");
    assert_eq!(fixture.store.bins().iter().map(|bin| bin.bin.id).collect::<Vec<_>>(), [id, second.bin.id]);
}

#[tokio::test]
async fn a_deleted_bin_is_gone_at_once_and_its_rows_soon() {
    let fixture = Fixture::new();
    let (bin, other) = (fixture.bin().await.bin.id, fixture.bin().await.bin.id);
    for _ in 0..1_200 {
        fixture.store.capture_unattended(post(bin, "x"));
    }
    let kept = fixture.store.capture(post(other, "y")).await.unwrap();
    fixture.store.delete_bin(bin).await.unwrap();
    assert_eq!(fixture.store.delete_bin(bin).await, Err(StoreError::NotFound(Thing::Bin)));
    assert_eq!(fixture.store.capture(post(bin, "z")).await, Err(StoreError::NotFound(Thing::Bin)));
    assert!(matches!(fixture.log.0.lock().last().unwrap().what, ChangeKind::BinDeleted));
    // Half of the rows may be left when it is closed; the next start goes on.
    let fixture = fixture.again();
    let rows = || {
        let conn = rusqlite::Connection::open(fixture.path()).unwrap();
        conn.query_row("SELECT (SELECT count(*) FROM content) + (SELECT count(*) FROM doomed)", [], |row| {
            row.get::<_, i64>(0)
        })
        .unwrap()
    };
    until(|| rows() == 1).await;
    assert!(fixture.store.request(other, crate::store::RequestRef::Id(kept.id)).await.is_ok());
}

#[tokio::test]
async fn changes_are_replayed_in_order_until_the_journal_ends() {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let start = fixture.store.head_seq();
    let stored = fixture.store.capture(post(bin, "x")).await.unwrap();
    let pin = crate::model::MarksPatch { pinned: Some(true), ..Default::default() };
    fixture.store.mark(bin, stored.id, pin).await.unwrap();
    fixture.store.add_secret(bin, "l".into(), SecretValue::new("v".into())).await.unwrap();
    let other = fixture.store.capture(post(bin, "y")).await.unwrap();
    fixture.store.delete(bin, other.id).await.unwrap();
    let live: Vec<u64> = fixture.log.0.lock().iter().map(|change| change.seq).filter(|seq| *seq > start).collect();
    let replayed = fixture.store.changes_after(bin, start, 100).await.unwrap();
    let seqs: Vec<u64> = replayed.iter().map(|change| change.seq).collect();
    // Everything but the request that is gone.
    assert_eq!(seqs, live.iter().copied().filter(|seq| *seq != other.seq).collect::<Vec<_>>());
    assert!(matches!(&replayed[0].what, ChangeKind::Request(request) if request.summary.id == stored.id));
    assert!(matches!(&replayed[1].what, ChangeKind::Marked { marks, .. } if marks.pinned));
    assert!(matches!(replayed[2].what, ChangeKind::Bin));
    assert!(matches!(replayed[3].what, ChangeKind::Deleted { id } if id == other.id));
    let one_by_one = fixture.store.changes_after(bin, seqs[0], 1).await.unwrap();
    assert_eq!(one_by_one.len(), 1);
    assert_eq!(one_by_one[0].seq, seqs[1]);
}

#[tokio::test]
async fn secrets_are_replaced_in_one_step() {
    let fixture = Fixture::new();
    let secret = |text: &str| (text.to_owned(), SecretValue::new(text.to_owned()));
    let bin =
        fixture.store.create_bin(BinSettings::default(), vec![secret("old"), secret("older")]).await.unwrap().bin.id;
    let changes = |fixture: &Fixture| fixture.log.0.lock().iter().filter(|c| matches!(c.what, ChangeKind::Bin)).count();
    let labels = |fixture: &Fixture| -> Vec<String> {
        let bin = fixture.store.bin(bin.as_str()).unwrap();
        bin.bin.secrets.iter().map(|secret| secret.label.clone()).collect()
    };
    let before = changes(&fixture);
    let replaced =
        fixture.store.replace_secrets(bin, vec![secret("new"), secret("newer"), secret("newest")]).await.unwrap();
    assert_eq!(replaced.bin.secrets.len(), 3);
    assert_eq!(
        (changes(&fixture) - before, labels(&fixture)),
        (1, vec!["new".into(), "newer".into(), "newest".into()])
    );
    let fixture = fixture.again();
    assert_eq!(labels(&fixture).len(), 3);
    assert!(fixture.store.replace_secrets(bin, Vec::new()).await.unwrap().bin.secrets.is_empty());
    fixture.store.delete_bin(bin).await.unwrap();
    assert_eq!(fixture.store.replace_secrets(bin, Vec::new()).await.unwrap_err(), StoreError::NotFound(Thing::Bin));
}

#[tokio::test]
async fn a_file_replaces_the_secrets_of_its_labels_and_leaves_the_other_rows_alone() {
    let fixture = Fixture::new();
    let secret = |label: &str, text: &str| (label.to_owned(), SecretValue::new(text.to_owned()));
    let own = vec![secret("by hand", "one"), secret("live", "two")];
    let made = fixture.store.create_bin(BinSettings::default(), own).await.unwrap();
    let declare = async |secrets: Vec<(String, SecretValue)>| {
        let labels = secrets.iter().map(|(label, _)| label.clone()).collect();
        let declared = Some(Declaration {
            fields: Vec::new(),
            parts: Vec::new(),
            current: true,
            secrets: labels,
            event_schemas: Vec::new(),
        });
        let set = move |settings: &mut BinSettings| settings.declared = declared;
        fixture.store.declare_bin(made.bin.id, set, secrets).await.unwrap().bin.secrets.clone()
    };
    let rows = |secrets: &[Secret]| -> Vec<(String, String)> {
        secrets.iter().map(|secret| (secret.label.clone(), secret.value.expose().to_owned())).collect()
    };
    let first = declare(vec![secret("live", "three"), secret("test", "four")]).await;
    let wanted = [("by hand", "one"), ("live", "three"), ("test", "four")];
    assert_eq!(rows(&first), wanted.map(|(label, value)| (label.to_owned(), value.to_owned())));
    assert_eq!(first[0], made.bin.secrets[0], "number and age as well");
    let second = declare(vec![secret("live", "three")]).await;
    assert_eq!(second, first[..2], "what the file names no longer is not valid any more");
}

#[tokio::test]
async fn keys_of_deleted_bins_are_used_again_when_all_have_been_used() {
    let fixture = Fixture::new();
    let (first, gone) = (fixture.bin().await.bin.id, fixture.bin().await.bin.id);
    fixture.store.capture(post(gone, "of the deleted one")).await.unwrap();
    fixture.store.delete_bin(gone).await.unwrap();
    let sql = "UPDATE sqlite_sequence SET seq = (1 << 21) - 1 WHERE name = 'bin'";
    fixture.store.db.write(0, 0, move |tx, _| Ok(tx.conn.execute_batch(sql)?)).await.unwrap();
    let mut made = fixture.store.create_bin(BinSettings::default(), Vec::new()).await;
    // Its rows may still be on their way out: then its key is not free yet, and the next one is.
    for _ in 0..3 {
        let bin = made.unwrap().bin.id;
        assert_eq!(fixture.store.counts(bin).requests, 0);
        fixture.store.capture(post(bin, "x")).await.unwrap();
        assert_eq!(fixture.store.counts(bin).requests, 1);
        made = fixture.store.create_bin(BinSettings::default(), Vec::new()).await;
    }
    assert_eq!(fixture.store.counts(first).requests, 0);
}

#[tokio::test]
async fn keys_are_used_up_before_one_is_used_again() {
    const LAST: i64 = (1 << 21) - 1;
    let fixture = Fixture::new();
    let make = async || {
        let bin = fixture.bin().await.bin.id;
        (bin, fixture.store.db.source(bin).unwrap().key)
    };
    let ((_, first), (gone, second)) = (make().await, make().await);
    fixture.store.delete_bin(gone).await.unwrap();
    settled(&fixture).await;
    assert_eq!((first, second, make().await.1), (1, 2, 3));
    let sql = format!("UPDATE sqlite_sequence SET seq = {} WHERE name = 'bin'", LAST - 1);
    fixture.store.db.write(0, 0, move |tx, _| Ok(tx.conn.execute_batch(&sql)?)).await.unwrap();
    assert_eq!([make().await.1, make().await.1, make().await.1], [LAST, 2, 4]);
}

#[tokio::test]
async fn a_bin_has_so_many_secrets_and_what_is_refused_changes_nothing() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let secret = |number: usize| (format!("s{number}"), SecretValue::new(format!("v{number}")));
    let secrets = |count: usize| (0..count).map(secret).collect::<Vec<_>>();
    let full = StoreError::Full(Thing::Secret);
    assert_eq!(store.create_bin(named("a"), secrets(MAX_SECRETS + 1)).await.unwrap_err(), full);
    assert!(store.bin("a").is_none());
    let bin = store.create_bin(named("a"), secrets(MAX_SECRETS - 1)).await.unwrap().bin.id;
    let (label, value) = secret(99);
    store.add_secret(bin, label.clone(), value.clone()).await.unwrap();
    assert_eq!(store.add_secret(bin, label, value).await.unwrap_err(), full);
    assert_eq!(store.replace_secrets(bin, secrets(MAX_SECRETS + 1)).await.unwrap_err(), full);
    assert_eq!(store.declare_bin(bin, |_| {}, vec![secret(100)]).await.unwrap_err(), full);
    let held = store.bin("a").unwrap();
    assert_eq!((held.bin.secrets.len(), held.bin.secrets[MAX_SECRETS - 1].label.as_str()), (MAX_SECRETS, "s99"));
    assert_eq!(store.replace_secrets(bin, secrets(MAX_SECRETS)).await.unwrap().bin.secrets.len(), MAX_SECRETS);
}

#[tokio::test]
async fn a_secret_is_learnt_where_the_bin_is_for_its_sender_and_has_none() {
    type Of = &'static [&'static str];
    let of: [Of; 4] = [&["a"], &["b", "a"], &["b"], &["ab"]];
    let enforce = SignatureMode::Enforce;
    let report = SignatureMode::default();
    for (provider, scheme, custom, mode, own, of, learnt) in [
        (None, None, false, report, false, of[0], false),
        (Some("a"), None, false, report, false, of[0], true),
        (Some("a"), None, false, report, false, of[1], true),
        (Some("a"), None, false, report, false, of[2], false),
        (Some("a"), None, false, report, false, of[3], false),
        (None, Some("a"), false, report, false, of[0], true),
        (Some("a"), Some("b"), false, report, false, of[0], false),
        (Some("a"), Some("b"), false, report, false, of[2], true),
        (Some("a"), None, true, report, false, of[0], false),
        (Some("a"), None, false, enforce, false, of[0], false),
        (Some("a"), None, false, report, true, of[0], false),
    ] {
        let fixture = Fixture::new();
        let settings = BinSettings {
            provider: provider.map(str::to_owned),
            scheme: scheme.map(str::to_owned),
            custom_scheme: custom.then(|| serde_json::json!({})),
            signature_mode: mode,
            ..BinSettings::default()
        };
        let own: Vec<_> = own.then(|| ("own".to_owned(), SecretValue::new("1".to_owned()))).into_iter().collect();
        let bin = fixture.store.create_bin(settings, own.clone()).await.unwrap().bin.id;
        let told = fixture.store.learn_secret(bin, "learnt".into(), SecretValue::new("2".into()), of).await;
        assert_eq!(told, Ok(learnt), "{provider:?} {scheme:?} {of:?}");
        let held = fixture.store.bin(bin.as_str()).unwrap().bin.secrets.len();
        assert_eq!(held, own.len() + usize::from(learnt), "{provider:?} {scheme:?} {of:?}");
        // It is the first and the last.
        assert_eq!(fixture.store.learn_secret(bin, "l".into(), SecretValue::new("3".into()), of).await, Ok(false));
    }
}

#[tokio::test]
async fn a_learnt_secret_goes_when_the_bin_is_for_another_sender_or_its_owner_says_one() {
    type Set = fn(&mut BinSettings);
    let changes: [(Set, bool); 6] = [
        (|settings| settings.name = "n".parse().ok(), true),
        (|settings| settings.scheme = Some("b".to_owned()), true),
        (|settings| settings.scheme = Some("c".to_owned()), false),
        (|settings| settings.provider = Some("c".to_owned()), false),
        (|settings| settings.custom_scheme = Some(serde_json::json!({})), false),
        (|settings| settings.signature_mode = SignatureMode::Enforce, false),
    ];
    let learnt = async |fixture: &Fixture| {
        let settings = BinSettings { provider: Some("a".to_owned()), ..BinSettings::default() };
        let bin = fixture.store.create_bin(settings, Vec::new()).await.unwrap().bin.id;
        let value = SecretValue::new("2".to_owned());
        assert_eq!(fixture.store.learn_secret(bin, "learnt".into(), value, &["a", "b"]).await, Ok(true));
        bin
    };
    let labels = |bin: &crate::store::BinState| -> Vec<String> {
        bin.bin.secrets.iter().map(|secret| secret.label.clone()).collect()
    };
    for (number, (change, stays)) in changes.into_iter().enumerate() {
        let fixture = Fixture::new();
        let bin = learnt(&fixture).await;
        let after = fixture.store.update_bin(bin, change).await.unwrap();
        assert_eq!(labels(&after).len(), usize::from(stays), "{number}");
    }
    let fixture = Fixture::new();
    let own = || SecretValue::new("1".to_owned());
    let after = fixture.store.add_secret(learnt(&fixture).await, "own".into(), own()).await.unwrap();
    assert_eq!(labels(&after), ["own"]);
    let declared = vec![("own".to_owned(), own())];
    let after = fixture.store.declare_bin(learnt(&fixture).await, |_| {}, declared).await.unwrap();
    assert_eq!(labels(&after), ["own"]);
    let after = fixture.store.declare_bin(learnt(&fixture).await, |_| {}, Vec::new()).await.unwrap();
    assert_eq!(labels(&after), ["learnt"]);
}

#[tokio::test]
async fn whoever_holds_a_bin_sees_by_a_number_that_bins_have_changed_and_is_told_how() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let mut last = store.bins_generation();
    let mut grew = || std::mem::replace(&mut last, store.bins_generation()) < store.bins_generation();
    assert_eq!((store.bin_count(), grew()), (0, false));
    let mut updates = store.bin_updates();
    let bin = fixture.bin().await;
    assert_eq!((store.bin_count(), grew()), (1, true));
    store.capture(post(bin.bin.id, "x")).await.unwrap();
    assert!(!grew(), "requests are none of its changes");
    assert!(updates.try_recv().is_err(), "nor is one that is new");
    let named = store.update_bin(bin.bin.id, |settings| settings.name = "n".parse().ok()).await.unwrap();
    assert!(grew());
    let told = updates.try_recv().unwrap();
    assert_eq!((told.before.version, told.after.version), (bin.version, named.version));
    store.add_secret(bin.bin.id, "l".into(), SecretValue::new("v".into())).await.unwrap();
    assert!(grew());
    assert_eq!(updates.try_recv().unwrap().after.bin.secrets.len(), 1);
    assert_eq!(store.last_request_at(bin.bin.id), Some(super::help::start()));
    store.delete_bin(bin.bin.id).await.unwrap();
    assert_eq!((store.bin_count(), grew(), store.bin("n").is_none()), (0, true, true));
    assert_eq!(store.last_request_at(bin.bin.id), None);
}
