//! Where URLs hold something sensitive: a password before the host, values of parameters in path, query and fragment,
//! also of a URL that is a value of another one, percent-encoded once or more.

use std::ops::Range;

/// How a text is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One URL or request target: white space does not end it.
    Url,
    /// A host, perhaps with a user before it.
    Authority,
    /// Any text, with URLs or pairs in it perhaps.
    Text,
}

/// A byte as URLs mean it.
#[derive(Debug, Clone, Copy)]
struct Unit {
    byte: u8,
    /// How often it is percent-encoded.
    depth: usize,
    end: usize,
}

/// Reads the next byte; `%253D` is a `=` that was encoded twice.
fn unit(text: &[u8], start: usize) -> Unit {
    let hex = |at: usize| {
        let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
        u8::try_from(digit(at)? * 16 + digit(at + 1)?).ok()
    };
    let mut unit = Unit { byte: text[start], depth: 0, end: start + 1 };
    while unit.byte == b'%'
        && let Some(byte) = hex(unit.end)
    {
        unit = Unit { byte, depth: unit.depth + 1, end: unit.end + 2 };
    }
    unit
}

/// Where a name may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begun {
    /// After a delimiter of URLs.
    Sure,
    /// At the beginning of a text or of a word in it: there it may be something else, such as a path.
    Perhaps,
}

/// Decide whether a parameter is hidden: by its decoded name, or by the name and the decoded beginning of the value.
type ByName = fn(&[u8]) -> bool;
type ByValue = fn(&[u8], &[u8]) -> bool;

/// Bytes of a value by which it is judged.
const BEGINNING: usize = 512;

/// The places of what is sensitive, in order.
pub(super) fn sensitive(text: &[u8], kind: Kind, by_name: ByName, by_value: ByValue) -> Vec<Range<usize>> {
    if kind == Kind::Authority {
        return memchr::memrchr(b'@', text).map(|at| 0..at).into_iter().collect();
    }
    let mut found = Vec::new();
    let mut scan = Scan { text, kind, at: 0, name: Vec::new(), begun: None, last: [0; 2] };
    scan.begin_word();
    while scan.at < text.len() {
        if let Some(range) = scan.step(by_name, by_value) {
            found.push(range);
        }
    }
    found
}

struct Scan<'t> {
    text: &'t [u8],
    kind: Kind,
    at: usize,
    /// The name so far, decoded.
    name: Vec<u8>,
    begun: Option<Begun>,
    /// The two bytes before, decoded.
    last: [u8; 2],
}

impl Scan<'_> {
    /// Takes in the next byte, and with it what is to be hidden after it.
    fn step(&mut self, by_name: ByName, by_value: ByValue) -> Option<Range<usize>> {
        let unit = unit(self.text, self.at);
        self.at = unit.end;
        let is_authority = self.is_authority_next();
        self.last = [self.last[1], unit.byte];
        match unit.byte {
            b'?' | b'#' | b'&' | b';' => self.begin(Some(Begun::Sure)),
            b'/' if is_authority => return self.user(unit.depth),
            b'=' => {
                let name = self.name.trim_ascii();
                let hides = self.begun.is_some() && (by_name(name) || by_value(name, &self.beginning(unit.depth)));
                self.begin(None);
                return if hides { Some(self.value(unit.depth)) } else { None };
            }
            byte if self.kind == Kind::Text && is_between_words(byte) => self.begin_word(),
            b'/' | b':' if self.begun == Some(Begun::Perhaps) => self.begin(None),
            byte if self.begun.is_some() => self.name.push(byte),
            _ => {}
        }
        None
    }

    fn begin(&mut self, begun: Option<Begun>) {
        self.begun = begun;
        self.name.clear();
    }

    fn begin_word(&mut self) {
        self.begin((self.kind == Kind::Text).then_some(Begun::Perhaps));
    }

    /// Whether a slash now is the second of two before an authority: after a scheme, or at the beginning.
    const fn is_authority_next(&self) -> bool {
        matches!(self.last, [0 | b':' | b' ' | b'\t' | b'<' | b'"' | b'=', b'/'])
    }

    /// The user and password of the authority that begins here, if it has any. Goes on after them.
    fn user(&mut self, depth: usize) -> Option<Range<usize>> {
        self.begin(None);
        let (mut at, mut user) = (self.at, None);
        while at < self.text.len() {
            let unit = unit(self.text, at);
            match unit.byte {
                b'/' | b'?' | b'#' | b'\\' if unit.depth <= depth => break,
                b' ' | b'\t' | b'"' | b'<' | b'>' if self.kind == Kind::Text && unit.depth <= depth => break,
                b'@' if unit.depth <= depth => user = Some(self.at..at),
                _ => {}
            }
            at = unit.end;
        }
        let user = user.filter(|user| !user.is_empty())?;
        self.at = user.end;
        Some(user)
    }

    /// The decoded beginning of the value that begins here.
    fn beginning(&self, depth: usize) -> Vec<u8> {
        let (mut at, mut value) = (self.at, Vec::new());
        while at < self.text.len() && value.len() < BEGINNING {
            let unit = unit(self.text, at);
            let ends = matches!(unit.byte, b'&' | b';' | b'?' | b'#' | b',' | b'<' | b'>' | b'\r' | b'\n')
                && unit.depth <= depth;
            let is_word = self.kind == Kind::Text && matches!(unit.byte, b' ' | b'\t') && unit.depth <= depth;
            if ends || is_word {
                break;
            }
            value.push(if unit.byte == b'+' { b' ' } else { unit.byte });
            at = unit.end;
        }
        value
    }

    /// The value that begins here, of a pair whose `=` is encoded so often: what is encoded oftener is part of it. Goes
    /// on after it.
    fn value(&mut self, depth: usize) -> Range<usize> {
        let start = self.at;
        // A blank at the beginning of a continuation line ends nothing.
        let mut folds = false;
        while self.at < self.text.len() {
            let unit = unit(self.text, self.at);
            folds = matches!(unit.byte, b'\r' | b'\n') || folds && matches!(unit.byte, b' ' | b'\t');
            let ends = match unit.byte {
                b'&' | b';' => true,
                b' ' | b'\t' | b'"' | b'<' | b'>' => self.kind == Kind::Text && !folds,
                _ => false,
            };
            if ends && unit.depth <= depth {
                break;
            }
            self.at = unit.end;
        }
        start..self.at
    }
}

/// Whether a word may begin after this byte of a text.
fn is_between_words(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b',' | b'"' | b'\'' | b'<' | b'>' | b'(' | b'{')
}

#[cfg(test)]
mod tests {
    use super::super::names::is_sensitive_parameter;
    use super::*;

    fn by_value(_: &[u8], value: &[u8]) -> bool {
        super::super::values::is_credential(value)
    }

    fn shown(text: &str, kind: Kind) -> String {
        let mut out = text.to_owned();
        for range in sensitive(text.as_bytes(), kind, is_sensitive_parameter, by_value).into_iter().rev() {
            out.replace_range(range, "R");
        }
        out
    }

    #[test]
    fn what_is_sensitive_is_found_wherever_a_url_has_it() {
        for (text, wanted) in [
            ("/b?x=1#access_token=s3", "/b?x=1#access_token=R"),
            ("/b?token=a%26b=c?d#e&f=1", "/b?token=R&f=1"),
            ("/b?a=1?token=s", "/b?a=1?token=R"),
            ("/b?token%3Ds%26t&x=1", "/b?token%3DR%26t&x=1"),
            ("/b?u=https%3A%2F%2Fh%2F%3Ftoken%3Ds%26a%3D1&b=2", "/b?u=https%3A%2F%2Fh%2F%3Ftoken%3DR%26a%3D1&b=2"),
            ("/b?u=%253Ftoken%253Ds%2526a%253D1&b=2", "/b?u=%253Ftoken%253DR%2526a%253D1&b=2"),
            ("/b?u=https%3A%2F%2Fu%3As%40h%2F&b=2", "/b?u=https%3A%2F%2FR%40h%2F&b=2"),
            ("/b;token=s/c?x", "/b;token=R"),
            ("/b?a[token]=s&acc%45ss+token=s", "/b?a[token]=R&acc%45ss+token=R"),
            ("https://u:p@h/p@q", "https://R@h/p@q"),
            ("https://u:p%40w@h:1/?a=b@c", "https://R@h:1/?a=b@c"),
            ("//u:p@h/", "//R@h/"),
            ("https://h/p%2", "https://h/p%2"),
            ("/token=s", "/token=s"),
            ("/a//b@c", "/a//b@c"),
            ("/b?design=1&%zz=%", "/b?design=1&%zz=%"),
            ("/b?x=Bearer%20s&y=2", "/b?x=R&y=2"),
            ("/b?x=ghp_0123456789abcdef&y=2", "/b?x=R&y=2"),
            ("/b?x=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln#f", "/b?x=R"),
        ] {
            assert_eq!(shown(text, Kind::Url), wanted);
        }
    }

    #[test]
    fn in_a_text_words_end_what_is_hidden() {
        for (text, wanted) in [
            (" <https://h/?token=s>; rel=next, <https://u:p@h/>", " <https://h/?token=R>; rel=next, <https://R@h/>"),
            (" for=1;token=s", " for=1;token=R"),
            ("x?token=s", "x?token=R"),
            ("token=s&x=1 and key=v", "token=R&x=1 and key=R"),
            ("url=\"https://h/?token=s\" x", "url=\"https://h/?token=R\" x"),
            ("https://h/token=s", "https://h/token=s"),
            ("https://h/?token=s\r\n\tt u", "https://h/?token=R u"),
            ("text/html;q=0.9, */*;q=0.8", "text/html;q=0.9, */*;q=0.8"),
            ("a@b.c", "a@b.c"),
        ] {
            assert_eq!(shown(text, Kind::Text), wanted);
        }
        assert_eq!(shown("u:p@h:80", Kind::Authority), "R@h:80");
        assert_eq!(shown("h:80", Kind::Authority), "h:80");
    }

    proptest::proptest! {
        #[test]
        fn places_are_in_order_and_within_the_text(text in "[%?&=;#:/@ a25token3DF]{0,60}") {
            for kind in [Kind::Url, Kind::Text, Kind::Authority] {
                let mut last = 0;
                for range in sensitive(text.as_bytes(), kind, is_sensitive_parameter, by_value) {
                    proptest::prop_assert!(last <= range.start && range.start <= range.end && range.end <= text.len());
                    last = range.end;
                }
            }
        }
    }
}
