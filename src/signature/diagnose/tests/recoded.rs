//! Bodies in other white space, charsets and codings, and lines of bodies: each form is what its words say.

use super::super::{on_the_way, recode};
use super::made::{made, made_of};
use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn line_ends_and_marks_come_and_go() {
    made(recode::without_newline, "x\r\n")
        .are(&[("without its trailing newline", &["x"]), ("without the white space around it", &["x"])]);
    made(recode::without_newline, " x\n\n")
        .are(&[("without its trailing newline", &[" x\n"]), ("without the white space around it", &["x"])]);
    made(recode::without_newline, "x").lack(&["without its trailing newline"]);
    made(recode::with_newline, "x")
        .are(&[("with a line feed after it", &["x\n"]), ("with a trailing newline (CR LF)", &["x\r\n"])]);
    made(recode::line_ends, "a\r\nb\nc").are(&[
        ("with LF newlines", &["a\nb\nc"]),
        ("with CR LF newlines", &["a\r\nb\r\nc"]),
        ("without newlines", &["abc"]),
    ]);
    assert_eq!(made(recode::line_ends, "abc").words().count(), 0);
    made(recode::without_mark, "\u{feff}x").are(&[("without its byte order mark", &["x"])]);
    assert_eq!(made(recode::without_mark, "x").words().count(), 0);
    made(recode::with_mark, "x").are(&[("with a byte order mark before it", &["\u{feff}x"])]);
    made(recode::decompressed, gzip(b"{}")).are(&[("after decompression", &["{}"])]);
    made(recode::empty, "x").are(&[("when it is empty", &[""]), ("when it is `{}`", &["{}"])]);
}

#[test]
fn text_is_written_in_another_charset() {
    made(recode::charsets, "é").are_bytes(&[
        ("in Latin-1", b"\xe9"),
        ("in Windows-1252", b"\xe9"),
        ("encoded in UTF-8 twice", b"\xc3\x83\xc2\xa9"),
        ("in UTF-16", b"\xe9\0"),
    ]);
    let euro = made(recode::charsets, "€");
    euro.are_bytes(&[
        ("in Windows-1252", b"\x80"),
        ("encoded in UTF-8 twice", b"\xc3\xa2\xc2\x82\xc2\xac"),
        ("encoded in UTF-8 twice, by way of Windows-1252", "â‚¬".as_bytes()),
    ]);
    euro.lack(&["in Latin-1"]);
    made(recode::charsets, "Ж").lack(&["in Latin-1", "in Windows-1252"]);
    made(recode::charsets, "Ã©").are(&[("encoded in UTF-8 once; it arrived encoded twice", &["é", "é"])]);
    assert_eq!(made(recode::charsets, "plain").words().count(), 0);
    made(recode::charsets, b"\xe9a\x80").are(&[
        ("read as Latin-1 and written in UTF-8", &["éa\u{80}"]),
        ("read as Windows-1252 and written in UTF-8", &["éa€"]),
        ("with replacement characters for what is not UTF-8", &["\u{fffd}a\u{fffd}"]),
    ]);
    // The last of Latin-1, the first beyond it, the last of the basic plane, one beyond that.
    let lost = made(recode::charsets, "aÿĀ\u{ffff}\u{10000}");
    lost.are(&[
        ("with a question mark for each character beyond ASCII", &["a????"]),
        ("with question marks for what is beyond ASCII, two for an emoji", &["a?????"]),
        ("with a question mark for each byte beyond ASCII", &["a???????????"]),
        ("without what is beyond ASCII", &["a"]),
        ("with question marks for emoji", &["aÿĀ\u{ffff}?", "aÿĀ\u{ffff}\u{fffd}"]),
        ("with two question marks for each emoji", &["aÿĀ\u{ffff}??", "aÿĀ\u{ffff}\u{fffd}\u{fffd}"]),
        (
            "with four question marks for each emoji",
            &["aÿĀ\u{ffff}????", "aÿĀ\u{ffff}\u{fffd}\u{fffd}\u{fffd}\u{fffd}"],
        ),
        ("without emoji", &["aÿĀ\u{ffff}"]),
    ]);
    lost.are_bytes(&[
        ("in Latin-1, with a question mark for each other character", b"a\xff???"),
        ("in Latin-1, with question marks for other characters, two for an emoji", b"a\xff????"),
    ]);
    made(recode::normalised, "e\u{301}é\u{fb01}").are(&[
        ("in composed Unicode form (NFC)", &["éé\u{fb01}"]),
        ("in decomposed Unicode form (NFD)", &["e\u{301}e\u{301}\u{fb01}"]),
        ("in compatible Unicode form (NFKC)", &["ééfi"]),
    ]);
    assert_eq!(made(recode::normalised, "plain").words().count(), 0);
}

/// By Python's codecs.
#[test]
fn text_is_written_in_charsets_that_few_use() {
    let written = |text: &str, how: &str, bytes: &[u8]| made(on_the_way::charsets, text).are_bytes(&[(how, bytes)]);
    written("Привет", "in windows-1251", b"\xcf\xf0\xe8\xe2\xe5\xf2");
    written("Привет", "in KOI8-R", b"\xf0\xd2\xc9\xd7\xc5\xd4");
    written("Привет", "in IBM866", b"\x8f\xe0\xa8\xa2\xa5\xe2");
    written("日本語", "in Shift_JIS", b"\x93\xfa\x96{\x8c\xea");
    written("日本語", "in Big5", b"\xa4\xe9\xa5\xbb\xbby");
    written("é", "in macintosh", b"\x8e");
    written("€", "in ISO-8859-15", b"\xa4");
    written(
        "{ \"a\": \"Привет\"}",
        "in windows-1251, as compact JSON writes it",
        b"{\"a\":\"\xcf\xf0\xe8\xe2\xe5\xf2\"}",
    );
    let latin = made(on_the_way::charsets, "{\"a\":\"é\"}");
    latin.lack(&[
        "in windows-1251",
        "in windows-1251, as compact JSON writes it",
        "in ISO-8859-15, as Python's json.dumps writes it",
    ]);
    made(on_the_way::charsets, "no JSON: Привет").lack(&["in windows-1251, as compact JSON writes it"]);
    // What arrived in such a charset, and its JSON written anew.
    let russian = made(on_the_way::charsets, b"{ \"a\": \"\xcf\xf0\xe8\xe2\xe5\xf2\"}");
    russian.hold(&[
        ("read as windows-1251 and written in UTF-8", "{ \"a\": \"Привет\"}"),
        ("read as windows-1251 and written in UTF-8, as JavaScript's JSON.stringify writes it", "{\"a\":\"Привет\"}"),
    ]);
    made(on_the_way::charsets, "{ \"a\": \"é\"}")
        .lack(&["read as windows-1251 and written in UTF-8, as JavaScript's JSON.stringify writes it"]);
    // The charset that the media type names comes first.
    for (kind, first) in [("text/plain; charset=euc-kr", "in EUC-KR"), ("text/plain", "in Shift_JIS")] {
        let made = made_of(on_the_way::charsets, kind, "日Я");
        assert_eq!(made.words().find(|words| words.starts_with("in ")), Some(first));
    }
}

#[test]
fn text_is_written_in_units_of_two_and_four_bytes() {
    made(on_the_way::utf16, "aé").are_bytes(&[
        ("in UTF-16", b"a\0\xe9\0"),
        ("in UTF-16 with a byte order mark", b"\xff\xfea\0\xe9\0"),
        ("in UTF-16 (big endian)", b"\0a\0\xe9"),
        ("in UTF-16 (big endian) with a byte order mark", b"\xfe\xff\0a\0\xe9"),
        ("in UTF-32", b"a\0\0\0\xe9\0\0\0"),
    ]);
    for (sent, read) in [
        (&b"a\0b\0"[..], Some("ab")),
        (b"\0a\0b", Some("ab")),
        (b"\xff\xfea\0", Some("a")),
        (b"\xfe\xff\0a", Some("a")),
        (b"a\0", None),
        (b"abcd", None),
        (b"a\0\0\xd8", None),
    ] {
        let expected: Vec<&str> = read.into_iter().collect();
        assert_eq!(made(on_the_way::inside, sent).texts("read as UTF-16"), expected, "{sent:?}");
    }
}

#[test]
fn what_is_packed_is_unpacked_in_two_steps_at_most() {
    let packed = made(on_the_way::inside, STANDARD.encode(gzip(b"{\"a\":1}")));
    packed.are(&[
        ("decoded from base64 and after decompression", &["{\"a\":1}"]),
        ("decoded from base64 and after decompression, with a line feed after it", &["{\"a\":1}\n"]),
        ("decoded from base64 and after decompression, in base64", &["eyJhIjoxfQ=="]),
    ]);
    packed.hold(&[
        ("decoded from base64 and after decompression, as Python's json.dumps writes it", "{\"a\": 1}"),
        (
            "decoded from base64 and after decompression, as Python's json.dumps writes it with a line feed after it",
            "{\"a\": 1}\n",
        ),
    ]);
    assert_eq!(packed.of("decoded from base64"), [gzip(b"{\"a\":1}")]);
    made(on_the_way::inside, "\u{feff}{}").are(&[("without its byte order mark", &["{}"])]);
    // Eight characters may be base64 of something, fewer are a word; quotes and white space may be around them.
    made(on_the_way::inside, " \"YWJjZGVm\"\n").are(&[("decoded from base64", &["abcdef"])]);
    made(on_the_way::inside, "YWJjZGU").are(&[("decoded from base64", &[])]);
    for (length, count) in [(64 << 10, 1), ((64 << 10) + 1, 0)] {
        let sent = gzip(&vec![b'x'; length]);
        assert_eq!(made(on_the_way::inside, sent).of("after decompression").len(), count, "{length}");
    }
}

/// By Python's `base64` and `urllib`.
#[test]
fn a_body_is_encoded_on_the_way() {
    let sent: Vec<u8> = (60..140).collect();
    let (first, rest) = (
        "PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5fYGFiY2RlZmdoaWprbG1ub3BxcnN0",
        "dXZ3eHl6e3x9fn+AgYKDhIWGh4iJios=",
    );
    made(on_the_way::encoded, &sent).are(&[
        ("encoded in base64 in lines of 76", &[&format!("{first}\n{rest}"), &format!("{first}\n{rest}\n")]),
        (
            "encoded in base64 in lines of 76 (CR LF)",
            &[&format!("{first}\r\n{rest}"), &format!("{first}\r\n{rest}\r\n")],
        ),
        ("encoded in base64 with a line feed after it", &[&format!("{first}{rest}\n")]),
        ("encoded in base64 and in quotes", &[&format!("\"{first}{rest}\"")]),
        ("encoded in base64 without padding", &[(first.to_owned() + rest).trim_end_matches('=')]),
        ("encoded in base64url with padding", &[&(first.to_owned() + rest).replace('+', "-")]),
    ]);
    made(on_the_way::encoded, "a b+c/é").are(&[
        ("encoded in upper-case hex", &["6120622B632FC3A9"]),
        ("with percent escapes", &["a%20b%2Bc%2F%C3%A9", "a%20b%2Bc%2F%C3%A9"]),
        ("with percent escapes and + for spaces", &["a+b%2Bc%2F%C3%A9"]),
        ("encoded in base64 twice", &["WVNCaUsyTXZ3Nms9"]),
    ]);
    made(recode::base64, "\"YT8+\"\n").are(&[
        ("decoded from base64", &["a?>"]),
        ("encoded in base64", &["IllUOCsiCg=="]),
        ("encoded in hex", &["225954382b220a"]),
    ]);
    made(recode::base64, "a?>\u{3fff}")
        .are(&[("encoded in base64", &["YT8+47+/"]), ("encoded in base64url", &["YT8-47-_"])]);
    made(recode::base64, "no base64!").lack(&["decoded from base64"]);
    made(recode::escaped, "<a href=\"x\">'&\\ %41 B\n").are(&[
        ("with HTML entities", &["&lt;a href=&quot;x&quot;&gt;&#39;&amp;\\ %41 B\n"]),
        ("without its backslashes", &["<a href=\"x\">'& %41 B\n"]),
        ("with a backslash before each quote", &["<a href=\\\"x\\\">'&\\\\ %41 B\n"]),
        ("with its percent escapes resolved", &["<a href=\"x\">'&\\ A B\n"]),
        ("without any white space", &["<ahref=\"x\">'&\\%41B"]),
        ("in lower case", &["<a href=\"x\">'&\\ %41 b\n"]),
    ]);
    made(recode::escaped, "&amp;lt;&#39;&quot;").are(&[("with its HTML entities resolved", &["&lt;'\""])]);
}

/// By Node.
#[test]
fn a_body_is_listed_byte_by_byte() {
    made(on_the_way::listed, "a\n").are(&[
        ("as Node's Buffer in JSON", &[r#"{"type":"Buffer","data":[97,10]}"#]),
        ("as a list of its bytes", &["[97,10]", "[97, 10]"]),
        ("as a Uint8Array's text", &["97,10"]),
        ("as a Uint8Array in JSON", &[r#"{"0":97,"1":10}"#]),
        ("as Go's text of its bytes", &["[97 10]"]),
        ("as Node shows a Buffer", &["<Buffer 61 0a>"]),
    ]);
    for (length, rest) in [(50, " 00>"), (51, " 00 ... 1 more byte>"), (52, " 00 ... 2 more bytes>")] {
        let shown = made(on_the_way::listed, vec![0; length]).texts("as Node shows a Buffer").concat();
        assert_eq!(shown, format!("<Buffer{}{rest}", " 00".repeat(49)));
    }
    for (length, count) in [(16 << 10, 1), ((16 << 10) + 1, 0)] {
        assert_eq!(made(on_the_way::listed, vec![0; length]).of("as a Uint8Array's text").len(), count, "{length}");
    }
}

#[test]
fn one_line_or_part_is_signed_alone() {
    let lines = made(on_the_way::alone, "{\"a\":1}\r\n\nsecond\nlast");
    lines.are(&[
        ("when only line 1 is signed", &["{\"a\":1}"]),
        ("when only line 2 is signed", &["second"]),
        ("when only line 2 is signed, with a line feed after it", &["second\n"]),
        ("when only its last line is signed", &["last"]),
        ("when only what follows its first empty line is signed", &["second\nlast"]),
    ]);
    lines.hold(&[("when only line 1 is signed, as Python's json.dumps writes it", "{\"a\": 1}")]);
    made(on_the_way::alone, "a: b\n\nthe rest\n\nmore")
        .are(&[("when only what follows its first empty line is signed", &["the rest\n\nmore"])]);
    made(on_the_way::alone, "a: b\r\n\r\nthe rest")
        .are(&[("when only what follows its first empty line is signed", &["the rest"])]);
    let multipart = "--x\r\nContent-Disposition: form-data; name=\"e\"\r\n\r\none\r\n--x\r\nContent-Type: text/plain\r\n\r\ntwo\r\n--x--\r\n";
    let parts = made_of(on_the_way::alone, "multipart/form-data; boundary=x", multipart);
    parts.are(&[
        ("when only the content of the part `e` is signed", &["one"]),
        ("when only the content of the part `2` is signed", &["two"]),
        ("when only line 1 is signed", &[]),
    ]);
}
