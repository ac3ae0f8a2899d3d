//! Platforms of one's own, as data: what a file declares. They live as long as the process, as those of the registry do.

use std::sync::OnceLock;

use serde::Deserialize;

use super::{EventInput, ProviderInfo, Reading};
use crate::http::form;
use crate::json::{Pointer, value_at};

/// Where a fact is in a request: a JSON pointer, `header:NAME`, `query:NAME`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
enum Place {
    Pointer(Pointer),
    Header(String),
    Query(String),
}

impl TryFrom<String> for Place {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.split_once(':') {
            Some(("header", name)) if !name.is_empty() => Ok(Self::Header(name.to_owned())),
            Some(("query", name)) if !name.is_empty() => Ok(Self::Query(name.to_owned())),
            _ => Pointer::parse(&text).filter(|pointer| !pointer.steps().is_empty()).map(Self::Pointer).ok_or_else(
                || format!("'{text}' is no place; write a JSON pointer such as /data/id, header:NAME or query:NAME"),
            ),
        }
    }
}

impl Place {
    fn read(&self, input: &EventInput<'_>) -> Option<String> {
        let text = match self {
            Self::Pointer(pointer) => match value_at(input.json, pointer)? {
                "null" => return None,
                text if text.starts_with('"') => serde_json::from_str(text).ok()?,
                // An object or a list is no fact.
                text if text.starts_with(['{', '[']) => return None,
                scalar => scalar.to_owned(),
            },
            Self::Header(name) => input.headers.get_str(name)?.trim().to_owned(),
            Self::Query(name) => form::first(input.query?, name)?,
        };
        Some(text).filter(|text| !text.is_empty())
    }
}

/// A platform as a file declares it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OwnProvider {
    #[serde(skip)]
    id: String,
    /// What people read; else the id.
    name: Option<String>,
    /// The signature scheme.
    scheme: Option<String>,
    /// Further ones.
    schemes: Vec<String>,
    event: Option<Place>,
    session: Option<Place>,
    delivery_id: Option<Place>,
    /// What is the same for all deliveries of one event; without it the delivery's id.
    duplicate_key: Vec<Place>,
    /// Headers, each of which makes a request this platform's.
    marks: Vec<String>,
    /// The names of its events.
    events: Vec<String>,
    docs: Option<String>,
    /// Bodies to try the places on: a path below the file, `*` for any name.
    samples: Option<String>,
}

/// Places that make up a duplicate key.
const MAX_KEY: usize = 8;

impl OwnProvider {
    /// With its id, which no other platform has.
    pub fn named(mut self, id: &str) -> Result<Self, String> {
        let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if id.is_empty() || id.len() > 63 || !id.chars().all(fine) {
            return Err("a provider's id has small letters, digits, - and _, up to 63".to_owned());
        }
        if super::by_id(id).is_some() {
            return Err("Creel knows a provider of that id already; choose another".to_owned());
        }
        if self.duplicate_key.len() > MAX_KEY {
            return Err(format!("duplicate_key has at most {MAX_KEY} places"));
        }
        id.clone_into(&mut self.id);
        let main = self.scheme.take();
        self.schemes.retain(|scheme| Some(scheme) != main.as_ref());
        self.schemes.splice(0..0, main);
        for mark in &mut self.marks {
            mark.make_ascii_lowercase();
        }
        Ok(self)
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Ids of its schemes, the usual one first.
    pub fn schemes(&self) -> &[String] {
        &self.schemes
    }

    /// The bodies to try the places on: a path below the file, `*` for any name.
    pub fn samples(&self) -> Option<&str> {
        self.samples.as_deref()
    }

    /// Tries the places on a body.
    ///
    /// # Errors
    /// In which way it is none of this platform's.
    pub fn check_sample(&self, body: &[u8]) -> Result<(), String> {
        if serde_json::from_slice::<serde::de::IgnoredAny>(body).is_err() {
            return Err("it is not JSON".to_owned());
        }
        let headers = crate::http::Headers::default();
        let input = EventInput { headers: &headers, body, json: body, query: None };
        match &self.event {
            Some(place @ Place::Pointer(pointer)) if place.read(&input).is_none() => {
                Err(format!("the event's name is not at {pointer}"))
            }
            _ => Ok(()),
        }
    }
}

/// A declared platform as the registry shows it.
#[derive(Debug)]
pub(super) struct Own {
    declared: OwnProvider,
    info: ProviderInfo,
}

static DECLARED: OnceLock<Vec<Own>> = OnceLock::new();

/// Adds platforms to the registry, for the rest of the process. The first call counts.
pub fn declare(providers: Vec<OwnProvider>) {
    /// The registry's own entries are static; these are made once in the life of a process.
    fn kept(text: &str) -> &'static str {
        Box::leak(text.to_owned().into_boxed_str())
    }
    fn kept_all(texts: &[String]) -> &'static [&'static str] {
        Vec::leak(texts.iter().map(|text| kept(text)).collect())
    }
    DECLARED.get_or_init(|| {
        let own = |declared: OwnProvider| {
            let schemes = kept_all(&declared.schemes);
            let info = ProviderInfo {
                id: kept(&declared.id),
                name: kept(declared.name.as_deref().unwrap_or(&declared.id)),
                scheme: schemes.first().copied(),
                schemes,
                events: kept_all(&declared.events),
                duplicates: if declared.duplicate_key.is_empty() {
                    "The same delivery id."
                } else {
                    "The same values of what creel.toml names."
                },
                docs: declared.docs.as_deref().map(kept).unwrap_or_default(),
            };
            Own { declared, info }
        };
        providers.into_iter().map(own).collect()
    });
}

fn all() -> &'static [Own] {
    DECLARED.get().map(Vec::as_slice).unwrap_or_default()
}

/// The declared platforms.
pub(super) fn catalogue() -> impl Iterator<Item = ProviderInfo> {
    all().iter().map(|own| own.info.clone())
}

pub(super) fn by_id(id: &str) -> Option<&'static Own> {
    all().iter().find(|own| own.info.id == id)
}

/// The one whose header a request has.
pub(super) fn by_marks(input: &EventInput<'_>) -> Option<&'static Own> {
    all().iter().find(|own| own.declared.marks.iter().any(|mark| input.headers.contains(mark)))
}

/// The one that signs so.
pub(super) fn by_scheme(scheme: &str) -> Option<&'static Own> {
    all().iter().find(|own| own.info.schemes.contains(&scheme))
}

impl Own {
    pub(super) const fn info(&self) -> &ProviderInfo {
        &self.info
    }

    pub(super) fn read(&self, input: &EventInput<'_>) -> Reading {
        read(&self.declared, input)
    }
}

fn read(own: &OwnProvider, input: &EventInput<'_>) -> Reading {
    let at = |place: &Option<Place>| place.as_ref().and_then(|place| place.read(input));
    let delivery_id = at(&own.delivery_id);
    let parts: Option<Vec<String>> = own.duplicate_key.iter().map(|place| place.read(input)).collect();
    let key = parts.filter(|parts| !parts.is_empty()).map(|parts| parts.join(":"));
    Reading {
        name: at(&own.event),
        session: at(&own.session),
        duplicate_key: if own.duplicate_key.is_empty() { delivery_id.clone() } else { key },
        delivery_id,
        notes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Headers;

    fn own(json: &str) -> OwnProvider {
        serde_json::from_str::<OwnProvider>(json).unwrap().named("mine").unwrap()
    }

    #[test]
    fn facts_come_from_pointers_headers_and_the_query() {
        let own = own(
            r#"{"event": "/type", "session": "query:s", "delivery_id": "header:X-Delivery", "duplicate_key": ["/n", "/type"]}"#,
        );
        let headers: Headers = [("x-delivery", " d-1 ")].into_iter().collect();
        let body = br#"{"type": "made", "n": 7}"#;
        let read = |body, query| super::read(&own, &EventInput { headers: &headers, body, json: body, query });
        let whole = read(body, Some(b"a=1&s=s%201"));
        assert_eq!(whole.name.as_deref(), Some("made"));
        assert_eq!((whole.session.as_deref(), whole.delivery_id.as_deref()), (Some("s 1"), Some("d-1")));
        assert_eq!(whole.duplicate_key.as_deref(), Some("7:made"));
        let poor = read(br#"{"type": {"x": 1}}"#, None);
        assert_eq!((poor.name, poor.session, poor.duplicate_key), (None, None, None));
    }

    #[test]
    fn what_cannot_be_a_provider_is_refused() {
        let refused = |json: &str| serde_json::from_str::<OwnProvider>(json).unwrap_err().to_string();
        assert!(refused(r#"{"event": "type"}"#).contains("JSON pointer"));
        assert!(refused(r#"{"evnt": "/type"}"#).contains("unknown field"));
        assert!(OwnProvider::default().named("stripe").unwrap_err().contains("already"));
        assert!(OwnProvider::default().named("Mine").is_err());
    }
}
