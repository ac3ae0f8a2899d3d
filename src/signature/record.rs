//! A scheme's record as written, read by serde. `scheme.rs` checks what concerns several fields (names without a value,
//! a hash without a secret).

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Error as _, IntoDeserializer as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;

use super::algorithm::Algorithm;
use super::encoding::Encoding;
use super::pattern::Pattern;
use super::secret::Pipeline;
use super::source::Source;
use super::template::Template;
use super::timestamp::TimestampRule;

/// Alternatives, items, vars and the like in one record; each multiplies the work on a request.
const MAX_ENTRIES: usize = 8;

/// How well a record is proven, best proof first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Evidence {
    /// A published vector was recomputed and agrees.
    #[serde(rename = "A")]
    Vectors,
    /// Read in the provider's own source or documentation.
    #[serde(rename = "B")]
    Provider,
    /// From third-party documentation.
    #[serde(rename = "C")]
    ThirdParty,
}

/// Why a record is no scheme.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("scheme field `{field}`: {message}")]
pub struct SchemeError {
    /// The field at fault, as a path: `signature.items[1]`.
    pub field: String,
    /// One sentence, without its capital and full stop.
    pub message: String,
}

impl SchemeError {
    pub(crate) fn new(field: &str, message: impl fmt::Display) -> Self {
        Self { field: field.to_owned(), message: message.to_string() }
    }
}

/// The full form, which the catalogue has.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    #[serde(default = "custom")]
    pub(super) id: String,
    #[serde(default, deserialize_with = "some")]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) detect: Few<String>,
    /// Optional only for a better error than "missing field".
    #[serde(default, deserialize_with = "some_object")]
    pub(super) signature: Option<SignatureRecord>,
    #[serde(default = "hmac_sha256")]
    pub(super) algorithm: Algorithm,
    #[serde(default, deserialize_with = "some")]
    pub(super) encoding: Option<Encoding>,
    #[serde(default)]
    pub(super) secret: Pipeline,
    #[serde(default)]
    pub(super) vars: Entries<Source>,
    #[serde(default)]
    pub(super) signed: Few<Template>,
    #[serde(default, deserialize_with = "some_object")]
    pub(super) timestamp: Option<TimestampRule>,
    /// Parts typical of the sender, apart from its signature; none is required.
    #[serde(default)]
    pub(super) marks: Few<Source>,
    #[serde(default)]
    pub(super) require: Few<Requirement>,
    #[serde(default, rename = "basis", deserialize_with = "some")]
    pub(super) evidence: Option<Evidence>,
    #[serde(default, deserialize_with = "some")]
    pub(super) source: Option<String>,
    #[serde(default, deserialize_with = "some")]
    pub(super) notes: Option<String>,
    #[serde(default)]
    pub(super) config: Entries<String>,
    /// What tokens may be signed with.
    #[serde(default)]
    pub(super) alg: Few<String>,
}

/// Where the signature is and how its text is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignatureRecord {
    #[serde(default)]
    pub(super) from: Few<Source>,
    #[serde(default, deserialize_with = "some")]
    pub(super) group: Option<String>,
    #[serde(default, deserialize_with = "some")]
    pub(super) split: Option<String>,
    #[serde(default)]
    pub(super) items: Few<Pattern>,
}

/// Two templates that must give the same.
#[derive(Deserialize)]
#[serde(expecting = "a pair of templates")]
pub(super) struct Requirement(pub(super) Template, pub(super) Template);

/// The plain form, for schemes that sign the body alone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain {
    #[serde(default = "custom")]
    id: String,
    #[serde(default, deserialize_with = "some")]
    name: Option<String>,
    header: String,
    #[serde(default = "hmac_sha256")]
    algorithm: Algorithm,
    #[serde(default, deserialize_with = "some")]
    encoding: Option<Encoding>,
    #[serde(default)]
    prefix: String,
}

fn custom() -> String {
    "custom".to_owned()
}

const fn hmac_sha256() -> Algorithm {
    Algorithm::HmacSha256
}

/// Whether a record is written in the plain form.
pub(super) fn is_plain(record: &Json) -> bool {
    record.get("header").is_some()
}

/// Reads a record in its full form.
pub(super) fn read(record: &Json) -> Result<Record, SchemeError> {
    deserialized(record)
}

/// The full form of a plain record.
pub(super) fn full(plain: &Json) -> Result<Json, SchemeError> {
    let Plain { id, name, header, algorithm, encoding, prefix } = deserialized(plain)?;
    if header.is_empty() || !header.bytes().all(|byte| byte.is_ascii_graphic() && !b":*{}".contains(&byte)) {
        return Err(SchemeError::new("header", "must be a header name"));
    }
    if prefix.contains(['{', '}', '\n']) {
        return Err(SchemeError::new("prefix", "must not contain braces or newlines"));
    }
    // A token is compared as it is; digests are mostly written in hex.
    let otherwise = if algorithm == Algorithm::Equal { Encoding::Utf8 } else { Encoding::Hex };
    let encoding = encoding.unwrap_or(otherwise);
    let mut full = serde_json::json!({
        "id": id,
        "signature": { "from": format!("header:{header}"), "items": [format!("{}{{signature}}", prefix.trim_start())] },
        "algorithm": algorithm,
        "encoding": encoding,
        "detect": [header.to_ascii_lowercase()],
    });
    if let Some(name) = name {
        full["name"] = name.into();
    }
    Ok(full)
}

fn deserialized<T: DeserializeOwned>(record: &Json) -> Result<T, SchemeError> {
    let mut track = serde_path_to_error::Track::new();
    object(serde_path_to_error::Deserializer::new(record, &mut track)).map_err(|error| {
        let path = track.path();
        // The record itself has no path, and the path of a member with an empty name is empty.
        let field = match path.to_string() {
            _ if path.iter().next().is_none() => "scheme".to_owned(),
            empty if empty.is_empty() => "\"\"".to_owned(),
            field => field,
        };
        SchemeError { field, message: error.to_string() }
    })
}

/// Reads a present value; `null` differs from absent.
fn some<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn some_object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    object(deserializer).map(Some)
}

/// Reads a struct only from an object: a derived struct also accepts a list of its members' values.
fn object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct Object<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(members))
        }
    }

    deserializer.deserialize_map(Object(PhantomData))
}

/// A list of up to [`MAX_ENTRIES`]; a single entry may be written without the list.
pub(super) struct Few<T>(pub(super) Vec<T>);

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Few<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrList<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for TextOrList<T> {
            type Value = Few<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Few<T>, E> {
                T::deserialize(text.into_deserializer()).map(|one| Few(vec![one]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Few<T>, A::Error> {
                let mut all = Vec::new();
                while let Some(item) = items.next_element()? {
                    all.push(item);
                    if all.len() > MAX_ENTRIES {
                        return Err(A::Error::custom(too_many()));
                    }
                }
                Ok(Few(all))
            }
        }

        deserializer.deserialize_any(TextOrList(PhantomData))
    }
}

/// Up to [`MAX_ENTRIES`] members of any name, in order.
pub(super) struct Entries<T>(pub(super) Vec<(String, T)>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Entries<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Entries<T>, A::Error> {
                let mut all = Vec::new();
                while let Some(member) = members.next_entry()? {
                    all.push(member);
                    if all.len() > MAX_ENTRIES {
                        return Err(A::Error::custom(too_many()));
                    }
                }
                Ok(Entries(all))
            }
        }

        deserializer.deserialize_map(Members(PhantomData))
    }
}

impl From<Entries<String>> for BTreeMap<String, String> {
    fn from(entries: Entries<String>) -> Self {
        entries.0.into_iter().collect()
    }
}

fn too_many() -> String {
    format!("has more than {MAX_ENTRIES} entries")
}

/// Reads a value of a record from its text by the type's own parser.
macro_rules! read_from_text {
    ($($type:ty),+) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
            }
        }
    )+};
}

read_from_text!(Pattern, Pipeline, Source, Template);
