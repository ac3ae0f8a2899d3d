use super::*;
use proptest::prelude::*;

fn message(text: &str) -> (usize, String) {
    let error = Filter::parse(text).unwrap_err();
    (error.at, error.message)
}

#[test]
fn every_example_of_the_table_is_read() {
    for field in FIELDS {
        assert!(Filter::parse(field.example).is_ok(), "{}", field.example);
        assert!(field.example.starts_with(field.name), "{}", field.example);
        assert!(field.meaning.ends_with('.'), "{}", field.name);
    }
}

#[test]
fn nothing_but_blanks_matches_everything() {
    assert!(Filter::parse("").unwrap().is_empty());
    assert!(Filter::parse("  \t").unwrap().is_empty());
}

#[test]
fn or_binds_weaker_than_standing_side_by_side() {
    let tree = |text: &str| Filter::parse(text).unwrap();
    assert_eq!(tree("a b OR c"), tree("(a b) OR c"));
    assert_ne!(tree("a b OR c"), tree("a (b OR c)"));
    assert_eq!(tree("-a b"), tree("(-a) b"));
    assert_eq!(tree("\"OR\""), tree("text:OR"));
    // Small letters join what is on both sides; a word is meant in quotes, at an end, or where nothing could be joined.
    assert_eq!(tree("a or b"), tree("a OR b"));
    assert_eq!(tree("(sig:invalid) Or -b"), tree("sig:invalid OR -b"));
    assert_eq!(tree("a and b"), tree("a b"));
    assert_eq!(tree("a AND NOT b"), tree("a -b"));
    assert_eq!(tree("NOT (a b)"), tree("-(a b)"));
    assert_eq!(tree("a \"or\" b"), tree("a text:or b"));
    assert_eq!(tree("a or"), tree("a text:or"));
    assert_eq!(tree("or a"), tree("text:or a"));
    assert_eq!(tree("not found"), tree("text:not found"));
    assert_eq!(tree("error NOT"), tree("error text:NOT"));
    assert_eq!(tree("\"-a\""), tree("text:-a"));
    assert_eq!(tree("12:30"), tree("text:12:30"));
}

#[test]
fn mistakes_are_named_with_their_place() {
    assert_eq!(message("a metod:POST"), (2, "There is no field 'metod': did you mean 'method:'?".to_owned()));
    assert_eq!(
        message("https://x"),
        (0, "There is no field 'https': put it in quotes to look for it as text".to_owned())
    );
    assert_eq!(message("a \"b"), (2, "The quote is not closed: add a \" at its end.".to_owned()));
    assert_eq!(message("(a"), (0, "This parenthesis is not closed.".to_owned()));
    assert_eq!(message("a)"), (1, "This ')' closes nothing.".to_owned()));
    assert_eq!(message("a OR"), (4, "Something to look for is missing here.".to_owned()));
    assert_eq!(message("()"), (1, "Something to look for is missing here.".to_owned()));
    assert_eq!(message("sig:wrong").0, 4);
    assert_eq!(message("method:").1, "A value is missing after the colon.");
    assert!(message("size:big").1.starts_with("A size is written"));
    assert!(message("after:noon").1.starts_with("A moment is written"));
    assert!(message("json:a=1").1.starts_with("A place in JSON"));
    assert!(Filter::parse(&"(".repeat(1_000)).is_err());
    assert!(Filter::parse(&"-".repeat(4_000)).is_err());
    assert!(Filter::parse(&"a ".repeat(65)).is_err());
    assert!(Filter::parse(&"a".repeat(5_000)).is_err());
}

#[test]
fn ranges_mean_what_they_say() {
    let leaf = |text: &str| match Filter::parse(text).unwrap().root().unwrap() {
        Node::Leaf(leaf) => leaf.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(leaf("size:>10k"), Leaf::Size(10_241, u64::MAX));
    assert_eq!(leaf("size:<=1MiB"), Leaf::Size(0, 1 << 20));
    assert_eq!(leaf("size:<0"), Leaf::Size(1, 0));
    assert_eq!(leaf("status:4xx"), Leaf::Status(Some((400, 499))));
    assert_eq!(leaf("status:>=500"), Leaf::Status(Some((500, u16::MAX))));
    assert_eq!(leaf("status:none"), Leaf::Status(None));
    assert_eq!(leaf("after:2026-05-28"), leaf("after:2026-05-28T00:00Z"));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_in_place(text in "[ ()a-c:=*/\"\\\\<>0-9äOR-]{0,40}|.{0,40}") {
        if let Err(error) = Filter::parse(&text) {
            prop_assert!(error.at <= text.len());
        }
    }
}
