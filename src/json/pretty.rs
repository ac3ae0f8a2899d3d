//! JSON text with line breaks and indentation; every key, string and number stays as written.

/// Levels that are indented. Deeper ones stay at this margin: a hundred thousand levels would be mostly blanks.
const MAX_INDENT: usize = 64;
const INDENT: &str = "  ";

/// A pretty text and whether all of it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pretty {
    pub text: String,
    /// Whether it was cut at the limit.
    pub truncated: bool,
}

/// Sets JSON text out in lines, two blanks a level, up to about `max_bytes` of output. Empty containers stay on one
/// line. Made for valid JSON; any other text comes out in some order of lines, with all that is not white space still
/// there.
#[must_use]
pub(crate) fn pretty(bytes: &[u8], max_bytes: usize) -> Pretty {
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len().min(max_bytes));
    let (mut depth, mut at) = (0_usize, 0);
    let mut is_cut = false;
    while let Some(&byte) = bytes.get(at) {
        if out.len() >= max_bytes {
            break;
        }
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            b'"' => {
                let string = super::strings::first_string(&bytes[at..]);
                let shown = &string[..string.len().min(max_bytes - out.len())];
                out.extend_from_slice(shown);
                is_cut = shown.len() < string.len();
                at += string.len();
            }
            b'{' | b'[' => {
                out.push(byte);
                at += 1;
                let next = bytes[at..].iter().position(|byte| !byte.is_ascii_whitespace()).map(|skip| at + skip);
                match next {
                    Some(next) if matches!((byte, bytes[next]), (b'{', b'}') | (b'[', b']')) => {
                        out.push(bytes[next]);
                        at = next + 1;
                    }
                    _ => {
                        depth += 1;
                        line(&mut out, depth);
                    }
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(byte);
                at += 1;
            }
            b',' => {
                out.push(byte);
                line(&mut out, depth);
                at += 1;
            }
            b':' => {
                out.extend_from_slice(b": ");
                at += 1;
            }
            other => {
                out.push(other);
                at += 1;
            }
        }
    }
    Pretty {
        text: String::from_utf8_lossy(&out).into_owned(),
        truncated: is_cut || at < bytes.len() || out.len() > max_bytes,
    }
}

fn line(out: &mut Vec<u8>, depth: usize) {
    out.push(b'\n');
    for _ in 0..depth.min(MAX_INDENT) {
        out.extend_from_slice(INDENT.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_numbers_and_escapes_stay_as_written() {
        let text = r#"{"b":1.0,"a":[ 1e400 , {} , [ ] ,"\u00e9\"" ],"b":-0}"#;
        let wanted =
            "{\n  \"b\": 1.0,\n  \"a\": [\n    1e400,\n    {},\n    [],\n    \"\\u00e9\\\"\"\n  ],\n  \"b\": -0\n}";
        assert_eq!(pretty(text.as_bytes(), 1_000), Pretty { text: wanted.to_owned(), truncated: false });
        let strings = r#"{"a, b":" [1]: {2} \", ","":"\\"}"#;
        let wanted = "{\n  \"a, b\": \" [1]: {2} \\\", \",\n  \"\": \"\\\\\"\n}";
        assert_eq!(pretty(strings.as_bytes(), 1_000), Pretty { text: wanted.to_owned(), truncated: false });
    }

    #[test]
    fn the_output_is_bounded_even_for_depth() {
        let deep = "[".repeat(100_000);
        let cut = pretty(deep.as_bytes(), 10_000);
        assert!(cut.truncated && cut.text.len() < 10_000 + 200, "{}", cut.text.len());
        let long = format!("[\"{}\"]", "x".repeat(100_000));
        assert!(pretty(long.as_bytes(), 1_000).truncated);
    }

    #[test]
    fn the_text_ends_at_its_bound_and_says_so() {
        let shown = |text: &str, most| {
            let pretty = pretty(text.as_bytes(), most);
            (pretty.text, pretty.truncated)
        };
        let is = |text: &str, truncated| (text.to_owned(), truncated);
        assert_eq!(shown("[1,2]", 12), is("[\n  1,\n  2\n]", false));
        assert_eq!(shown("[1,2]", 11), is("[\n  1,\n  2\n]", true));
        assert_eq!(shown("[1,2]", 10), is("[\n  1,\n  2", true));
        assert_eq!(shown("[\"abcdef\"]", 7), is("[\n  \"ab", true));
        assert_eq!(shown("\"abcdef\"", 8), is("\"abcdef\"", false));
        assert_eq!(shown("\"abcdef\"", 7), is("\"abcdef", true));
    }

    #[test]
    fn the_margin_stays_from_the_64th_level_on() {
        let deep = format!("{}1{}", "[".repeat(70), "]".repeat(70));
        let lines: Vec<usize> =
            pretty(deep.as_bytes(), 1 << 20).text.lines().map(|line| line.len() - line.trim_start().len()).collect();
        assert_eq!((lines[0], lines[1], lines[63], lines[64], lines[70]), (0, 2, 126, 128, 128));
        assert_eq!((lines.len(), lines[140]), (141, 0));
    }

    proptest::proptest! {
        #[test]
        fn nothing_but_white_space_changes(text: String) {
            let all = pretty(text.as_bytes(), usize::MAX >> 1).text;
            let squeeze = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            proptest::prop_assert_eq!(squeeze(&all), squeeze(&text));
        }
    }
}
