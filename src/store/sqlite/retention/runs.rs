//! What one run removes.

use super::*;
use crate::model::BinLimits;
use crate::store::sqlite::effects::{Delta, Touch};
use crate::store::sqlite::still::Still;

#[test]
fn nothing_is_looked_for_any_more_when_all_that_is_there_is_pinned() {
    for count in [0, 511, 512, 513] {
        let still = Still::with(|options| options.max_bytes = 1);
        let bin = still.bin();
        still.fill(bin, 1..=count, true);
        let mut retention = Retention { over_bytes: true, ..Retention::default() };
        for is_over in if count < CHUNK { vec![true] } else { vec![false, true] } {
            still.write(|tx| {
                tx.touch(bin)?.delta.bytes = 2;
                retention.evict_bytes(tx, 1_000)
            });
            assert_eq!((retention.stuck, retention.is_behind()), (is_over, !is_over), "{count}");
            assert_eq!(retention.floor, if is_over { count } else { CHUNK }, "{count}");
        }
        assert_eq!(still.left().len() as u64, count);
    }
}

#[test]
fn a_batch_evicts_a_chunk_or_twice_what_it_brings_and_leaves_what_is_not_worthwhile_for_later() {
    // Requests that are too many, requests of the batch, how many go.
    for (excess, captured, gone) in [
        (0, 0, 0),
        (10, 0, 10),
        (10, 1, 0),
        (255, 1, 0),
        (256, 1, 256),
        (511, 0, 511),
        (512, 0, 512),
        (513, 0, 512),
        (700, 256, 512),
        (700, 257, 514),
        (700, 350, 700),
        (700, 400, 700),
    ] {
        let still = Still::with(|options| options.max_requests = 1);
        let bin = still.bin();
        still.fill(bin, 1..=excess + 1, false);
        let mut retention = Retention { over: HashSet::from([bin]), ..Retention::default() };
        let ((), effects) = still.write(|tx| {
            tx.effects.captured = captured;
            retention.run(tx, 5_000)
        });
        assert_eq!(still.left(), (gone + 1..=excess + 1).collect::<Vec<_>>(), "{excess} {captured}");
        assert!(gone > 0 || excess == 0 || retention.over.contains(&bin), "it waits: {excess} {captured}");
        let eviction = effects.touched.get(&bin).and_then(|touch| touch.delta.eviction);
        assert_eq!(eviction, (gone > 0).then_some((5_000, gone, gone)), "{excess} {captured}");
    }
}

#[test]
fn each_bin_that_loses_requests_uses_the_next_cursor() {
    let still = Still::with(|options| options.max_age_s = 60);
    let over = [0; 3].map(|_| still.limited(BinLimits { max_requests: Some(1), ..BinLimits::default() }));
    let aged = [0; 2].map(|_| still.bin());
    for (number, bin) in (0..).zip(over.into_iter().chain(aged)) {
        still.fill(bin, 10 * number + 1..=10 * number + 5, false);
    }
    let mut retention = Retention { over: over.into(), aged: aged.into(), ..Retention::default() };
    retention.ages.now(&still.shared);
    still.clock.set(Timestamp::from_secs(still.clock.now().as_secs() + 61));
    let ((), effects) = still.write(|tx| retention.run(tx, 100));
    let mut used: Vec<_> = effects.touched.values().map(|touch| touch.delta.eviction.unwrap()).collect();
    used.sort_unstable();
    assert_eq!(used.iter().map(|(seq, ..)| *seq).collect::<Vec<_>>(), [100, 101, 102, 103, 104]);
    assert_eq!(used.iter().map(|(.., count)| *count).collect::<Vec<_>>(), [4, 4, 4, 5, 5]);
    assert!(retention.over.is_empty() && retention.aged.is_empty());
}

#[test]
fn a_search_for_bytes_that_was_in_vain_is_made_again_when_there_are_new_ones_or_none_too_many() {
    for (was_stuck, held, captured, is_stuck) in
        [(true, 11, 0, true), (true, 11, 1, false), (true, 10, 0, false), (false, 11, 0, false), (false, 10, 1, false)]
    {
        let still = Still::with(|options| options.max_bytes = 10);
        let bin = still.bin();
        let entry = still.shared.bins.entry(bin).unwrap();
        still.shared.bins.count(&entry, &Delta { bytes: held, ..Delta::default() });
        let touch = Touch { key: entry.key, wanted: false, delta: Delta::default() };
        let mut effects = Effects { captured, ..Effects::default() };
        effects.touched.insert(bin, touch);
        let mut retention = Retention { stuck: was_stuck, ..Retention::default() };
        retention.committed(&still.shared, &mut effects);
        assert_eq!((retention.stuck, retention.over_bytes), (is_stuck, held > 10), "{was_stuck} {held} {captured}");
    }
}
