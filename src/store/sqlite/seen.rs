//! Recognises a repeated request by a hash, where no platform names the event. Holds the latest requests only and
//! starts empty; `repeats` finds older ones.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::BuildHasher as _;

use crate::model::{NewRequest, Origin, SameBefore, Seq};

/// Requests remembered, over all bins.
const REMEMBERED: usize = 20_000;
/// Larger bodies are not hashed: the writing thread would wait.
const MAX_BODY: usize = 256 << 10;

/// The latest requests, by a seeded hash of bin, method, target and body; of equal ones the newest.
#[derive(Default)]
pub(crate) struct Seen {
    hasher: RandomState,
    known: HashMap<u64, Known>,
    /// All noted requests, oldest first.
    in_order: VecDeque<(u64, Seq)>,
    /// Requests whose senders have no response yet.
    unanswered: HashMap<Seq, u64>,
}

struct Known {
    bin: i64,
    seq: Seq,
    status: Option<u16>,
    before: Option<SameBefore>,
}

impl Seen {
    /// Notes a request; returns the status of the same request before it, if there was one.
    pub(crate) fn note(
        &mut self,
        bin: i64,
        seq: Seq,
        new: &NewRequest,
        (method, target): (&str, &str),
    ) -> Option<SameBefore> {
        let event = &new.derived.event;
        let is_known = event.provider.is_some() || event.duplicate_key.is_some() || event.handshake.is_some();
        let has_come = new.complete && new.rejected.is_none();
        if is_known
            || !has_come
            || new.body.len() > MAX_BODY
            || matches!(new.origin, Origin::Composed | Origin::Imported)
        {
            return None;
        }
        let key = self.hasher.hash_one((bin, method, target, &new.body[..]));
        let last = self.known.get(&key);
        // A batch that did not fit is written again with the same cursors.
        let is_written_again = last.is_some_and(|last| last.seq == seq);
        let before =
            last.and_then(|last| if is_written_again { last.before } else { Some(SameBefore { status: last.status }) });
        self.known.insert(key, Known { bin, seq, status: new.status, before });
        if !is_written_again {
            self.in_order.push_back((key, seq));
        }
        if self.in_order.len() > REMEMBERED
            && let Some((oldest, at)) = self.in_order.pop_front()
            && self.known.get(&oldest).is_some_and(|known| known.seq == at)
        {
            self.known.remove(&oldest);
        }
        if new.status.is_none() {
            if self.unanswered.len() >= REMEMBERED {
                self.unanswered.clear();
            }
            self.unanswered.insert(seq, key);
        }
        before
    }

    /// Notes the status that the sender of a request finally got.
    pub(crate) fn answered(&mut self, seq: Seq, status: Option<u16>) {
        let Some(key) = self.unanswered.remove(&seq) else { return };
        if let Some(known) = self.known.get_mut(&key).filter(|known| known.seq == seq) {
            known.status = status;
        }
    }

    /// Forgets requests that could not be stored: a retry then counts as the first.
    pub(crate) fn unwritten(&mut self, requests: &HashSet<Seq>) {
        self.known.retain(|_, known| !requests.contains(&known.seq));
    }

    /// Forgets a bin whose requests were deleted: the next request counts as the first.
    pub(crate) fn forget(&mut self, bin: i64) {
        self.known.retain(|_, known| known.bin != bin);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::BinId;
    use crate::store::tests::post;

    #[test]
    fn a_request_that_comes_again_names_what_the_last_one_was_told_and_what_is_old_is_forgotten() {
        type Set = fn(&mut NewRequest);
        let mut seen = Seen::default();
        let request = |body: &str, status: Option<u16>| NewRequest { status, ..post(BinId::generate(), body) };
        let mut seq = 0;
        let mut note = |seen: &mut Seen, bin: i64, new: &NewRequest, target: &str| {
            seq += 1;
            (seen.note(bin, seq, new, ("POST", target)), seq)
        };
        let told = |status| Some(SameBefore { status });
        assert_eq!(note(&mut seen, 1, &request("a", Some(503)), "/x").0, None);
        assert_eq!(note(&mut seen, 1, &request("a", None), "/x").0, told(Some(503)));
        for (bin, body, target) in [(2, "a", "/x"), (1, "b", "/x"), (1, "a", "/y")] {
            assert_eq!(note(&mut seen, bin, &request(body, Some(200)), target).0, None, "{bin} {body} {target}");
        }
        let (again, last) = note(&mut seen, 1, &request("a", None), "/x");
        assert_eq!(again, told(None), "nobody has answered the last one yet");
        seen.answered(last, Some(201));
        assert_eq!(seen.note(1, last, &request("a", None), ("POST", "/x")), told(None), "it is the same one");
        seen.answered(last, Some(201));
        assert_eq!(note(&mut seen, 1, &request("a", Some(200)), "/x").0, told(Some(201)));
        let (_, lost) = note(&mut seen, 1, &request("lost", Some(200)), "/x");
        seen.unwritten(&HashSet::from([lost]));
        assert_eq!(note(&mut seen, 1, &request("lost", Some(200)), "/x").0, None);
        seen.forget(1);
        assert_eq!(note(&mut seen, 1, &request("a", Some(200)), "/x").0, None);
        assert_eq!(note(&mut seen, 2, &request("a", Some(200)), "/x").0, told(Some(200)));
        let mut told_again = |new: &NewRequest| {
            let mut seen = Seen::default();
            [note(&mut seen, 1, new, "/x").0, note(&mut seen, 1, new, "/x").0]
        };
        let told_once = [None, told(Some(200))];
        for (length, expected) in [(MAX_BODY, told_once), (MAX_BODY + 1, [None; 2])] {
            assert_eq!(told_again(&request(&"x".repeat(length), Some(200))), expected, "{length}");
        }
        // Each of these alone is a reason to leave it to others, or no repeat at all.
        let sets: [(Set, bool); 9] = [
            (|_| {}, true),
            (|new| new.origin = Origin::Replayed, true),
            (|new| new.derived.event.provider = Some("p".to_owned()), false),
            (|new| new.derived.event.duplicate_key = Some("k".to_owned()), false),
            (|new| new.derived.event.handshake = Some("h".to_owned()), false),
            (|new| new.complete = false, false),
            (|new| new.rejected = Some(crate::model::Rejection::NoHost), false),
            (|new| new.origin = Origin::Composed, false),
            (|new| new.origin = Origin::Imported, false),
        ];
        for (number, (set, is_noted)) in sets.into_iter().enumerate() {
            let mut new = request("r", Some(200));
            set(&mut new);
            assert_eq!(told_again(&new), if is_noted { told_once } else { [None; 2] }, "{number}");
        }
        for number in 0..2 * REMEMBERED {
            note(&mut seen, 1, &request(&number.to_string(), None), "/x");
            if number % 1_000 == 0 {
                let again = note(&mut seen, 3, &request("now and then", Some(200)), "/x").0;
                assert_eq!(again, (number > 0).then_some(SameBefore { status: Some(200) }), "{number}");
            }
        }
        assert!(seen.known.len() <= REMEMBERED);
        assert_eq!(seen.in_order.len(), REMEMBERED);
        assert!(seen.unanswered.len() <= REMEMBERED);
        assert_eq!(note(&mut seen, 2, &request("a", Some(200)), "/x").0, None);
    }

    #[test]
    fn each_of_many_senders_that_wait_for_their_responses_is_told_its_own() {
        let mut seen = Seen::default();
        let request = |number: u64| NewRequest { status: None, ..post(BinId::generate(), &number.to_string()) };
        for number in 1..=9 {
            assert_eq!(seen.note(1, number, &request(number), ("POST", "/x")), None);
        }
        for number in 1..=9 {
            seen.answered(number, u16::try_from(200 + number).ok());
        }
        for number in 1..=9 {
            let before = seen.note(1, 10 + number, &request(number), ("POST", "/x"));
            assert_eq!(before, Some(SameBefore { status: u16::try_from(200 + number).ok() }), "{number}");
        }
    }
}
