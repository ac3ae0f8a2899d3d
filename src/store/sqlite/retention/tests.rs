use super::*;

#[test]
fn the_clock_is_believed_when_it_goes_back_or_a_minute_ahead_and_further_ahead_after_an_hour() {
    const START: i64 = 1_000_000_000;
    let mut ages = Ages::default();
    // What the clock is ahead of where it was at the start, the time that has passed, how far ahead it is believed to be.
    for (ahead, steady, believed, jumped) in [
        (0, 0, 0, false),
        (0, 5_000_000, 0, false),
        (60_000_000, 5_000_000, 60_000_000, false),
        (120_000_001, 6_000_000, 60_000_000, true),
        (900_000_000, 7_000_000, 60_000_000, true),
        (-900_000_000, 8_000_000, -900_000_000, false),
        (0, 10_000_000, -900_000_000, true),
        (0, 3_609_999_999, -900_000_000, true),
        (0, 3_610_000_000, 0, false),
        (60_000_000, 3_610_000_000, 60_000_000, false),
    ] {
        let now = ages.at(START + steady + ahead, steady);
        assert_eq!((now - START - steady, ages.jumped.is_some()), (believed, jumped), "{ahead} {steady}");
    }
}

#[test]
fn each_kind_of_work_has_its_cursors_and_only_the_excess_of_a_bin_waits_for_more() {
    let bins = |count: usize| (0..count).map(|_| BinId::generate());
    let case = |over: usize, aged: usize| Retention {
        over: bins(over).collect(),
        aged: bins(aged).collect(),
        ..Retention::default()
    };
    let (now, soon) = (Some(Duration::ZERO), Some(PATIENCE));
    for (number, (retention, patience, cursors)) in [
        (case(0, 0), None, 0),
        (case(1, 0), soon, 1),
        (case(16, 0), soon, 16),
        (case(17, 0), soon, 16),
        (case(0, 1), now, 1),
        (case(3, 17), now, 19),
        (Retention { over_bytes: true, ..case(0, 0) }, now, 16),
        (Retention { over_bytes: true, ..case(2, 3) }, now, 21),
        (Retention { over_bytes: true, stuck: true, ..case(0, 0) }, None, 0),
        (Retention { over_bytes: true, stuck: true, ..case(2, 0) }, soon, 2),
        (Retention { to_purge: vec![1], ..case(0, 0) }, now, 1),
        (Retention { to_purge: vec![1], ..case(1, 0) }, now, 1),
        (Retention { journaled: JOURNAL_ROWS + JOURNAL_SLACK, ..case(0, 0) }, None, 0),
        (Retention { journaled: JOURNAL_ROWS + JOURNAL_SLACK + 1, ..case(0, 0) }, now, 1),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!((retention.patience(), retention.cursors()), (patience, cursors), "case {number}");
        assert_eq!(retention.is_behind(), patience.is_some(), "case {number}");
    }
}
