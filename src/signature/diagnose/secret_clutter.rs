//! Text around a secret that the sender has and the bin lacks, or the other way round.
//! It is rare, so it is tried only for small bodies.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha384, Sha512};

use super::secret_forms::{Form, HERE, SENDER};
use super::secret_variant::{Variant, bytes, is_blank, text};
use crate::http::form;
use crate::signature::encoding::key_from_base64;

const CLEAN: &str = "Remove what is around the secret on the sender's side; it was copied together with the secret.";

/// Every form.
pub(super) const FORMS: &[Form] = &[
    Form { code: "secret_space", is_likely: false, fix: CLEAN, make: |secret| around(secret, INVISIBLE) },
    Form {
        code: "secret_newline",
        is_likely: false,
        fix: "Remove the newlines around the secret on the sender's side; files and multi-line settings add them.",
        make: |secret| around(secret, NEWLINES),
    },
    Form {
        code: "secret_escaped",
        is_likely: false,
        fix: "Remove the backslash and its letter from the sender's setting: nothing makes a newline of them there.",
        make: |secret| around(secret, ESCAPES),
    },
    Form { code: "secret_characters", is_likely: false, fix: CLEAN, make: |secret| around(secret, PUNCTUATION) },
    Form { code: "secret_quotes", is_likely: false, fix: CLEAN, make: |secret| around(secret, QUOTES) },
    Form {
        code: "secret_assignment",
        is_likely: false,
        fix: "Give the sender only the value, without its name before it.",
        make: assigned,
    },
    Form { code: "secret_encoded", is_likely: false, fix: SENDER, make: rarely_encoded },
    Form { code: "secret_hashed", is_likely: false, fix: SENDER, make: rarely_hashed },
    Form {
        code: "secret_doubled",
        is_likely: false,
        fix: "Paste the secret once; one side has it twice, one after the other.",
        make: doubled,
    },
    Form { code: "secret_characters", is_likely: false, fix: SENDER, make: other_characters },
    Form { code: "secret_quotes", is_likely: false, fix: HERE, make: unwrapped },
    Form {
        code: "secret_assignment",
        is_likely: false,
        fix: "Paste only the value, not what it is in.",
        make: embedded,
    },
];

/// The words for it, the text before the secret, the text after it.
type Around = (&'static str, &'static str, &'static str);

const INVISIBLE: &[Around] = &[
    ("and a byte order mark before it", "\u{feff}", ""),
    ("and a byte order mark after it", "", "\u{feff}"),
    ("and a no-break space after it", "", "\u{a0}"),
    ("and a no-break space before it", "\u{a0}", ""),
    ("and no-break spaces around it", "\u{a0}", "\u{a0}"),
    ("and a zero-width space after it", "", "\u{200b}"),
    ("and a zero-width space before it", "\u{200b}", ""),
    ("and tabs around it", "\t", "\t"),
    ("and a tab before it", "\t", ""),
    ("and two spaces after it", "", "  "),
    ("and a space and a newline after it", "", " \n"),
];

const NEWLINES: &[Around] = &[
    ("and a newline before it", "\n", ""),
    ("and two newlines after it", "", "\n\n"),
    ("and newlines around it", "\n", "\n"),
    ("and two newlines before it", "\n\n", ""),
    ("and two newlines (CRLF) after it", "", "\r\n\r\n"),
    ("and a newline (CRLF) before it", "\r\n", ""),
    ("and newlines (CRLF) around it", "\r\n", "\r\n"),
    ("and a carriage return after it", "", "\r"),
];

const ESCAPES: &[Around] = &[
    ("and a backslash and an n after it", "", "\\n"),
    ("and `\\r\\n` as four characters after it", "", "\\r\\n"),
    ("and a backslash and an n before it", "\\n", ""),
    ("and a backslash and a t after it", "", "\\t"),
    ("and a backslash after it", "", "\\"),
];

const PUNCTUATION: &[Around] = &[
    ("and a `;` after it", "", ";"),
    ("and a `,` after it", "", ","),
    ("and a `.` after it", "", "."),
    ("and a `:` after it", "", ":"),
    ("and a `/` after it", "", "/"),
    ("and a `=` before it", "=", ""),
    ("and a `:` before it", ":", ""),
    ("and a `-` before it", "- ", ""),
    ("and a `$` before it", "$", ""),
    ("and `&amp;` after it", "", "&amp;"),
];

const QUOTES: &[Around] = &[
    ("as Python shows bytes, in b'…'", "b'", "'"),
    ("as Python shows bytes, in b\"…\"", "b\"", "\""),
    ("in double quotes with a comma after them", "\"", "\","),
    ("in double quotes with a semicolon after them", "\"", "\";"),
    ("in single quotes with a comma after them", "'", "',"),
    ("in single quotes with a semicolon after them", "'", "';"),
    ("in typographic quotes", "“", "”"),
    ("in single typographic quotes", "‘", "’"),
    ("in low and high quotes", "„", "“"),
    ("in guillemets", "«", "»"),
    ("in parentheses", "(", ")"),
    ("in square brackets", "[", "]"),
    ("in a list with double quotes", "[\"", "\"]"),
    ("in a list with single quotes", "['", "']"),
    ("in braces", "{", "}"),
    ("in doubled braces", "{{", "}}"),
    ("in asterisks", "**", "**"),
    ("in `&quot;`", "&quot;", "&quot;"),
    ("in double and single quotes", "\"'", "'\""),
    ("in double quotes twice", "\"\"", "\"\""),
    ("with a single quote before it", "'", ""),
    ("with a single quote after it", "", "'"),
];

fn around(secret: &str, table: &[Around]) -> Vec<Variant> {
    let secret = secret.trim_matches(is_blank);
    let both = |(how, before, after): &Around| {
        let whole = format!("{before}{secret}{after}");
        [text(how, whole.clone()), bytes(how, whole)]
    };
    table.iter().flat_map(both).collect()
}

/// Names that precede a secret in settings.
const NAMES: &[&str] = &[
    "secret",
    "Secret",
    "SECRET",
    "WEBHOOK_SECRET",
    "webhook_secret",
    "Webhook secret",
    "SIGNING_SECRET",
    "signing_secret",
    "Signing secret",
    "name",
    "key",
    "KEY",
    "value",
    "token",
    "password",
];

fn assigned(secret: &str) -> Vec<Variant> {
    let secret = secret.trim_matches(is_blank);
    let mut all = Vec::new();
    for name in NAMES {
        for between in ["=", ": ", ":", " = "] {
            let before = format!("{name}{between}");
            all.push(bytes(&format!("and `{before}` before it"), format!("{before}{secret}")));
        }
    }
    all
}

fn rarely_encoded(secret: &str) -> Vec<Variant> {
    let secret = secret.trim_matches(is_blank);
    let little: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = secret.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let base64 = STANDARD.encode(secret);
    let bare = secret.strip_prefix("v1,").unwrap_or(secret);
    let bare = bare.strip_prefix("whsec_").unwrap_or(bare);
    let mut all: Vec<Variant> = key_from_base64(bare)
        .filter(|key| !key.is_empty())
        .map(|key| bytes("decoded from base64 and encoded in hex", hex::encode(key)))
        .into_iter()
        .collect();
    all.extend([
        bytes("encoded in base64 without its prefix", STANDARD.encode(bare)),
        bytes("in UTF-16", little.clone()),
        bytes("in UTF-16 with a byte order mark", [&b"\xff\xfe"[..], &little].concat()),
        bytes("in UTF-16, high bytes first", big.clone()),
        bytes("in UTF-16, high bytes first, with a byte order mark", [&b"\xfe\xff"[..], &big].concat()),
        bytes("encoded in base64, and a newline after that", format!("{base64}\n")),
        bytes("and a newline, encoded in base64, and a newline after that", {
            format!("{}\n", STANDARD.encode(format!("{secret}\n")))
        }),
        bytes("encoded in base64 twice", STANDARD.encode(&base64)),
        bytes("encoded in hex with `0x` before it", format!("0x{}", hex::encode(secret))),
        bytes("encoded in hex, and a newline after that", format!("{}\n", hex::encode(secret))),
        bytes("and a newline, encoded in hex", hex::encode(format!("{secret}\n"))),
        bytes("encoded in hex, in base64", STANDARD.encode(hex::encode(secret))),
    ]);
    all
}

fn rarely_hashed(secret: &str) -> Vec<Variant> {
    let secret = secret.trim_matches(is_blank);
    let ended = format!("{secret}\n");
    vec![
        bytes("hashed with SHA-1, in upper-case hex", hex::encode_upper(Sha1::digest(secret))),
        bytes("hashed with MD5, in upper-case hex", hex::encode_upper(Md5::digest(secret))),
        bytes("hashed with SHA-512, in upper-case hex", hex::encode_upper(Sha512::digest(secret))),
        bytes("hashed with SHA-384, in hex", hex::encode(Sha384::digest(secret))),
        bytes("hashed with SHA-1, in base64", STANDARD.encode(Sha1::digest(secret))),
        bytes("hashed with MD5, in base64", STANDARD.encode(Md5::digest(secret))),
        bytes("hashed with SHA-512, in base64", STANDARD.encode(Sha512::digest(secret))),
        bytes("and a newline, hashed with SHA-256, in hex", hex::encode(sha2::Sha256::digest(&ended))),
        bytes("and a newline, hashed with SHA-1, in hex", hex::encode(Sha1::digest(&ended))),
        bytes("and a newline, hashed with MD5, in hex", hex::encode(Md5::digest(&ended))),
    ]
}

/// The secret twice in a row, at the sender or in the bin.
fn doubled(secret: &str) -> Vec<Variant> {
    let secret = secret.trim_matches(is_blank);
    let mut all = Vec::new();
    for between in ["", " ", "\n", ","] {
        let whole = format!("{secret}{between}{secret}");
        all.extend([text("twice, one after the other", whole.clone()), bytes("twice, one after the other", whole)]);
    }
    let (first, second) = secret.split_at_checked(secret.len() / 2).unwrap_or((secret, ""));
    if first == second && !first.is_empty() {
        all.push(text("once: it is there twice", first));
    }
    all
}

fn other_characters(secret: &str) -> Vec<Variant> {
    let secret = secret.trim_matches(is_blank);
    [
        ("with `–` for `-`", secret.replace('-', "–")),
        ("with `—` for `-`", secret.replace('-', "—")),
        ("with `—` for `--`", secret.replace("--", "—")),
        ("with `-` for `–` or `—`", secret.replace(['–', '—', '\u{2011}', '\u{2212}'], "-")),
        ("with spaces for `_`", secret.replace('_', " ")),
        ("with `…` for `...`", secret.replace("...", "…")),
        ("without what is no letter or digit", secret.chars().filter(char::is_ascii_alphanumeric).collect()),
        ("backwards", secret.chars().rev().collect()),
    ]
    .into_iter()
    .map(|(how, changed)| text(how, changed))
    .collect()
}

/// Characters that may be around a secret in the text from which it was copied.
const MARKS: &[char] = &[
    '(', ')', '[', ']', '{', '}', '<', '>', '*', '«', '»', '‹', '›', '“', '”', '„', '‟', '‘', '’', '‚', '"', '\'', '`',
    '|', '~', '#', ',', ';',
];

fn unwrapped(secret: &str) -> Vec<Variant> {
    let entities = [("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&apos;", "'"), ("&#x27;", "'"), ("&lt;", "<")];
    let mut plain = entities.iter().fold(secret.to_owned(), |text, (entity, letter)| text.replace(entity, letter));
    for (entity, letter) in [("&gt;", ">"), ("&nbsp;", " "), ("&amp;", "&"), ("&#x3D;", "="), ("&#61;", "=")] {
        plain = plain.replace(entity, letter);
    }
    let bare = plain.trim_matches(|letter| is_blank(letter) || MARKS.contains(&letter));
    let underlined = bare.trim_matches('_');
    vec![
        text("with its HTML entities decoded", plain.trim_matches(is_blank)),
        text("without the marks around it", bare),
        text("without the marks and underscores around it", underlined),
    ]
}

/// The most values that are taken from one pasted text.
const MAX_VALUES: usize = 8;

/// A secret inside a line with a comment, inside JSON or inside a URL.
fn embedded(secret: &str) -> Vec<Variant> {
    let secret = secret.trim_matches(is_blank);
    let mut all = Vec::new();
    for mark in [" #", "\t#", " //", " --", " ;"] {
        if let Some((value, _)) = secret.split_once(mark) {
            let bare = value.trim_matches(|letter| is_blank(letter) || MARKS.contains(&letter));
            all.push(text("without the comment after it", bare));
        }
    }
    if let Ok(json) = serde_json::from_str::<serde_json::Value>(secret) {
        let mut values = Vec::new();
        strings(&json, &mut values);
        all.extend(values.into_iter().map(|value| text("as a value of the JSON that it is in", value)));
    }
    if secret.contains("://") {
        let (_, query) = secret.split_once(['?', '#']).unwrap_or((secret, ""));
        let values = form::first_pairs(query.as_bytes(), MAX_VALUES).map(|(_, value)| value);
        all.extend(values.map(|value| text("as a parameter of the URL that it is in", value)));
        let path = secret.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        let last = path.rsplit('/').next().unwrap_or_default();
        all.push(text("as the last part of the URL that it is in", last));
        let user = path.split_once("://").and_then(|(_, rest)| rest.split('/').next()?.rsplit_once('@'));
        if let Some((_, password)) = user.and_then(|(user, _)| user.split_once(':')) {
            all.push(text("as the password of the URL that it is in", password));
        }
    }
    all
}

/// Collects the first texts in a JSON value.
fn strings(json: &serde_json::Value, into: &mut Vec<String>) {
    match json {
        serde_json::Value::String(value) if into.len() < MAX_VALUES => into.push(value.clone()),
        serde_json::Value::Array(items) => items.iter().take(MAX_VALUES).for_each(|item| strings(item, into)),
        serde_json::Value::Object(members) => members.values().take(MAX_VALUES).for_each(|item| strings(item, into)),
        _ => {}
    }
}
