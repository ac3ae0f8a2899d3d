use super::*;

#[test]
fn keys_go_by_bin_and_then_by_cursor() {
    let last = unsigned(MAX_SEQ);
    let keys: Vec<i64> = [(1, 1), (1, last), (2, 1), (MAX_BINS, 1), (MAX_BINS, last)]
        .into_iter()
        .map(|(bin, seq)| row_key(bin, seq).unwrap())
        .collect();
    assert!(keys.is_sorted() && keys[0] > 0 && keys[4] == i64::MAX, "{keys:?}");
    assert_eq!(keys.iter().map(|key| seq_of(*key)).collect::<Vec<_>>(), [1, last, 1, 1, last]);
    assert!(row_key(1, last + 1).is_err());
    assert_eq!((looked_up(2, 1), looked_up(2, last + 1)), (keys[2], keys[2] - 1), "no row has cursor 0");
}

#[test]
fn the_ends_of_a_bin_leave_the_others_out() {
    let holds = |(low, high): (i64, i64), bin, seq| (low + 1..high).contains(&row_key(bin, seq).unwrap());
    let last = unsigned(MAX_SEQ);
    let all = between(7, 0, Seq::MAX);
    assert!(holds(all, 7, 1) && holds(all, 7, last) && !holds(all, 6, last) && !holds(all, 8, 1));
    let almost = between(7, 0, last);
    assert!(holds(almost, 7, last - 1) && !holds(almost, 7, last));
    assert_eq!(between(7, 0, last + 1), all);
    let some = between(7, 3, 5);
    assert!(holds(some, 7, 4) && !holds(some, 7, 3) && !holds(some, 7, 5));
    assert!(!holds(between(7, Seq::MAX, Seq::MAX), 7, last));
    assert_eq!(SEQ, format!("(r.place & {MAX_SEQ})"));
}
