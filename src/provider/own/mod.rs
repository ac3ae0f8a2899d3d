//! The user's own platforms, declared in a file as data. Those of the last valid file apply to the whole process.

mod place;
mod simulate;

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use serde::Deserialize;

use super::{EventInput, ProviderInfo, Reading};
use place::Place;

/// A platform as a file declares it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OwnProvider {
    #[serde(skip)]
    id: String,
    /// The name shown to users; default the id.
    name: Option<String>,
    /// The usual one of its schemes; it moves to the front of `schemes` when the id is set.
    scheme: Option<String>,
    /// Further ones; all of them once the id is set.
    schemes: Vec<String>,
    event: Option<Place>,
    session: Option<Place>,
    delivery_id: Option<Place>,
    /// The places that are equal for all deliveries of one event; default the delivery's id.
    duplicate_key: Vec<Place>,
    /// Headers, each of which makes a request this platform's.
    marks: Vec<String>,
    events: Vec<String>,
    docs: Option<String>,
    /// Bodies to try the places on: a path below the file, `*` for any name.
    samples: Option<String>,
    /// The samples found there, by name.
    #[serde(skip)]
    bodies: Vec<OwnSample>,
    /// The files and folders that were searched.
    #[serde(skip)]
    looked_at: Vec<PathBuf>,
}

/// A sample body of the user's own platform.
#[derive(Debug, Clone, PartialEq, Eq)]
struct OwnSample {
    /// Its event; if several samples have the same event, with a distinguishing part.
    name: String,
    /// The file's name, without its folder.
    file: String,
    body: Bytes,
}

/// Places that make up a duplicate key.
const MAX_KEY: usize = 8;

impl OwnProvider {
    /// Sets its id, which must be unique.
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

    /// Its id in settings: 1 to 63 of `a-z`, `0-9`, `-` and `_`.
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

    /// Adds a sample body from a file of this name.
    ///
    /// # Errors
    /// Why the body is not one of this platform's.
    pub fn add_sample(&mut self, file: &str, body: Bytes) -> Result<(), String> {
        if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(&body) {
            // The position comes first, as in errors of the file that names this one.
            let words = error.to_string();
            let words = words.split(" at line ").next().unwrap_or(&words);
            return Err(format!("{}:{}: it is not JSON: {words}", error.line(), error.column()));
        }
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let headers = crate::http::Headers::default();
        let input = EventInput { headers: &headers, body: &body, json: &body, query: None };
        let name = match &self.event {
            Some(place @ Place::Pointer(pointer)) => match place.read(&input) {
                Some(name) => super::kept(name),
                None => return Err(format!(" the event's name is not at {pointer}")),
            },
            // The body does not say it.
            _ => stem.to_owned(),
        };
        let is_taken = |name: &str| self.bodies.iter().any(|known| known.name == name);
        let name = if is_taken(&name) { stem.to_owned() } else { name };
        if name == super::samples::SESSION {
            return Err(format!(" no event can be called {name}, which stands for a whole one"));
        }
        if is_taken(&name) {
            return Err(format!(" another sample is called '{name}', too; give the file another name"));
        }
        self.bodies.push(OwnSample { name, file: file.to_owned(), body });
        Ok(())
    }

    /// The files and folders that its samples came from.
    pub fn looked_at(&self) -> &[PathBuf] {
        &self.looked_at
    }

    /// Says where its samples were looked for.
    pub fn set_looked_at(&mut self, paths: Vec<PathBuf>) {
        self.looked_at = paths;
    }
}

/// A declared platform as the registry shows it.
#[derive(Debug)]
pub(crate) struct Own {
    declared: OwnProvider,
    info: ProviderInfo,
}

/// `None` if nothing was declared: then requests need no look-up.
static DECLARED: ArcSwapOption<Vec<Arc<Own>>> = ArcSwapOption::const_empty();

/// Puts these platforms into the registry, in place of those declared before.
pub(crate) fn declare(providers: Vec<OwnProvider>) {
    let own: Vec<Arc<Own>> = providers.into_iter().map(|declared| Arc::new(Own::new(declared))).collect();
    DECLARED.store((!own.is_empty()).then(|| Arc::new(own)));
}

/// The platforms that are declared now, for the whole process.
pub(crate) fn declared() -> Vec<OwnProvider> {
    all().map(|own| own.declared.clone()).collect()
}

fn all() -> impl Iterator<Item = Arc<Own>> {
    let all = DECLARED.load_full();
    (0..all.as_ref().map_or(0, |all| all.len())).filter_map(move |at| all.as_ref()?.get(at).cloned())
}

fn find(is_it: impl Fn(&Own) -> bool) -> Option<Arc<Own>> {
    DECLARED.load().as_ref()?.iter().find(|own| is_it(own)).cloned()
}

/// The declared platforms.
pub(super) fn catalogue() -> impl Iterator<Item = ProviderInfo> {
    all().map(|own| own.info.clone())
}

/// Those that have samples.
pub(super) fn platforms() -> impl Iterator<Item = Arc<Own>> {
    all().filter(|own| !own.declared.bodies.is_empty())
}

pub(super) fn by_id(id: &str) -> Option<Arc<Own>> {
    find(|own| own.info.id == id)
}

/// The one whose header a request has.
pub(super) fn by_marks(input: &EventInput<'_>) -> Option<Arc<Own>> {
    find(|own| own.declared.marks.iter().any(|mark| input.headers.contains(mark)))
}

/// The platform with this scheme.
pub(super) fn by_scheme(scheme: &str) -> Option<Arc<Own>> {
    find(|own| own.declared.schemes.iter().any(|known| known == scheme))
}

impl Own {
    fn new(declared: OwnProvider) -> Self {
        let mut events = declared.events.clone();
        events.extend(
            declared.bodies.iter().map(|sample| &sample.name).filter(|name| !declared.events.contains(name)).cloned(),
        );
        let schemes: Vec<_> = declared.schemes.iter().cloned().map(Into::into).collect();
        let info = ProviderInfo {
            id: declared.id.clone().into(),
            name: declared.name.clone().unwrap_or_else(|| declared.id.clone()).into(),
            scheme: schemes.first().cloned(),
            schemes,
            events: events.into_iter().map(Into::into).collect(),
            duplicates: if declared.duplicate_key.is_empty() {
                "The same delivery id."
            } else {
                "The same values of what creel.toml names."
            },
            docs: declared.docs.clone().unwrap_or_default().into(),
        };
        Self { declared, info }
    }

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
    fn samples_are_known_by_their_event_else_by_their_file() {
        let mut mine = own(r#"{"event": "/type"}"#);
        let mut add = |file: &str, body: &'static str| mine.add_sample(file, Bytes::from(body));
        assert_eq!(add("a.json", r#"{"type": "made"}"#), Ok(()));
        assert_eq!(add("other.json", r#"{"type": "made"}"#), Ok(()));
        assert_eq!(
            add("made.json", r#"{"type": "made"}"#).unwrap_err(),
            " another sample is called 'made', too; give the file another name"
        );
        assert_eq!(add("b.json", "{\n  \"type\": x\n}").unwrap_err(), "2:11: it is not JSON: expected value");
        assert!(add("c.json", r#"{"kind": "made"}"#).unwrap_err().contains("not at /type"));
        assert!(add("d.json", r#"{"type": "session"}"#).is_err());
        assert_eq!(mine.bodies.iter().map(|sample| sample.name.as_str()).collect::<Vec<_>>(), ["made", "other"]);
        let mut by_head = own(r#"{"event": "header:X-Event"}"#);
        assert_eq!(by_head.add_sample("order.paid.json", Bytes::from("{}")), Ok(()));
        assert_eq!(by_head.bodies[0].name, "order.paid");
        assert_eq!(Own::new(by_head).info.events, ["order.paid"]);
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
