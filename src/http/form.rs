//! `application/x-www-form-urlencoded`: the pairs of a query or a form.

/// The pairs in order, decoded: `+` is a space, invalid escapes stay as written, invalid UTF-8 is replaced. A pair
/// without `=` has an empty value; empty pairs are left out.
pub(crate) fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

/// The first pairs, at most `most`, decoded like [`pairs`].
pub(crate) fn first_pairs(encoded: &[u8], most: usize) -> impl Iterator<Item = (String, String)> + '_ {
    form_urlencoded::parse(encoded).take(most).map(|(name, value)| (name.into_owned(), value.into_owned()))
}

/// The decoded value of the first pair of that name. The rest of the form is not decoded.
pub(crate) fn first(encoded: &[u8], name: &str) -> Option<String> {
    form_urlencoded::parse(encoded).find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

/// How a language writes a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FormStyle {
    /// What a space becomes.
    pub space: &'static str,
    /// Characters that stay as they are, in addition to letters and digits.
    pub safe: &'static str,
    /// Whether the digits of escapes are in lower case.
    pub lower: bool,
    /// What a pair without value becomes.
    pub empty: Empty,
    /// Which bytes a character beyond ASCII has.
    pub charset: Charset,
    /// Whether names stay as they are.
    pub plain_names: bool,
}

/// The bytes of characters beyond ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    Utf8,
    /// Latin-1, with a question mark for what it does not have.
    Latin1,
    /// JavaScript's `escape`: `%XX` for Latin-1, `%uXXXX` for other UTF-16 units.
    Units,
}

/// A pair without value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Empty {
    /// `name=`
    Equals,
    /// `name`
    Bare,
    /// Nothing.
    Dropped,
}

impl FormStyle {
    /// The URL standard: browsers, `URLSearchParams`, Ruby's `URI.encode_www_form`, Java's `URLEncoder`.
    pub(crate) const WHATWG: Self = Self {
        space: "+",
        safe: "*-._",
        lower: false,
        empty: Empty::Equals,
        charset: Charset::Utf8,
        plain_names: false,
    };
    /// Python's `urlencode`, Go's `Values.Encode` (which sorts), Ruby's `CGI.escape`.
    pub(crate) const PYTHON: Self = Self { safe: "-._~", ..Self::WHATWG };
    /// PHP's `http_build_query`, and `urlencode` of Python 2.
    pub(crate) const PHP: Self = Self { safe: "-._", ..Self::WHATWG };
    /// RFC 3986: PHP's `PHP_QUERY_RFC3986`, Node's `qs`, .NET's `Uri.EscapeDataString`.
    pub(crate) const RFC3986: Self = Self { space: "%20", ..Self::PYTHON };
    /// JavaScript's `encodeURIComponent`, and with it Node's `querystring`.
    pub(crate) const JAVASCRIPT: Self = Self { space: "%20", safe: "-._~!'()*", ..Self::WHATWG };
    /// axios and Angular, which undo some of these escapes.
    pub(crate) const AXIOS: Self = Self { safe: "-._~!'()*:$,", ..Self::WHATWG };
    /// Python's `quote`.
    pub(crate) const PYTHON_QUOTE: Self = Self { space: "%20", safe: "-._~/", ..Self::WHATWG };
    /// JavaScript's `encodeURI` of each pair.
    pub(crate) const ENCODE_URI: Self = Self { space: "%20", safe: "-._~!'()*;/?:@&=+$,#", ..Self::WHATWG };
    /// JavaScript's `escape`.
    pub(crate) const ESCAPE: Self = Self { space: "%20", safe: "@*_+-./", charset: Charset::Units, ..Self::WHATWG };
    /// Go's `url.PathEscape`.
    pub(crate) const GO_PATH: Self = Self { space: "%20", safe: "-._~$&+=:@", ..Self::WHATWG };
    /// .NET's `WebUtility.UrlEncode`.
    pub(crate) const DOTNET: Self = Self { safe: "-._!*()", ..Self::WHATWG };
}

/// Writes pairs as a form, joined by `&`.
pub(crate) fn write<'p>(pairs: impl IntoIterator<Item = &'p (String, String)>, style: FormStyle) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        if value.is_empty() && style.empty == Empty::Dropped {
            continue;
        }
        if !out.is_empty() {
            out.push('&');
        }
        if style.plain_names {
            out.push_str(name);
        } else {
            escape(name, style, &mut out);
        }
        if !value.is_empty() || style.empty == Empty::Equals {
            out.push('=');
            escape(value, style, &mut out);
        }
    }
    out
}

fn escape(text: &str, style: FormStyle, out: &mut String) {
    match style.charset {
        Charset::Utf8 => escape_bytes(text.as_bytes(), style, out),
        Charset::Latin1 => {
            let bytes: Vec<u8> =
                text.chars().map(|character| u8::try_from(u32::from(character)).unwrap_or(b'?')).collect();
            escape_bytes(&bytes, style, out);
        }
        Charset::Units => {
            for unit in text.encode_utf16() {
                match u8::try_from(unit) {
                    Ok(byte) => escape_bytes(&[byte], style, out),
                    Err(_) => out.push_str(&format!("%u{unit:04X}")),
                }
            }
        }
    }
}

fn escape_bytes(bytes: &[u8], style: FormStyle, out: &mut String) {
    const UPPER: &[u8; 16] = b"0123456789ABCDEF";
    const LOWER: &[u8; 16] = b"0123456789abcdef";
    let digits = if style.lower { LOWER } else { UPPER };
    for &byte in bytes {
        match byte {
            b' ' => out.push_str(style.space),
            byte if byte.is_ascii_alphanumeric() || style.safe.as_bytes().contains(&byte) => out.push(char::from(byte)),
            byte => {
                out.push('%');
                out.push(char::from(digits[usize::from(byte >> 4)]));
                out.push(char::from(digits[usize::from(byte & 15)]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn pairs_are_decoded_in_order_and_the_first_of_a_name_is_found() {
        let form = b"a=1+2&b=%C3%A9&&c&a=2";
        let all = [pair("a", "1 2"), pair("b", "é"), pair("c", ""), pair("a", "2")];
        assert_eq!(pairs(form), all);
        assert_eq!(first_pairs(form, 2).collect::<Vec<_>>(), all[..2]);
        assert_eq!(first(form, "a").as_deref(), Some("1 2"));
        assert_eq!((first(form, "c").as_deref(), first(form, "d")), (Some(""), None));
    }

    #[test]
    fn each_language_leaves_other_characters_as_they_are() {
        let text: String = (' '..='~').filter(|character| !character.is_ascii_alphanumeric()).collect();
        let all = [(text, "aZ09é".to_owned())];
        for (style, space, safe) in [
            (FormStyle::WHATWG, "+", "*-._"),
            (FormStyle::PYTHON, "+", "-._~"),
            (FormStyle::PHP, "+", "-._"),
            (FormStyle::RFC3986, "%20", "-._~"),
            (FormStyle::JAVASCRIPT, "%20", "!'()*-._~"),
            (FormStyle::AXIOS, "+", "!$'()*,-.:_~"),
            (FormStyle::PYTHON_QUOTE, "%20", "-./_~"),
            (FormStyle::DOTNET, "+", "!()*-._"),
        ] {
            let written = write(&all, style);
            let (name, value) = written.split_once('=').unwrap();
            assert_eq!(value, "aZ09%C3%A9");
            let rest = name.strip_prefix(space).unwrap();
            let mut left = String::new();
            let mut characters = rest.chars();
            while let Some(character) = characters.next() {
                if character == '%' {
                    characters.nth(1);
                } else {
                    left.push(character);
                }
            }
            assert_eq!(left, safe, "{style:?}");
        }
        let lower = FormStyle { lower: true, ..FormStyle::WHATWG };
        assert_eq!(write(&[pair("é", "/")], lower), "%c3%a9=%2f");
        assert_eq!(write(&[pair("é", "/")], FormStyle::WHATWG), "%C3%A9=%2F");
    }

    #[test]
    fn a_pair_without_value_is_written_in_three_ways() {
        let pairs = [pair("a", ""), pair("b", "1"), pair("c", "")];
        for (empty, expected) in [(Empty::Equals, "a=&b=1&c="), (Empty::Bare, "a&b=1&c"), (Empty::Dropped, "b=1")] {
            assert_eq!(write(&pairs, FormStyle { empty, ..FormStyle::WHATWG }), expected);
        }
    }
}
