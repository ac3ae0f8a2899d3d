use super::*;
use crate::store::sqlite::still::Still;
use crate::store::tests::post;

const LARGE: usize = 400_000;

fn writer(still: &Still) -> Writer {
    let conn = open::reopen(&still.shared.path, &still.shared.options).unwrap();
    Writer::new(Arc::clone(&still.shared), Arc::new(Queue::new(1)), conn).unwrap()
}

/// Leaves room for that many pages more.
fn limit(writer: &Writer, pages: i64) {
    let conn = writer.conn.as_ref().unwrap();
    let used: i64 = conn.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    conn.query_row(&format!("PRAGMA max_page_count = {}", used + pages), [], |_| Ok(())).unwrap();
}

#[test]
fn a_batch_is_halved_when_the_disk_is_full_as_long_as_there_is_something_to_halve() {
    const ENOUGH: u32 = MAX_SPLITS;
    let full = StoreError::DiskFull;
    // The sizes of the bodies, how often was halved before and after, which of them are stored.
    for (sizes, before, after, stored) in [
        (&[10][..], 0, 0, &[true][..]),
        (&[LARGE], 0, 0, &[false]),
        (&[LARGE, 10], 0, 1, &[false, true]),
        (&[10, 10, LARGE, 10], 0, 2, &[true, true, false, true]),
        (&[10, LARGE, 10, 10, LARGE], 0, 4, &[true, false, true, true, false]),
        (&[LARGE, 10], ENOUGH - 1, ENOUGH, &[false, true]),
        (&[LARGE, 10], ENOUGH, ENOUGH, &[false, false]),
        (&[10, 10], ENOUGH, ENOUGH, &[true, true]),
    ] {
        let still = Still::new();
        let bin = still.bin();
        let mut writer = writer(&still);
        limit(&writer, 20);
        let mut jobs: Vec<Job> = (1..)
            .zip(sizes)
            .map(|(seq, size)| Job::Capture { seq, worker: None, request: Arc::new(post(bin, &"x".repeat(*size))) })
            .collect();
        let mut outcomes = vec![None; jobs.len()];
        let mut splits = before;
        let done = writer.attempt(&mut jobs, &mut outcomes, 0, &mut splits);
        let told = format!("{sizes:?} {before}");
        assert_eq!(splits, after, "{told}");
        let expected: Vec<_> = stored.iter().map(|stored| (!stored).then(|| full.clone())).collect();
        assert_eq!(outcomes, expected, "{told}");
        assert_eq!(done.is_ok(), stored.iter().all(|stored| *stored), "{told}");
        let count = stored.iter().filter(|stored| **stored).count();
        assert_eq!((still.left().len(), still.shared.bins.tally(bin).unwrap().counts.requests), (count, count as u64));
    }
}

#[test]
fn a_batch_that_fails_for_another_reason_fails_as_a_whole() {
    let still = Still::new();
    let bin = still.bin();
    let mut writer = writer(&still);
    writer.conn.as_ref().unwrap().execute_batch("PRAGMA query_only = ON").unwrap();
    let mut jobs: Vec<Job> =
        (1..=2).map(|seq| Job::Capture { seq, worker: None, request: Arc::new(post(bin, "x")) }).collect();
    let mut outcomes = vec![None; 2];
    let mut splits = 0;
    let done = writer.attempt(&mut jobs, &mut outcomes, 0, &mut splits);
    assert!(matches!(done, Err(StoreError::Unavailable(_))), "{done:?}");
    assert_eq!((outcomes, splits), (vec![done.clone().err(), done.err()], 0));
    assert!(still.left().is_empty());
}

#[test]
fn a_request_that_meets_trouble_fails_with_all_of_its_batch() {
    let still = Still::new();
    let bin = still.bin();
    let trigger = "CREATE TRIGGER t BEFORE INSERT ON request WHEN new.body_size = 7
        BEGIN SELECT RAISE(FAIL, 'as if'); END";
    still.conn.execute_batch(trigger).unwrap();
    let mut writer = writer(&still);
    let mut jobs: Vec<Job> = (1..)
        .zip([6, 7, 8])
        .map(|(seq, size)| Job::Capture { seq, worker: None, request: Arc::new(post(bin, &"x".repeat(size))) })
        .collect();
    let mut outcomes = vec![None; 3];
    let done = writer.attempt(&mut jobs, &mut outcomes, 0, &mut 0);
    assert!(matches!(done, Err(StoreError::Unavailable(_))), "{done:?}");
    assert_eq!(outcomes, vec![done.err(); 3]);
    assert!(still.left().is_empty());
}

#[test]
fn the_place_of_the_file_is_looked_at_once_a_second() {
    let still = Still::new();
    let mut writer = writer(&still);
    let before = Err(StoreError::Unavailable("as it was".to_owned()));
    // A look that lies in the future is no second old, however slow this test is.
    writer.looked_at = (Instant::now() + Duration::from_hours(1), before.clone());
    assert_eq!(writer.check_place(), before);
    writer.looked_at.0 = Instant::now().checked_sub(TICK).unwrap();
    assert_eq!([writer.check_place(), writer.check_place()], [Ok(()), Ok(())]);
    assert!(writer.looked_at.0.elapsed() < Duration::from_hours(1));
    let away = still.shared.path.with_extension("away");
    std::fs::rename(&still.shared.path, &away).unwrap();
    writer.looked_at = (Instant::now() + Duration::from_hours(1), Ok(()));
    assert_eq!(writer.check_place(), Ok(()));
    writer.looked_at.0 = Instant::now().checked_sub(TICK).unwrap();
    assert!(matches!(writer.check_place(), Err(StoreError::Unavailable(_))));
}

#[test]
fn only_a_batch_that_has_cursors_to_spare_evicts() {
    let still = Still::with(|options| options.max_requests = 1);
    let bin = still.bin();
    still.fill(bin, 1..=5, false);
    let mut writer = writer(&still);
    let mut batch = |spare: Seq| writer.transaction(&mut [], &mut [], spare).unwrap().touched.len();
    assert_eq!((batch(0), still.left().len()), (0, 5));
    assert_eq!((batch(9), still.left()), (1, vec![5]));
}

#[test]
fn an_idle_writer_finds_out_whether_writing_works_again_and_opens_anew_unless_the_disk_is_full() {
    let still = Still::new();
    let mut writer = writer(&still);
    let trouble = || still.shared.trouble();
    let full = Some(StoreError::DiskFull);
    still.shared.set_trouble(full.clone());
    // A limit holds for its connection only: with another one there would be room.
    limit(&writer, 0);
    for _ in 0..2 {
        writer.idle();
        assert_eq!((trouble(), writer.conn.is_some()), (full.clone(), true));
    }
    limit(&writer, 100);
    writer.idle();
    assert_eq!(trouble(), None);
    let query_only = |writer: &Writer, on: bool| {
        writer.conn.as_ref().unwrap().execute_batch(&format!("PRAGMA query_only = {on}")).unwrap();
    };
    query_only(&writer, true);
    writer.idle();
    assert_eq!(trouble(), None, "it is not tried without a reason");
    still.shared.set_trouble(full);
    writer.idle();
    assert!(matches!(trouble(), Some(StoreError::Unavailable(_))) && writer.conn.is_none());
    writer.idle();
    assert_eq!((trouble(), writer.conn.is_some()), (None, true));
    assert!(still.left().is_empty(), "what was written to try it is gone");
    let away = still.shared.path.with_extension("away");
    std::fs::rename(&still.shared.path, &away).unwrap();
    writer.looked_at.0 = Instant::now().checked_sub(TICK).unwrap();
    writer.idle();
    assert!(matches!(trouble(), Some(StoreError::Unavailable(_))) && writer.conn.is_none());
    std::fs::rename(&away, &still.shared.path).unwrap();
    writer.looked_at.0 = Instant::now().checked_sub(TICK).unwrap();
    writer.idle();
    assert_eq!((trouble(), writer.conn.is_some()), (None, true));
}

#[test]
fn a_batch_that_cannot_even_begin_is_not_tried_again_at_once() {
    let still = Still::with(|options| options.max_requests = 1);
    let bin = still.bin();
    let mut writer = writer(&still);
    let batch = |writer: &mut Writer, seq: Seq| {
        let mut jobs = [Job::Capture { seq, worker: None, request: Arc::new(post(bin, "x")) }];
        writer.attempt(&mut jobs, &mut [None], 0, &mut 0)
    };
    for seq in 1..=2 {
        assert_eq!(batch(&mut writer, seq), Ok(()));
    }
    let soon = writer.retention.patience().unwrap();
    let away = still.shared.path.with_extension("away");
    std::fs::rename(&still.shared.path, &away).unwrap();
    writer.looked_at.0 = Instant::now().checked_sub(TICK).unwrap();
    assert!(batch(&mut writer, 3).is_err());
    assert!(writer.retention.patience().unwrap() >= TICK.max(soon * 2), "{:?}", writer.retention.patience());
    std::fs::rename(&away, &still.shared.path).unwrap();
    writer.looked_at.0 = Instant::now().checked_sub(TICK).unwrap();
    assert_eq!(batch(&mut writer, 4), Ok(()));
    assert_eq!(writer.retention.patience(), Some(soon));
}
