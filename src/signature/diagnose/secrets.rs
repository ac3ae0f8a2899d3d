//! The bin's secret, pasted, decoded or completed in another way; and the secrets of other bins.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use percent_encoding::percent_decode_str;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization as _;

use super::Finding;
use super::search::{KeyText, Search};
use crate::signature::encoding::{Encoding, key_from_base64};
use crate::signature::scheme::Scheme;

/// A way in which a secret goes wrong.
pub(super) struct Form {
    code: &'static str,
    is_likely: bool,
    fix: &'static str,
    make: fn(&str) -> Vec<Variant>,
}

/// A secret in another form.
pub(super) struct Variant {
    /// Completes "The signature is right with the secret …".
    how: String,
    key: Made,
}

enum Made {
    /// A text, from which the scheme makes the key.
    Text(String),
    /// The key itself.
    Bytes(Vec<u8>),
}

const HERE: &str = "Paste the secret into the bin again, exactly as the provider shows it.";
const SENDER: &str = "Let the sender use the secret in the form that the scheme asks for.";
const PREFIX: &str = "Check whether the scheme uses the secret with or without its prefix; the two sides differ.";

/// Every form, likely ones first.
const FORMS: &[Form] = &[
    Form {
        code: "secret_whitespace",
        is_likely: true,
        fix: "Paste the secret again without spaces or line ends around it.",
        make: trimmed,
    },
    Form { code: "secret_quotes", is_likely: true, fix: "Paste the secret again without the quotes.", make: unquoted },
    Form {
        code: "secret_newline",
        is_likely: true,
        fix: "Remove the line end from the secret on the sender's side; `echo` and editors add one to files.",
        make: with_newline,
    },
    Form {
        code: "secret_space",
        is_likely: true,
        fix: "Remove the white space around the secret on the sender's side; it came along when it was pasted.",
        make: with_space,
    },
    Form { code: "secret_assignment", is_likely: true, fix: "Paste only the value, not its name.", make: value_only },
    Form { code: "secret_prefix", is_likely: true, fix: PREFIX, make: prefixes },
    Form { code: "secret_as_text", is_likely: true, fix: SENDER, make: as_text },
    Form { code: "secret_as_base64", is_likely: true, fix: SENDER, make: as_base64 },
    Form { code: "secret_as_hex", is_likely: true, fix: SENDER, make: as_hex },
    Form {
        code: "secret_auth_scheme",
        is_likely: false,
        fix: "Set the secret to the header's whole value, with `Bearer` or `Basic` before it.",
        make: auth_schemes,
    },
    Form { code: "secret_prefix", is_likely: false, fix: PREFIX, make: rare_prefixes },
    Form { code: "secret_case", is_likely: false, fix: HERE, make: cases },
    Form {
        code: "secret_part",
        is_likely: false,
        fix: "Paste one secret at a time; add a second one as a second secret.",
        make: parts,
    },
    Form { code: "secret_encoded", is_likely: false, fix: SENDER, make: encoded },
    Form { code: "secret_hashed", is_likely: false, fix: SENDER, make: hashed },
    Form { code: "secret_escaped", is_likely: false, fix: HERE, make: unescaped },
    Form { code: "secret_unicode", is_likely: false, fix: "Use a secret of plain ASCII characters.", make: normalised },
];

/// What senders sign with when their setting is empty, with the words for it.
const UNSET: [(&str, &str); 4] = [
    ("", "an empty secret"),
    ("undefined", "the word `undefined` as the secret"),
    ("null", "the word `null` as the secret"),
    ("None", "the word `None` as the secret"),
];

/// The rarer ones.
const RARELY_UNSET: [(&str, &str); 4] = [
    ("nil", "the word `nil` as the secret"),
    ("false", "the word `false` as the secret"),
    ("secret", "the word `secret` as the secret"),
    ("changeme", "the word `changeme` as the secret"),
];

/// Other bins' secrets that are tried.
const MAX_OTHERS: usize = 512;

pub(super) fn likely(search: &mut Search<'_>) -> Option<Finding> {
    forms(search, true).or_else(|| unset(search, &UNSET))
}

pub(super) fn rare(search: &mut Search<'_>) -> Option<Finding> {
    forms(search, false).or_else(|| unset(search, &RARELY_UNSET))
}

fn forms(search: &mut Search<'_>, is_likely: bool) -> Option<Finding> {
    let request = search.case.request;
    for variant in variants(search, is_likely) {
        if let Some(hit) = search.hit(&request, &variant.key) {
            let fix = match sibling(search, &variant.key.bytes).filter(|_| variant.fix == SENDER) {
                Some(other) => format!(
                    "Set the bin's scheme to `{}`, or let the sender use the secret in the form that {} asks for.",
                    other.id, search.scheme.name
                ),
                None => variant.fix.to_owned(),
            };
            return Some(search.found(hit, variant.code, &format!("{}.", variant.sentence), &fix));
        }
    }
    None
}

/// The known scheme that differs only in how it makes the key, and makes this one of a secret of the bin.
fn sibling<'a>(search: &Search<'a>, key: &[u8]) -> Option<&'a Scheme> {
    let own = &search.scheme;
    let is_sibling = |other: &&Scheme| {
        other.id != own.id
            && (other.algorithm, other.encoding) == (own.algorithm, own.encoding)
            && (&other.from, &other.items, &other.vars) == (&own.from, &own.items, &own.vars)
            && other.signed == own.signed
    };
    let makes_it = |other: &&Scheme| {
        search.case.secrets.iter().any(|secret| other.key(secret.value.expose()).as_deref() == Some(key))
    };
    search.case.catalogue.schemes().iter().map(AsRef::as_ref).filter(is_sibling).find(makes_it)
}

/// What to do. The sender has no public key to change: there it is the bin that has it in another form.
fn fix_of(form: &Form, scheme: &Scheme) -> &'static str {
    if form.fix != SENDER || !scheme.algorithm.is_asymmetric() {
        return form.fix;
    }
    match scheme.secret.written_in() {
        Encoding::Hex => "Paste the public key as hex.",
        Encoding::Base64 | Encoding::Base64url | Encoding::Base64Hex => "Paste the public key as base64.",
        Encoding::Utf8 => HERE,
    }
}

/// A secret's variation, ready to be tried.
pub(super) struct Ready {
    pub(super) code: &'static str,
    /// Without its full stop.
    pub(super) sentence: String,
    pub(super) fix: &'static str,
    pub(super) key: KeyText,
}

/// Every variation of every secret, without repeats, without the plain ones.
pub(super) fn variants(search: &Search<'_>, is_likely: bool) -> Vec<Ready> {
    let plain = search.keys().into_iter().map(|(_, key)| key.bytes);
    let mut seen: HashSet<Vec<u8>> = plain.collect();
    let mut ready = Vec::new();
    for form in FORMS.iter().filter(|form| form.is_likely == is_likely) {
        for secret in search.case.secrets {
            for variant in (form.make)(secret.value.expose()) {
                let key = match variant.key {
                    Made::Text(text) => search.key(&text),
                    Made::Bytes(bytes) => {
                        let text = String::from_utf8(bytes.clone()).ok();
                        Some(KeyText { bytes, text })
                    }
                };
                let Some(key) = key.filter(|key| seen.insert(key.bytes.clone())) else { continue };
                let label = search.label(secret);
                let sentence = format!("The signature is right with the secret{label} {}", variant.how);
                ready.push(Ready { code: form.code, sentence, fix: fix_of(form, &search.scheme), key });
            }
        }
    }
    ready
}

fn unset(search: &mut Search<'_>, words: &[(&str, &str)]) -> Option<Finding> {
    let algorithm = search.scheme.algorithm;
    if algorithm.is_asymmetric() {
        return None;
    }
    let request = search.case.request;
    words.iter().find_map(|(text, words)| {
        let key = KeyText { bytes: text.as_bytes().to_vec(), text: Some((*text).to_owned()) };
        let hit = search.hit(&request, &key)?;
        Some(search.found(
            hit,
            "secret_unset",
            &format!("The sender signed with {words}."),
            "Look for a missing setting or environment variable on the sender's side.",
        ))
    })
}

pub(super) fn of_other_bins(search: &mut Search<'_>) -> Option<Finding> {
    let request = search.case.request;
    search.case.other_secrets.iter().take(MAX_OTHERS).find_map(|other| {
        let text = other.value.expose();
        let trimmed = search.key(text.trim()).filter(|_| text.trim() != text);
        [search.key(text), trimmed].into_iter().flatten().find_map(|key| {
            let hit = search.hit(&request, &key)?;
            Some(search.found(
                hit,
                "other_bin_secret",
                &format!("The signature was made with the secret “{}” of the bin “{}”.", other.label, other.bin),
                "Add that secret to this bin, or send to the other bin's URL.",
            ))
        })
    })
}

fn text(how: &str, text: impl Into<String>) -> Variant {
    Variant { how: how.to_owned(), key: Made::Text(text.into()) }
}

fn bytes(how: &str, bytes: impl Into<Vec<u8>>) -> Variant {
    Variant { how: how.to_owned(), key: Made::Bytes(bytes.into()) }
}

/// White space, and what is as invisible: zero-width characters and the byte order mark.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\0')
}

fn trimmed(secret: &str) -> Vec<Variant> {
    let inner: String = secret.chars().filter(|&character| !is_blank(character)).collect();
    vec![
        text("without the white space around it", secret.trim_matches(is_blank)),
        text("without the white space in it", inner),
    ]
}

fn unquoted(secret: &str) -> Vec<Variant> {
    let secret = secret.trim_matches(is_blank);
    let inner = secret.trim_matches(['"', '\'', '`', '“', '”', '‘', '’', '<', '>']);
    vec![text("without the quotes around it", inner), text("in double quotes", format!("\"{secret}\""))]
}

fn with_newline(secret: &str) -> Vec<Variant> {
    let secret = secret.trim_end_matches(['\r', '\n']);
    ["\n", "\r\n"]
        .into_iter()
        .flat_map(|end| {
            let ended = format!("{secret}{end}");
            [text("and a line end after it", ended.clone()), bytes("and a line end after it", ended)]
        })
        .collect()
}

fn with_space(secret: &str) -> Vec<Variant> {
    let secret = secret.trim_matches(is_blank);
    [
        ("and a space after it", format!("{secret} ")),
        ("and a space before it", format!(" {secret}")),
        ("and spaces around it", format!(" {secret} ")),
        ("and a tab after it", format!("{secret}\t")),
    ]
    .into_iter()
    .flat_map(|(how, spaced)| [text(how, spaced.clone()), bytes(how, spaced)])
    .collect()
}

fn value_only(secret: &str) -> Vec<Variant> {
    let secret = secret.trim_matches(is_blank);
    [" ", "=", ":"]
        .into_iter()
        .filter_map(|separator| secret.split_once(separator))
        .filter(|(name, _)| name.starts_with(|first: char| first.is_ascii_alphabetic()))
        .map(|(name, value)| {
            let value = value.trim_matches(is_blank).trim_matches(['"', '\'']);
            text(&format!("without `{}` before it", super::search::shown(name)), value)
        })
        .collect()
}

const RARE_PREFIXES: [&str; 6] = ["v1,whsec_", "sk_", "sk_live_", "sk_test_", "whpk_", "sha256="];

fn prefixes(secret: &str) -> Vec<Variant> {
    let secret = secret.trim_matches(is_blank);
    let mut all = Vec::new();
    // Up to three parts: `sk_live_…`. The base64 alphabet of URLs has an underscore too, so far ones are no prefix.
    for (at, _) in secret.match_indices('_').take(3).filter(|(at, _)| *at < 16) {
        let how = format!("without `{}` before it", &secret[..=at]);
        all.push(text(&how, &secret[at + 1..]));
    }
    all.push(bytes("and `whsec_` before it", format!("whsec_{secret}")));
    all
}

fn rare_prefixes(secret: &str) -> Vec<Variant> {
    let secret = secret.trim_matches(is_blank);
    let with = |prefix: &&str| bytes(&format!("and `{prefix}` before it"), format!("{prefix}{secret}"));
    RARE_PREFIXES.iter().map(with).collect()
}

/// The secret, and the secret without its prefix.
fn bare_and_stripped(secret: &str) -> Vec<(&'static str, &str)> {
    let secret = secret.trim_matches(is_blank);
    let stripped = secret.rfind('_').filter(|&at| at < 16).map(|at| &secret[at + 1..]);
    let first = secret.strip_prefix("v1,whsec_").or_else(|| secret.strip_prefix("whsec_"));
    let mut all = vec![("", secret)];
    all.extend(first.or(stripped).map(|rest| (" without its prefix", rest)));
    all
}

fn as_text(secret: &str) -> Vec<Variant> {
    bare_and_stripped(secret)
        .into_iter()
        .map(|(which, part)| bytes(&format!("taken as plain text{which}"), part.as_bytes()))
        .collect()
}

fn as_base64(secret: &str) -> Vec<Variant> {
    bare_and_stripped(secret)
        .into_iter()
        .filter_map(|(which, part)| Some(bytes(&format!("decoded from base64{which}"), key_from_base64(part)?)))
        .filter(|variant| !matches!(&variant.key, Made::Bytes(bytes) if bytes.is_empty()))
        .collect()
}

fn as_hex(secret: &str) -> Vec<Variant> {
    bare_and_stripped(secret)
        .into_iter()
        .filter_map(|(which, part)| {
            let part = part.strip_prefix("0x").unwrap_or(part);
            Some(bytes(&format!("decoded from hex{which}"), hex::decode(part).ok()?))
        })
        .collect()
}

fn auth_schemes(secret: &str) -> Vec<Variant> {
    let secret = secret.trim_matches(is_blank);
    vec![
        bytes("and `Bearer` before it", format!("Bearer {secret}")),
        bytes("as Basic credentials", format!("Basic {}", STANDARD.encode(secret))),
        bytes("and `Basic` before it", format!("Basic {secret}")),
        bytes("and `Token` before it", format!("Token {secret}")),
    ]
}

fn cases(secret: &str) -> Vec<Variant> {
    vec![text("in lower case", secret.to_lowercase()), text("in upper case", secret.to_uppercase())]
}

fn parts(secret: &str) -> Vec<Variant> {
    let parts: Vec<&str> = secret.split([' ', ',', ';', ':', '|', '\n', '\t']).map(str::trim).collect();
    if parts.len() < 2 {
        return Vec::new();
    }
    parts
        .into_iter()
        .take(8)
        .filter(|part| part.len() > 3)
        .map(|part| text("when only a part of it is taken", part))
        .collect()
}

fn encoded(secret: &str) -> Vec<Variant> {
    let secret = secret.trim_matches(is_blank);
    vec![bytes("encoded in base64", STANDARD.encode(secret)), bytes("encoded in hex", hex::encode(secret))]
}

fn hashed(secret: &str) -> Vec<Variant> {
    let secret = secret.trim_matches(is_blank);
    let (sha256, sha1, md5) = (Sha256::digest(secret), Sha1::digest(secret), Md5::digest(secret));
    vec![
        bytes("hashed with SHA-256, in hex", hex::encode(sha256)),
        bytes("hashed with SHA-256", sha256.to_vec()),
        bytes("hashed with SHA-1, in hex", hex::encode(sha1)),
        bytes("hashed with SHA-1", sha1.to_vec()),
        bytes("hashed with MD5, in hex", hex::encode(md5)),
    ]
}

fn unescaped(secret: &str) -> Vec<Variant> {
    let mut all: Vec<Variant> = percent_decode_str(secret)
        .decode_utf8()
        .ok()
        .map(|decoded| text("with its percent escapes decoded", decoded))
        .into_iter()
        .collect();
    if let Ok(decoded) = serde_json::from_str::<String>(&format!("\"{secret}\"")) {
        all.push(text("with its backslash escapes decoded", decoded));
    }
    all.push(text("without its backslashes", secret.replace('\\', "")));
    all
}

fn normalised(secret: &str) -> Vec<Variant> {
    let latin: Option<Vec<u8>> = secret.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect();
    let mut all = vec![
        text("in composed Unicode form", secret.nfc().collect::<String>()),
        text("in decomposed Unicode form", secret.nfd().collect::<String>()),
        text("in compatible Unicode form", secret.nfkd().collect::<String>()),
    ];
    all.extend(latin.map(|latin| bytes("in Latin-1", latin)));
    all
}
