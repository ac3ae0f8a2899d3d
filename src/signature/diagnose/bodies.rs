//! The body in other forms: written anew by a JSON library, with other line ends, decoded, in another charset.

use std::io::Read as _;

use super::Finding;
use super::json::{self, Escapes, Node, Numbers, Style};
use super::search::{Search, with_body};
use crate::model::{Headers, form_pairs};

/// A way in which the bytes that were signed and the bytes that arrived differ.
struct Form {
    code: &'static str,
    is_likely: bool,
    fix: &'static str,
    make: fn(&Body<'_>) -> Vec<Variant>,
}

/// A body in another form.
struct Variant {
    /// Completes "The signature is right for the body …".
    how: &'static str,
    bytes: Vec<u8>,
}

/// The body and what was read of it.
struct Body<'a> {
    bytes: &'a [u8],
    headers: &'a Headers,
    json: Option<Node<'a>>,
}

const RAW: &str = "Sign the very bytes that are sent: serialise once, sign that text, send that text.";
const WAY: &str = "Something between sender and bin changes the body, or the sender signs before its last change. Sign the bytes that are sent.";

/// Bodies beyond this are not written anew: the tree would take many times their size.
const MAX_JSON: usize = 16 << 20;
/// Decoded bodies are cut off here.
const MAX_DECODED: u64 = 16 << 20;
/// Reading and writing JSON takes about as long as hashing this many times its length.
const JSON_COST: usize = 3;

const FORMS: &[Form] = &[
    Form { code: "body_newline_removed", is_likely: true, fix: WAY, make: without_newline },
    Form { code: "body_newline_added", is_likely: true, fix: WAY, make: with_newline },
    Form {
        code: "body_decompressed",
        is_likely: true,
        fix: "Sign the compressed bytes, or send the body without Content-Encoding.",
        make: decompressed,
    },
    Form {
        code: "body_json_javascript",
        is_likely: true,
        fix: RAW,
        make: |body| body.json("as JavaScript's JSON.stringify writes it", Style::JAVASCRIPT),
    },
    Form {
        code: "body_json_python",
        is_likely: true,
        fix: RAW,
        make: |body| body.json("as Python's json.dumps writes it", Style::PYTHON),
    },
    Form {
        code: "body_json_python",
        is_likely: true,
        fix: RAW,
        make: |body| body.json("as Python's json.dumps writes it without spaces", PYTHON_COMPACT),
    },
    Form {
        code: "body_json_php",
        is_likely: true,
        fix: RAW,
        make: |body| body.json("as PHP's json_encode writes it", PHP),
    },
    Form {
        code: "body_json_sorted",
        is_likely: true,
        fix: RAW,
        make: |body| body.json("as compact JSON with sorted names", SORTED),
    },
    Form {
        code: "body_empty",
        is_likely: true,
        fix: "The sender signed before it had a body, or its stream had been read already. Sign the bytes that are sent.",
        make: empty,
    },
    Form {
        code: "body_json_python",
        is_likely: false,
        fix: RAW,
        make: |body| body.json("as Python's json.dumps writes it with ensure_ascii=False", PYTHON_UTF8),
    },
    Form {
        code: "body_json_compact",
        is_likely: false,
        fix: RAW,
        make: |body| body.json("as compact JSON", Style::COMPACT),
    },
    Form {
        code: "body_json_spaced",
        is_likely: false,
        fix: RAW,
        make: |body| body.json("as JSON with a space after each comma and colon", SPACED),
    },
    Form {
        code: "body_json_sorted",
        is_likely: false,
        fix: RAW,
        make: |body| body.json("as Python's json.dumps writes it with sort_keys=True", PYTHON_SORTED),
    },
    Form {
        code: "body_json_sorted",
        is_likely: false,
        fix: RAW,
        make: |body| body.json("as compact, escaped JSON with sorted names", PYTHON_COMPACT_SORTED),
    },
    Form {
        code: "body_json_go",
        is_likely: false,
        fix: RAW,
        make: |body| body.json("as Go's json.Marshal writes a map", GO_MAP),
    },
    Form {
        code: "body_json_go",
        is_likely: false,
        fix: RAW,
        make: |body| body.json("as Go's json.Marshal writes a struct", GO),
    },
    Form {
        code: "body_json_php",
        is_likely: false,
        fix: RAW,
        make: |body| body.json("as PHP's json_encode writes it with JSON_UNESCAPED_UNICODE", PHP_UTF8),
    },
    Form {
        code: "body_json_dotnet",
        is_likely: false,
        fix: RAW,
        make: |body| body.json("as .NET's System.Text.Json writes it", DOTNET),
    },
    Form {
        code: "body_json_pretty",
        is_likely: false,
        fix: RAW,
        make: |body| body.json("as JSON indented by two spaces", PRETTY),
    },
    Form {
        code: "body_json_pretty",
        is_likely: false,
        fix: RAW,
        make: |body| body.json("as JSON indented by four spaces", PRETTY_4),
    },
    Form {
        code: "body_json_python",
        is_likely: false,
        fix: RAW,
        make: |body| body.json("as Python's json.dumps writes it with indent=2", PYTHON_PRETTY),
    },
    Form {
        code: "body_json_python",
        is_likely: false,
        fix: RAW,
        make: |body| body.json("as Python's json.dumps writes it with indent=4", PYTHON_PRETTY_4),
    },
    Form {
        code: "body_json_pretty",
        is_likely: false,
        fix: RAW,
        make: |body| body.json("as JSON indented by tabs", PRETTY_TAB),
    },
    Form { code: "body_line_ends", is_likely: false, fix: WAY, make: line_ends },
    Form {
        code: "body_byte_order_mark",
        is_likely: false,
        fix: "Leave the byte order mark out on both sides.",
        make: byte_order_mark,
    },
    Form { code: "body_charset", is_likely: false, fix: "Sign and send the body in UTF-8.", make: charsets },
    Form {
        code: "body_form_field",
        is_likely: false,
        fix: "Sign the form's bytes as they are sent, or send the JSON alone.",
        make: form_fields,
    },
    Form {
        code: "body_form_decoded",
        is_likely: false,
        fix: "Sign the form's bytes as they are sent, not decoded ones.",
        make: form_decoded,
    },
    Form {
        code: "body_stringified",
        is_likely: false,
        fix: "The sender signed an object's text form. Sign the serialised bytes.",
        make: stringified,
    },
];

const PYTHON_COMPACT: Style = Style { comma: ",", colon: ":", ..Style::PYTHON };
const PYTHON_UTF8: Style = Style { escapes: Escapes::Least, ..Style::PYTHON };
const PYTHON_SORTED: Style = Style { sorted: true, ..Style::PYTHON };
const PYTHON_COMPACT_SORTED: Style = Style { sorted: true, ..PYTHON_COMPACT };
const PYTHON_PRETTY: Style = Style { comma: ",", indent: Some("  "), ..Style::PYTHON };
const PYTHON_PRETTY_4: Style = Style { indent: Some("    "), ..PYTHON_PRETTY };
const SORTED: Style = Style { sorted: true, ..Style::COMPACT };
const SPACED: Style = Style { comma: ", ", colon: ": ", ..Style::COMPACT };
const PHP: Style = Style { escapes: Escapes::AsciiAndSlash, ..Style::COMPACT };
const PHP_UTF8: Style = Style { escapes: Escapes::Slash, ..Style::COMPACT };
const GO: Style = Style { escapes: Escapes::Html, numbers: Numbers::JavaScript, ..Style::COMPACT };
const GO_MAP: Style = Style { sorted: true, ..GO };
const DOTNET: Style = Style { escapes: Escapes::DotNet, ..Style::COMPACT };
const PRETTY: Style = Style { colon: ": ", indent: Some("  "), ..Style::JAVASCRIPT };
const PRETTY_4: Style = Style { indent: Some("    "), ..PRETTY };
const PRETTY_TAB: Style = Style { indent: Some("\t"), ..PRETTY };

pub(super) fn likely(search: &mut Search<'_>) -> Option<Finding> {
    find(search, true)
}

pub(super) fn rare(search: &mut Search<'_>) -> Option<Finding> {
    find(search, false)
}

fn find(search: &mut Search<'_>, is_likely: bool) -> Option<Finding> {
    let keys = search.keys();
    if keys.is_empty() {
        return None;
    }
    each(search, is_likely, |search, variant| {
        let request = with_body(&search.case.request, &variant.bytes);
        keys.iter().find_map(|(secret, key)| {
            let hit = search.hit(&request, key)?;
            let label = search.label(secret);
            let with = if label.is_empty() { String::new() } else { format!(" and the secret{label}") };
            let sentence = format!("The signature is right for the body {}{with}.", variant.how);
            Some(search.found(hit, variant.code, &sentence, variant.fix))
        })
    })
}

/// A variation of the body, ready to be tried.
pub(super) struct Ready {
    pub(super) code: &'static str,
    pub(super) how: &'static str,
    pub(super) fix: &'static str,
    pub(super) bytes: Vec<u8>,
}

/// Makes one form after the other, never two at a time, and leaves out those that have come already.
pub(super) fn each<'a, T>(
    search: &mut Search<'a>,
    is_likely: bool,
    mut attempt: impl FnMut(&mut Search<'a>, &Ready) -> Option<T>,
) -> Option<T> {
    if !search.signs_body() {
        return None;
    }
    let request = search.case.request;
    let json = if request.body.len() <= MAX_JSON && search.spend(request.body.len().saturating_mul(JSON_COST)) {
        json::parse(request.body)
    } else {
        None
    };
    let body = Body { bytes: request.body, headers: request.headers, json };
    let mut seen = std::collections::HashSet::from([digest(request.body)]);
    for form in FORMS.iter().filter(|form| form.is_likely == is_likely) {
        let is_json = form.code.starts_with("body_json");
        if is_json && (body.json.is_none() || !search.spend(request.body.len().saturating_mul(JSON_COST))) {
            continue;
        }
        for variant in (form.make)(&body) {
            if !seen.insert(digest(&variant.bytes)) {
                continue;
            }
            let ready = Ready { code: form.code, how: variant.how, fix: form.fix, bytes: variant.bytes };
            if let Some(found) = attempt(search, &ready) {
                return Some(found);
            }
        }
    }
    None
}

fn digest(bytes: &[u8]) -> u64 {
    use std::hash::{DefaultHasher, Hasher as _};
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

impl Body<'_> {
    fn json(&self, how: &'static str, style: Style) -> Vec<Variant> {
        let capacity = self.bytes.len() + self.bytes.len() / 8;
        let printed = self.json.as_ref().map(|node| json::print(node, style, capacity));
        printed.map(|text| Variant { how, bytes: text.into_bytes() }).into_iter().collect()
    }

    fn header_has(&self, name: &'static str, word: &str) -> bool {
        self.headers.get_str(name).is_some_and(|value| value.to_ascii_lowercase().contains(word))
    }
}

fn one(how: &'static str, bytes: impl Into<Vec<u8>>) -> Vec<Variant> {
    vec![Variant { how, bytes: bytes.into() }]
}

fn without_newline(body: &Body<'_>) -> Vec<Variant> {
    let mut all = Vec::new();
    if let Some(rest) = body.bytes.strip_suffix(b"\n") {
        all.extend(one("without its last line end", rest.strip_suffix(b"\r").unwrap_or(rest)));
    }
    all.extend(one("without the white space around it", body.bytes.trim_ascii()));
    all
}

fn with_newline(body: &Body<'_>) -> Vec<Variant> {
    let mut all = one("with a line feed after it", [body.bytes, b"\n"].concat());
    all.extend(one("with a line end (CR LF) after it", [body.bytes, b"\r\n"].concat()));
    all
}

fn decompressed(body: &Body<'_>) -> Vec<Variant> {
    let mut decoded = Vec::new();
    let read = |reader: &mut dyn std::io::Read, decoded: &mut Vec<u8>| {
        reader.take(MAX_DECODED).read_to_end(decoded).is_ok_and(|length| length > 0)
    };
    let mut bytes = body.bytes;
    let done = if body.bytes.starts_with(&[0x1f, 0x8b]) {
        read(&mut flate2::read::MultiGzDecoder::new(bytes), &mut decoded)
    } else if body.header_has("content-encoding", "deflate") {
        read(&mut flate2::read::ZlibDecoder::new(bytes), &mut decoded)
            || read(&mut flate2::read::DeflateDecoder::new(body.bytes), &mut decoded)
    } else if body.header_has("content-encoding", "br") {
        read(&mut brotli::Decompressor::new(&mut bytes, 4096), &mut decoded)
    } else if body.bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        zstd::stream::read::Decoder::new(bytes).is_ok_and(|mut reader| read(&mut reader, &mut decoded))
    } else {
        false
    };
    if done { one("after decompression", decoded) } else { Vec::new() }
}

fn line_ends(body: &Body<'_>) -> Vec<Variant> {
    let Ok(text) = std::str::from_utf8(body.bytes) else { return Vec::new() };
    if !text.contains('\n') {
        return Vec::new();
    }
    let unix = text.replace("\r\n", "\n");
    let windows = unix.replace('\n', "\r\n");
    let none = unix.replace('\n', "");
    [("with LF line ends", unix), ("with CR LF line ends", windows), ("without line ends", none)]
        .into_iter()
        .flat_map(|(how, text)| one(how, text))
        .collect()
}

fn byte_order_mark(body: &Body<'_>) -> Vec<Variant> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    match body.bytes.strip_prefix(MARK) {
        Some(rest) => one("without its byte order mark", rest),
        None => one("with a byte order mark before it", [MARK, body.bytes].concat()),
    }
}

fn charsets(body: &Body<'_>) -> Vec<Variant> {
    let latin_as_utf8 = || body.bytes.iter().map(|&byte| char::from(byte)).collect::<String>();
    let Ok(text) = std::str::from_utf8(body.bytes) else {
        let windows = encoding_rs::WINDOWS_1252.decode_without_bom_handling(body.bytes).0;
        let mut all = one("read as Latin-1 and written in UTF-8", latin_as_utf8());
        all.extend(one("read as Windows-1252 and written in UTF-8", windows.as_bytes()));
        all.extend(one(
            "with replacement characters for what is not UTF-8",
            String::from_utf8_lossy(body.bytes).as_bytes(),
        ));
        return all;
    };
    if text.is_ascii() {
        return Vec::new();
    }
    let latin: Option<Vec<u8>> = text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect();
    let mut all: Vec<Variant> = latin.into_iter().flat_map(|latin| one("in Latin-1", latin)).collect();
    let (windows, _, is_lossy) = encoding_rs::WINDOWS_1252.encode(text);
    if !is_lossy {
        all.extend(one("in Windows-1252", windows.as_ref()));
    }
    let question: String = text.chars().map(|character| if character.is_ascii() { character } else { '?' }).collect();
    all.extend(one("with a question mark for each character beyond ASCII", question));
    all.extend(one("encoded in UTF-8 twice", latin_as_utf8()));
    all
}

fn is_form(body: &Body<'_>) -> bool {
    body.header_has("content-type", "x-www-form-urlencoded")
        && memchr::memchr_iter(b'&', body.bytes).take(1000).count() < 1000
}

fn form_fields(body: &Body<'_>) -> Vec<Variant> {
    if !is_form(body) {
        return Vec::new();
    }
    let long = form_pairs(body.bytes).into_iter().filter(|(_, value)| value.starts_with(['{', '[']));
    long.take(4).flat_map(|(_, value)| one("that stands in the form's field, decoded", value)).collect()
}

fn form_decoded(body: &Body<'_>) -> Vec<Variant> {
    if !is_form(body) {
        return Vec::new();
    }
    let pairs = form_pairs(body.bytes);
    let joined = |pairs: &[(String, String)]| {
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    };
    let mut sorted = pairs.clone();
    sorted.sort();
    let object: serde_json::Map<String, serde_json::Value> =
        pairs.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    let mut all = one("with the form decoded", joined(&pairs));
    all.extend(one("with the form decoded and sorted", joined(&sorted)));
    all.extend(one("with the form as JSON", serde_json::Value::Object(object).to_string()));
    all
}

fn empty(_: &Body<'_>) -> Vec<Variant> {
    let mut all = one("when it is empty", *b"");
    all.extend(one("when it is `{}`", *b"{}"));
    all
}

fn stringified(body: &Body<'_>) -> Vec<Variant> {
    let mut all = one("when it is `[object Object]`", *b"[object Object]");
    all.extend(one("when it is `undefined`", *b"undefined"));
    all.extend(one("when it is `null`", *b"null"));
    if let Ok(text) = std::str::from_utf8(body.bytes) {
        all.extend(one("as a JSON string of its text", serde_json::Value::from(text).to_string()));
        if !text.contains(['\'', '\\']) {
            all.extend(one("as Python's repr of its bytes", format!("b'{text}'")));
        }
        // A double-encoded body: the sender signed the object and sent its text in quotes.
        if let Ok(inner) = serde_json::from_slice::<String>(body.bytes) {
            all.extend(one("without the JSON string around it", inner));
        }
    }
    all
}
