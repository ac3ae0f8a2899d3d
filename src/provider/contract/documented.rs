//! Which places of a body a platform's document names.

use crate::json::key_of;
use crate::provider::platform;
use crate::provider::platform::events::{Extra, Field, Kind};

/// What a document says of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Documented {
    /// It names it.
    Named,
    /// It allows any value here.
    Free,
    /// It does not name it.
    Unnamed,
}

impl Documented {
    /// The name in the API.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Named => "named",
            Self::Free => "free",
            Self::Unnamed => "unnamed",
        }
    }
}

/// What a platform's document says about a place in an event's body (a JSON pointer, with `*` for the items of an
/// array). `None` where there is no such document, or no such event in it.
pub(crate) fn documented(provider: &str, event: &str, pointer: &str) -> Option<Documented> {
    let event = platform::by_id(provider)?.contract.events.iter().find(|known| known.name == event)?;
    let mut steps = pointer.split('/').skip(1).map(key_of).peekable();
    let (mut fields, mut extra): (&[Field], Extra) = (event.fields, event.extra);
    while let Some(step) = steps.next() {
        let Some(field) = fields.iter().find(|field| field.name == step) else {
            return Some(match extra {
                Extra::Free => Documented::Free,
                Extra::Told(_) => Documented::Unnamed,
            });
        };
        if steps.peek().is_none() {
            break;
        }
        (fields, extra) = match &field.kind {
            Kind::List(..) if steps.next().as_deref() != Some("*") => return Some(Documented::Unnamed),
            Kind::Object(fields, extra) | Kind::List(fields, extra) => (fields, *extra),
            Kind::Any | Kind::SampleObject | Kind::Map => return Some(Documented::Free),
            _ => return Some(Documented::Unnamed),
        };
    }
    Some(Documented::Named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_left_open_or_not_named() {
        use Documented::{Free, Named, Unnamed};
        for (provider, event, pointer, expected) in [
            ("callaider", "session.ended", "", Some(Named)),
            ("callaider", "session.ended", "/data/transcript", Some(Named)),
            ("callaider", "session.ended", "/data/transcript/*", Some(Named)),
            ("callaider", "session.ended", "/data/transcript/*/toolCall/name", Some(Named)),
            ("callaider", "session.ended", "/data/transcript/*/toolCall/arguments/day", Some(Free)),
            ("callaider", "session.ended", "/data/transcript/*/mood", Some(Unnamed)),
            ("callaider", "session.ended", "/data/reason/code", Some(Unnamed)),
            ("callaider", "session.ended", "/a~1b", Some(Unnamed)),
            ("callaider", "session.paused", "/event", None),
            ("pathors", "session.ended", "/extractedVariables/name/first", Some(Free)),
            ("github", "push", "/ref", None),
        ] {
            assert_eq!(documented(provider, event, pointer), expected, "{provider} {event} {pointer}");
        }
    }
}
