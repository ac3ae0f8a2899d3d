//! Filters of template values: `{body|sha256|hex}`, `{form|sort_concat}`, `{h|header_values(.)}`.

use std::borrow::Cow;

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

use super::encoding::{Encoding, to_base64};
use super::missing::Missing;
use super::request::{Pair, View};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BytesFilter {
    Md5,
    Sha1,
    Sha256,
    Sha512,
    Hex,
    Base64,
    /// Without padding.
    Base64url,
    Lower,
    Upper,
    /// CRC-32 (ISO-HDLC) as a decimal number (`PayPal`).
    Crc32,
    /// A name, the value, each with a line feed after it (Amazon SNS).
    Line(String),
    /// Contentful's path: the query escaped as one value, then all of it by the rules of `encodeURI`.
    EscapeQuery,
    /// A list of header names becomes their values, joined.
    HeaderValues(String),
    /// A list of header names becomes `name:value` pairs, joined.
    HeaderPairs(String, String),
}

/// How pairs become bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reduction {
    /// `key` and `value` side by side, sorted, repeats left out.
    Concat,
    /// The same in the order sent.
    Sent,
    /// `key=value&key=value`, sorted, decoded.
    Pairs,
    /// The same, with `_` for `&` and `=` in values (Vonage).
    PairsSafe,
    /// The same, form-encoded.
    PairsEncoded,
    /// `key=value1,value2` side by side, keys sorted, values in order.
    Group,
}

/// The filters of one placeholder, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Parsed {
    Bytes(BytesFilter),
    Except(Vec<String>),
    Reduce(Reduction),
}

/// Names in one list of signed headers. A list that repeats a long header thousands of times would exhaust memory.
const MAX_SIGNED_HEADERS: usize = 128;

/// Reads one filter; the error is a sentence for whoever wrote the record.
pub(crate) fn parse(text: &str) -> Result<Parsed, String> {
    let (name, arguments) = match text.split_once('(') {
        None => (text, None),
        Some((name, rest)) => {
            let inner = rest.strip_suffix(')').ok_or_else(|| format!("filter `{text}` does not end in `)`"))?;
            (name, Some(inner))
        }
    };
    let arguments: Vec<String> = arguments
        .map(|inner| inner.split(',').map(|argument| argument.trim().trim_matches('\'').to_owned()).collect())
        .unwrap_or_default();
    let argument = |at: usize, otherwise: &str| arguments.get(at).cloned().unwrap_or_else(|| otherwise.to_owned());
    let (filter, takes) = match name {
        "md5" => (Parsed::Bytes(BytesFilter::Md5), 0),
        "sha1" => (Parsed::Bytes(BytesFilter::Sha1), 0),
        "sha256" => (Parsed::Bytes(BytesFilter::Sha256), 0),
        "sha512" => (Parsed::Bytes(BytesFilter::Sha512), 0),
        "hex" => (Parsed::Bytes(BytesFilter::Hex), 0),
        "base64url" => (Parsed::Bytes(BytesFilter::Base64url), 0),
        "base64" => (Parsed::Bytes(BytesFilter::Base64), 0),
        "lower" => (Parsed::Bytes(BytesFilter::Lower), 0),
        "upper" => (Parsed::Bytes(BytesFilter::Upper), 0),
        "crc32" => (Parsed::Bytes(BytesFilter::Crc32), 0),
        "line" => (Parsed::Bytes(BytesFilter::Line(argument(0, ""))), 1),
        "escape_query" => (Parsed::Bytes(BytesFilter::EscapeQuery), 0),
        "header_values" => (Parsed::Bytes(BytesFilter::HeaderValues(argument(0, "."))), 1),
        "header_pairs" => (Parsed::Bytes(BytesFilter::HeaderPairs(argument(0, ":"), argument(1, ";"))), 2),
        "except" => (Parsed::Except(arguments.clone()), usize::MAX),
        "concat" => (Parsed::Reduce(Reduction::Sent), 0),
        "sort_concat" => (Parsed::Reduce(Reduction::Concat), 0),
        "sort_pairs" => (Parsed::Reduce(Reduction::Pairs), 0),
        "sort_pairs_safe" => (Parsed::Reduce(Reduction::PairsSafe), 0),
        "sort_pairs_enc" => (Parsed::Reduce(Reduction::PairsEncoded), 0),
        "sort_group" => (Parsed::Reduce(Reduction::Group), 0),
        _ => return Err(format!("`{name}` is no filter")),
    };
    if arguments.len() > takes {
        return Err(format!("filter `{name}` takes fewer arguments"));
    }
    Ok(filter)
}

/// The names in a list of headers, as senders write it: separated by spaces or commas.
pub(crate) fn header_names(list: &str) -> impl Iterator<Item = &str> {
    list.split([' ', ',']).filter(|name| !name.is_empty())
}

impl BytesFilter {
    pub(crate) fn apply(&self, input: &[u8], view: &View<'_>) -> Result<Vec<u8>, Missing> {
        Ok(match self {
            Self::Md5 => Md5::digest(input).to_vec(),
            Self::Sha1 => Sha1::digest(input).to_vec(),
            Self::Sha256 => Sha256::digest(input).to_vec(),
            Self::Sha512 => Sha512::digest(input).to_vec(),
            Self::Hex => hex::encode(input).into_bytes(),
            Self::Base64 => to_base64(input).into_bytes(),
            Self::Base64url => Encoding::Base64url.encode(input).into_bytes(),
            Self::Lower => String::from_utf8_lossy(input).to_lowercase().into_bytes(),
            Self::Upper => String::from_utf8_lossy(input).to_uppercase().into_bytes(),
            Self::Crc32 => crc32fast::hash(input).to_string().into_bytes(),
            Self::Line(name) => [name.as_bytes(), b"\n", input, b"\n"].concat(),
            Self::EscapeQuery => escape_query(&String::from_utf8_lossy(input)).into_bytes(),
            Self::HeaderValues(between) => header_list(input, view, between, |_, value, out| {
                out.extend_from_slice(value);
            })?,
            Self::HeaderPairs(within, between) => header_list(input, view, between, |name, value, out| {
                out.extend_from_slice(name.as_bytes());
                out.extend_from_slice(within.as_bytes());
                out.extend_from_slice(value.trim_ascii());
            })?,
        })
    }
}

/// `encodeURI(path + '?' + encodeURIComponent(query))`
fn escape_query(path_query: &str) -> String {
    const UNRESERVED: &str = "-_.!~*'()";
    const RESERVED: &str = ";/?:@&=+$,#";
    let escape = |text: &str, safe: &[&str]| -> String {
        let byte = |byte: u8| match char::from(byte) {
            plain
                if plain.is_ascii_alphanumeric()
                    || plain.is_ascii() && safe.iter().any(|safe| safe.contains(plain)) =>
            {
                plain.to_string()
            }
            _ => format!("%{byte:02X}"),
        };
        text.bytes().map(byte).collect()
    };
    let whole = match path_query.split_once('?') {
        Some((path, query)) if !query.is_empty() => format!("{path}?{}", escape(query, &[UNRESERVED])),
        Some((path, _)) => path.to_owned(),
        None => path_query.to_owned(),
    };
    escape(&whole, &[UNRESERVED, RESERVED])
}

fn header_list(
    names: &[u8],
    view: &View<'_>,
    between: &str,
    write: impl Fn(&str, &[u8], &mut Vec<u8>),
) -> Result<Vec<u8>, Missing> {
    let names = String::from_utf8_lossy(names);
    if header_names(&names).nth(MAX_SIGNED_HEADERS).is_some() {
        return Err(Missing::TooManySignedHeaders);
    }
    let mut out = Vec::new();
    for (at, name) in header_names(&names).enumerate() {
        let value = view.request.headers.get(name).ok_or_else(|| Missing::SignedHeader(name.to_owned()))?;
        if at > 0 {
            out.extend_from_slice(between.as_bytes());
        }
        write(name, value, &mut out);
    }
    Ok(out)
}

/// The pairs without the named ones.
pub(crate) fn except<'p>(pairs: &'p [Pair], names: &[String]) -> Vec<&'p Pair> {
    pairs.iter().filter(|(key, _)| !names.contains(key)).collect()
}

impl Reduction {
    pub(crate) fn apply(self, mut pairs: Vec<&Pair>) -> Vec<u8> {
        match self {
            Self::Concat => {
                pairs.sort();
                pairs.dedup();
                pairs.iter().flat_map(|(key, value)| [key.as_bytes(), value.as_bytes()]).flatten().copied().collect()
            }
            Self::Sent => {
                pairs.iter().flat_map(|(key, value)| [key.as_bytes(), value.as_bytes()]).flatten().copied().collect()
            }
            Self::Pairs => {
                pairs.sort();
                joined(&pairs, Cow::Borrowed)
            }
            Self::PairsSafe => {
                pairs.sort();
                let safe = |(key, value): &&Pair| format!("{key}={}", value.replace(['&', '='], "_"));
                pairs.iter().map(safe).collect::<Vec<_>>().join("&").into_bytes()
            }
            Self::PairsEncoded => {
                pairs.sort();
                joined(&pairs, |text| Cow::Owned(form_encode(text)))
            }
            Self::Group => {
                // A stable sort keeps the values of one key in their order.
                pairs.sort_by(|a, b| a.0.cmp(&b.0));
                let mut out = Vec::new();
                for (at, (key, value)) in pairs.iter().enumerate() {
                    if at > 0 && pairs[at - 1].0 == *key {
                        out.push(b',');
                    } else {
                        out.extend_from_slice(key.as_bytes());
                        out.push(b'=');
                    }
                    out.extend_from_slice(value.as_bytes());
                }
                out
            }
        }
    }
}

fn joined<'p>(pairs: &[&'p Pair], write: impl Fn(&'p str) -> Cow<'p, str>) -> Vec<u8> {
    let texts = pairs.iter().map(|(key, value)| format!("{}={}", write(key), write(value)));
    texts.collect::<Vec<_>>().join("&").into_bytes()
}

/// Form encoding: letters, digits and `_.-~` stay, a space becomes `+`, the rest is escaped in upper case.
pub(crate) fn form_encode(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => {
                // Writing to a String does not fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reduced(reduction: Reduction, pairs: &[(&str, &str)]) -> String {
        let owned: Vec<Pair> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        String::from_utf8(reduction.apply(owned.iter().collect())).unwrap()
    }

    #[test]
    fn pairs_are_sorted_and_joined_as_each_provider_does() {
        let pairs = [("b", "2 é"), ("a", "y"), ("b", "1"), ("a", "x"), ("a", "x")];
        assert_eq!(reduced(Reduction::Concat, &pairs), "axayb1b2 é");
        assert_eq!(reduced(Reduction::Pairs, &pairs), "a=x&a=x&a=y&b=1&b=2 é");
        assert_eq!(reduced(Reduction::PairsEncoded, &pairs), "a=x&a=x&a=y&b=1&b=2+%C3%A9");
        assert_eq!(reduced(Reduction::Group, &pairs), "a=y,x,xb=2 é,1");
        assert_eq!(reduced(Reduction::Group, &[]), "");
    }

    #[test]
    fn what_is_sent_is_joined_in_its_order_and_what_is_safe_has_no_separators() {
        let pairs = [("b", "2&3"), ("a", "y=z"), ("b", "1"), ("a", "x")];
        assert_eq!(reduced(Reduction::Sent, &pairs), "b2&3ay=zb1ax");
        assert_eq!(reduced(Reduction::PairsSafe, &pairs), "a=x&a=y_z&b=1&b=2_3");
        // Python's `urllib.parse.quote_plus`.
        assert_eq!(form_encode("aZ09_.-~ +&=é/*'"), "aZ09_.-~+%2B%26%3D%C3%A9%2F%2A%27");
        // Node's `encodeURI(path + '?' + encodeURIComponent(query))`.
        let escaped = "/a%20b;/%C3%A9%25?x%253D1%2526y%253Da%2520b!*()%252F%25C3%25BC";
        assert_eq!(escape_query("/a b;/é%?x=1&y=a b!*()/ü"), escaped);
        assert_eq!((escape_query("/a?"), escape_query("/a b")), ("/a".to_owned(), "/a%20b".to_owned()));
    }

    #[test]
    fn every_filter_has_its_name() {
        for (text, filter) in [
            ("md5", BytesFilter::Md5),
            ("sha1", BytesFilter::Sha1),
            ("sha256", BytesFilter::Sha256),
            ("sha512", BytesFilter::Sha512),
            ("hex", BytesFilter::Hex),
            ("base64", BytesFilter::Base64),
            ("base64url", BytesFilter::Base64url),
            ("lower", BytesFilter::Lower),
            ("upper", BytesFilter::Upper),
            ("crc32", BytesFilter::Crc32),
            ("line(Message)", BytesFilter::Line("Message".to_owned())),
            ("escape_query", BytesFilter::EscapeQuery),
            ("header_values", BytesFilter::HeaderValues(".".to_owned())),
            ("header_pairs", BytesFilter::HeaderPairs(":".to_owned(), ";".to_owned())),
            ("header_pairs(=)", BytesFilter::HeaderPairs("=".to_owned(), ";".to_owned())),
        ] {
            assert_eq!(parse(text), Ok(Parsed::Bytes(filter)), "{text}");
        }
        for (text, reduction) in [
            ("concat", Reduction::Sent),
            ("sort_concat", Reduction::Concat),
            ("sort_pairs", Reduction::Pairs),
            ("sort_pairs_safe", Reduction::PairsSafe),
            ("sort_pairs_enc", Reduction::PairsEncoded),
            ("sort_group", Reduction::Group),
        ] {
            assert_eq!(parse(text), Ok(Parsed::Reduce(reduction)), "{text}");
        }
    }

    #[test]
    fn every_filter_makes_its_own_bytes() {
        let headers: crate::http::Headers = [("A", " 1 "), ("B", "2")].into_iter().collect();
        let received_at = crate::model::Timestamp::default();
        let request =
            super::super::request::SignedRequest { method: "GET", url: "/", headers: &headers, body: b"", received_at };
        let config = super::super::request::Config::new();
        let view = View::new(&request, &config);
        let made = |filter: BytesFilter, input: &str| {
            filter.apply(input.as_bytes(), &view).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        };
        // Python's `hashlib`, `binascii` and `base64`.
        for (filter, expected) in [
            (BytesFilter::Md5, "430047e883ae37277a4f85da36627b7c"),
            (BytesFilter::Sha1, "b89d9eeeb8eeb6c489c5f38ff5a5504719d6ac90"),
            (BytesFilter::Sha256, "d012af56356bdcfe5a47bd1f1d83edff153704fe78b81fe557b86bd6dcb935b0"),
            (
                BytesFilter::Sha512,
                "eb41b708cd656c83556ee24ee30f3afe216b25a65d5e756c537e91ebe9a83737efeb812bd0ec01f38e89f2a4b01913ae42ff02fd17fcb22e607f9bb90a11bfac",
            ),
        ] {
            assert_eq!(hex::encode(filter.apply("Ü?>".as_bytes(), &view).unwrap()), expected);
        }
        for (filter, expected) in [
            (BytesFilter::Hex, "c39c3f3e"),
            (BytesFilter::Base64, "w5w/Pg=="),
            (BytesFilter::Base64url, "w5w_Pg"),
            (BytesFilter::Lower, "ü?>"),
            (BytesFilter::Upper, "Ü?>"),
            (BytesFilter::Crc32, "671803639"),
            (BytesFilter::Line("N".to_owned()), "N\nÜ?>\n"),
        ] {
            assert_eq!(made(filter.clone(), "Ü?>").as_deref(), Ok(expected), "{filter:?}");
        }
        let values = || BytesFilter::HeaderValues("|".to_owned());
        assert_eq!(made(values(), "a, b  A").as_deref(), Ok(" 1 |2| 1 "));
        assert_eq!(made(BytesFilter::HeaderPairs("=".to_owned(), "&".to_owned()), "a B").as_deref(), Ok("a=1&B=2"));
        let many = |count: usize| made(values(), &"a ".repeat(count)).map(|text| text.len());
        assert_eq!((many(128), many(129)), (Ok(128 * 3 + 127), Err(Missing::TooManySignedHeaders)));
    }

    #[test]
    fn wrong_filters_are_refused() {
        for wrong in ["", "sha3", "sha256(x)", "header_values(.", "header_pairs(a,b,c)"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(parse("except(a, b)"), Ok(Parsed::Except(vec!["a".into(), "b".into()])));
        assert_eq!(parse("header_values(' ')"), Ok(Parsed::Bytes(BytesFilter::HeaderValues(" ".into()))));
    }
}
