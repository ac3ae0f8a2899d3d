//! A secret in other forms: pasted, decoded, cut or completed in another way. One line per cause, one function per
//! family.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::secret_encodings::{encoded, hashed, normalised, unescaped};
use super::secret_variant::{Variant, bytes, is_blank, text};
use crate::signature::encoding::key_from_base64;

/// A way in which a secret becomes wrong.
pub(super) struct Form {
    pub(super) code: &'static str,
    pub(super) is_likely: bool,
    pub(super) fix: &'static str,
    pub(super) make: fn(&str) -> Vec<Variant>,
}

pub(super) const HERE: &str = "Paste the secret into the bin again, exactly as the provider shows it.";
pub(super) const SENDER: &str = "Let the sender use the secret in the form that the scheme asks for.";
const PREFIX: &str = "Check whether the scheme uses the secret with or without its prefix; the two sides differ.";

/// Every form, likely ones first.
pub(super) const FORMS: &[Form] = &[
    Form {
        code: "secret_whitespace",
        is_likely: true,
        fix: "Paste the secret again without spaces or newlines around it.",
        make: trimmed,
    },
    Form { code: "secret_quotes", is_likely: true, fix: "Paste the secret again without the quotes.", make: unquoted },
    Form {
        code: "secret_newline",
        is_likely: true,
        fix: "Remove the trailing newline from the secret on the sender's side; `echo` and editors add one to files.",
        make: with_newline,
    },
    Form {
        code: "secret_space",
        is_likely: true,
        fix: "Remove the white space around the secret on the sender's side; it was copied together with the secret.",
        make: with_space,
    },
    Form {
        code: "secret_auth_scheme",
        is_likely: true,
        fix: "Set the secret to the token alone: the sender sends it without `Bearer` or `Basic`.",
        make: without_auth_scheme,
    },
    Form { code: "secret_assignment", is_likely: true, fix: "Paste only the value, not its name.", make: value_only },
    Form {
        code: "secret_cut",
        is_likely: true,
        fix: "Put the secret in quotes in the sender's settings file: in many a `#` begins a comment and a `$` a variable.",
        make: cut_by_dotenv,
    },
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
    Form { code: "secret_cut", is_likely: false, fix: "Let the sender use the whole secret.", make: shortened },
    Form { code: "secret_characters", is_likely: false, fix: SENDER, make: without_separators },
    Form { code: "secret_escaped", is_likely: false, fix: HERE, make: unescaped },
    Form { code: "secret_unicode", is_likely: false, fix: "Use a secret of plain ASCII characters.", make: normalised },
];

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
    let mut all = vec![text("without the quotes around it", inner)];
    for (how, quoted) in [
        ("in double quotes", format!("\"{inner}\"")),
        ("in single quotes", format!("'{inner}'")),
        ("in back quotes", format!("`{inner}`")),
        ("in escaped double quotes", format!("\\\"{inner}\\\"")),
        ("in angle brackets", format!("<{inner}>")),
        ("with a double quote before it", format!("\"{inner}")),
        ("with a double quote after it", format!("{inner}\"")),
    ] {
        all.extend([text(how, quoted.clone()), bytes(how, quoted)]);
    }
    all
}

fn with_newline(secret: &str) -> Vec<Variant> {
    let secret = secret.trim_end_matches(['\r', '\n']);
    ["\n", "\r\n"]
        .into_iter()
        .flat_map(|end| {
            let ended = format!("{secret}{end}");
            [text("and a trailing newline", ended.clone()), bytes("and a trailing newline", ended)]
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
    let whole = secret.trim_matches(is_blank);
    let mut rest = whole;
    let mut all = Vec::new();
    // `export NAME="value"`, `set NAME=value`, `- name: value`: one step after the other.
    for _ in 0..3 {
        let Some(at) = rest.find([' ', '=', ':']) else { break };
        let (name, after) = (&rest[..at], rest[at + 1..].trim_matches(is_blank));
        // `NAME = value`: the blank that was found only precedes the sign.
        let value = match after.strip_prefix(['=', ':']).filter(|_| rest[at..].starts_with(' ')) {
            Some(value) => value.trim_start_matches(is_blank),
            None => after,
        };
        if !name.starts_with(|first: char| first.is_ascii_alphabetic() || "-$\"'_".contains(first)) {
            break;
        }
        // The value is a slice of the whole, so the text before it ends at a character boundary.
        let before = value.as_ptr() as usize - whole.as_ptr() as usize;
        let how = format!("without `{}` before it", super::variation::shown(whole.get(..before).unwrap_or(name)));
        let bare = value.trim_end_matches([';', ',']).trim_matches(['"', '\'']);
        all.push(text(&how, bare));
        all.push(text(&how, bare.split(" #").next().unwrap_or_default().trim_end().trim_matches(['"', '\''])));
        rest = value;
    }
    all
}

fn without_auth_scheme(secret: &str) -> Vec<Variant> {
    let secret = secret.trim_matches(is_blank);
    let Some((scheme, value)) = secret.split_once(' ') else { return Vec::new() };
    if !["bearer", "basic", "token", "apikey"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Vec::new();
    }
    let mut all = vec![text(&format!("without `{scheme}` before it"), value.trim())];
    let decoded = STANDARD.decode(value.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    all.extend(decoded.map(|credentials| text("decoded from its Basic credentials", credentials)));
    all
}

/// What remains of a text without quotes in settings files and shells.
fn cut_by_dotenv(secret: &str) -> Vec<Variant> {
    let whole = secret.trim_matches(is_blank);
    let mut all = Vec::new();
    let mut until = |how: &str, end: Option<usize>| {
        if let Some(start) = end.and_then(|end| whole.get(..end)).map(str::trim_end).filter(|start| !start.is_empty()) {
            all.extend([text(how, start), bytes(how, start)]);
        }
    };
    until("up to its first `#`", whole.find('#'));
    until("up to its first ` #`", whole.find(" #"));
    until("up to its first `$`", whole.find('$'));
    until("up to its first space", whole.find(' '));
    until("up to its first `&`", whole.find('&'));
    until("up to its first `;`", whole.find(';'));
    until("up to its first quote", whole.find(['"', '\'']));
    until("up to its first newline", whole.find(['\r', '\n']));
    if let Some(at) = whole.find('$') {
        // `$name` and `${name}` of a variable that is not set.
        let rest = whole[at + 1..].trim_start_matches('{');
        let name = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').len();
        let after = rest[name..].strip_prefix('}').unwrap_or(&rest[name..]);
        all.push(text("with its `$` taken for a variable", format!("{}{after}", &whole[..at])));
        all.push(text("with `$$` for its `$`", whole.replace('$', "$$")));
        all.push(text("with one `$` for `$$`", whole.replace("$$", "$")));
    }
    all
}

/// Lengths at which libraries and database columns cut a text.
const LENGTHS: [usize; 8] = [128, 100, 72, 64, 50, 40, 32, 16];

fn shortened(secret: &str) -> Vec<Variant> {
    let secret = secret.trim_matches(is_blank);
    let mut all: Vec<Variant> = Vec::new();
    for length in LENGTHS {
        if let Some(start) = secret.get(..length).filter(|start| start.len() < secret.len()) {
            let how = format!("when only its first {length} characters are taken");
            all.extend([text(&how, start), bytes(&how, start)]);
        }
    }
    let mut characters = secret.chars();
    if characters.next_back().is_some() && !characters.as_str().is_empty() {
        all.push(text("without its last character", characters.as_str()));
    }
    let mut characters = secret.chars();
    if characters.next().is_some() && !characters.as_str().is_empty() {
        all.push(text("without its first character", characters.as_str()));
    }
    for (how, at) in [("up to its first `=`", secret.find('=')), ("up to its last `=`", secret.rfind('='))] {
        all.extend(at.map(|at| text(how, &secret[..at])));
    }
    all.push(text("without the `=` at its end", secret.trim_end_matches('=')));
    all.push(text("with a `=` at its end", format!("{secret}=")));
    all.push(text("with `==` at its end", format!("{secret}==")));
    all
}

/// UUIDs with and without dashes, keys in groups.
fn without_separators(secret: &str) -> Vec<Variant> {
    let secret = secret.trim_matches(is_blank);
    let plain: String = secret.chars().filter(|character| !"-:. ".contains(*character)).collect();
    let mut all = Vec::new();
    if let Ok(decoded) = hex::decode(&plain) {
        all.push(bytes("without its dashes, decoded from hex", decoded));
    }
    if plain.len() == 32 && plain.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let lower = plain.to_ascii_lowercase();
        let parts = [&lower[..8], &lower[8..12], &lower[12..16], &lower[16..20], &lower[20..]];
        all.push(text("written as a UUID with dashes", parts.join("-")));
        all.push(text("written as a UUID in braces", format!("{{{}}}", parts.join("-"))));
    }
    all.push(text("without its dashes", plain));
    all.push(text("with `-` for `_`", secret.replace('_', "-")));
    all.push(text("with `_` for `-`", secret.replace('-', "_")));
    all.push(text("with spaces for `+`", secret.replace('+', " ")));
    all
}

const RARE_PREFIXES: [&str; 6] = ["v1,whsec_", "sk_", "sk_live_", "sk_test_", "whpk_", "sha256="];

fn prefixes(secret: &str) -> Vec<Variant> {
    let secret = secret.trim_matches(is_blank);
    let mut all = Vec::new();
    // A prefix has up to three parts: `sk_live_…`. Base64url has underscores too, so later ones do not end a prefix.
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
    let mut all = Vec::new();
    for (which, part) in bare_and_stripped(secret) {
        let Some(once) = key_from_base64(part).filter(|once| !once.is_empty()) else { continue };
        all.push(bytes(&format!("decoded from base64{which}"), once.clone()));
        let trimmed = once.trim_ascii();
        if trimmed.len() < once.len() {
            all.push(bytes(&format!("decoded from base64{which}, without the white space around it"), trimmed));
        }
        let twice = std::str::from_utf8(trimmed).ok().and_then(key_from_base64).filter(|twice| !twice.is_empty());
        all.extend(twice.map(|twice| bytes(&format!("decoded from base64 twice{which}"), twice)));
        all.extend(
            hex::decode(trimmed)
                .ok()
                .map(|inner| bytes(&format!("decoded from base64 and then from hex{which}"), inner)),
        );
    }
    all
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
