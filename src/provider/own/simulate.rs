//! Simulates the user's own platform: sends its samples unchanged, except for a new session and delivery id each time,
//! as the platform would.

use std::time::Duration;

use super::place::Place;
use super::{Own, OwnSample};
use crate::json::{Pointer, edit};
use crate::provider::samples::{Made, Repertoire, SampleError, SimulatedEvent, Story, UNKNOWN};

/// The pause between two events of a session: long enough for a visible order.
const PAUSE: Duration = Duration::from_secs(1);

impl Own {
    pub(in crate::provider) fn simulated_events(&self) -> Vec<SimulatedEvent> {
        let event = |sample: &OwnSample| SimulatedEvent {
            name: sample.name.clone().into(),
            about: format!("as in {}", sample.file).into(),
        };
        self.declared.bodies.iter().map(event).collect()
    }

    /// Its events: a session is all its samples, in the order of their files.
    pub(in crate::provider) fn repertoire(&self) -> Repertoire<'_> {
        let names: Vec<&str> = self.declared.bodies.iter().map(|sample| sample.name.as_str()).collect();
        let is_session = self.declared.session.is_some() && names.len() > 1;
        let moments = (0..).map(|number| PAUSE * number);
        Repertoire {
            provider: &self.info.id,
            moments: if is_session { names.iter().copied().zip(moments).collect() } else { Vec::new() },
            events: names,
            voice_only: &[],
            any_size: false,
        }
    }

    fn places(&self) -> impl Iterator<Item = &Place> {
        [&self.declared.event, &self.declared.session, &self.declared.delivery_id].into_iter().flatten()
    }

    /// Whether a header is the platform's own.
    pub(in crate::provider) fn is_system(&self, name: &str) -> bool {
        let places = self.places().filter_map(Place::header);
        let marks = self.declared.marks.iter().map(String::as_str);
        places.chain(marks).chain(["content-type"]).any(|known| known.eq_ignore_ascii_case(name))
    }

    /// Makes an event.
    ///
    /// # Errors
    /// When a value cannot be set.
    pub(in crate::provider) fn make(
        &self,
        event: &str,
        story: &Story,
        set: &[(Pointer, String)],
    ) -> Result<Made, SampleError> {
        let own = &self.declared;
        let is_it = |sample: &&OwnSample| sample.name == event;
        // An unknown event looks like the first known one.
        let sample = own.bodies.iter().find(is_it).or(own.bodies.first());
        let mut made = Made {
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            query: Vec::new(),
            body: sample.map(|sample| sample.body.to_vec()).unwrap_or_default(),
        };
        if let Some(place) = &own.event
            && (event == UNKNOWN || !matches!(place, Place::Pointer(_)))
        {
            place.write(event, &mut made);
        }
        if let Some(place) = &own.session {
            place.write(&story.session(), &mut made);
        }
        if let Some(place) = &own.delivery_id {
            place.write(&story.uuid(&format!("delivery {event}")), &mut made);
        }
        self.mark(event, &mut made);
        for (pointer, value) in set {
            made.body = edit::set(&made.body, pointer, value)
                .map_err(|sentence| SampleError::new(format!("set.{pointer}"), sentence))?;
        }
        Ok(made)
    }

    /// Adds a header that identifies the platform, if there is none yet. Its value is not declared, so the event's name
    /// is used. Headers of the signature are left to the signature.
    fn mark(&self, event: &str, made: &mut Made) {
        const OF_SIGNATURES: [&str; 4] = ["signature", "hmac", "token", "authorization"];
        let sent = |mark: &String| made.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(mark));
        if self.declared.marks.iter().any(sent) {
            return;
        }
        let is_free = |mark: &&String| !OF_SIGNATURES.iter().any(|word| mark.contains(word));
        if let Some(mark) = self.declared.marks.iter().find(is_free) {
            made.headers.push((mark.clone(), event.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::OwnProvider;
    use super::*;
    use crate::http::Headers;
    use crate::model::Timestamp;
    use crate::provider::EventInput;
    use crate::provider::samples::{Fault, SESSION};

    fn own(json: &str, samples: &[(&str, &'static str)]) -> Own {
        let mut own = serde_json::from_str::<OwnProvider>(json).unwrap().named("mine").unwrap();
        for (file, body) in samples {
            own.add_sample(file, Bytes::from_static(body.as_bytes())).unwrap();
        }
        Own::new(own)
    }

    const BODIES: &[(&str, &str)] = &[
        ("1-begun.json", r#"{ "type": "call.begun", "call": {"id": "c-1"}, "n": 1 }"#),
        ("2-ended.json", r#"{"type":"call.ended","call":{"id":"c-1"},"n":2}"#),
    ];

    #[test]
    fn a_sample_is_sent_as_it_is_with_a_session_and_a_delivery_of_its_own() {
        let own = own(
            r#"{"event": "/type", "session": "/call/id", "delivery_id": "header:X-Id", "marks": ["X-Mine-Signature", "X-Mine"]}"#,
            BODIES,
        );
        let story = |seed| Story::new(seed, Timestamp::default());
        let made = own.make("call.begun", &story(1), &[]).unwrap();
        let session = story(1).session();
        assert_eq!(
            String::from_utf8(made.body.clone()).unwrap(),
            format!(r#"{{ "type": "call.begun", "call": {{"id": "{session}"}}, "n": 1 }}"#)
        );
        assert_eq!(own.make("call.begun", &story(1), &[]).unwrap(), made, "the same again is the same");
        assert_ne!(own.make("call.begun", &story(2), &[]).unwrap().body, made.body);
        let header = |name: &str| made.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert!(header("X-Id").is_some_and(|id| id.len() == 36));
        assert_eq!((header("x-mine"), header("x-mine-signature")), (Some("call.begun"), None));
        assert!(own.is_system("X-ID") && own.is_system("content-type") && !own.is_system("X-Other"));
        let set = [(Pointer::parse("/n").unwrap(), "7".to_owned())];
        let made = own.make("call.ended", &Story { session: Some("s".to_owned()), ..story(1) }, &set).unwrap();
        assert_eq!(made.body, br#"{"type":"call.ended","call":{"id":"s"},"n":7}"#);
        assert!(own.make("call.ended", &story(1), &[(Pointer::parse("/x/y").unwrap(), "1".to_owned())]).is_err());
    }

    #[test]
    fn every_place_is_written_where_it_is_read() {
        for event in ["header:X-Event", "query:kind"] {
            let own = own(
                &format!(r#"{{"event": "{event}", "session": "query:s", "delivery_id": "/id"}}"#),
                &[("paid.json", r#"{"id": "d-1"}"#)],
            );
            for (name, wanted) in [("paid", "paid"), (UNKNOWN, UNKNOWN)] {
                let story = Story::new(1, Timestamp::default());
                let made = own.make(name, &story, &[]).unwrap();
                let headers: Headers = made.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
                let query = made.query_text().unwrap();
                let input =
                    EventInput { headers: &headers, body: &made.body, json: &made.body, query: Some(query.as_bytes()) };
                let read = own.read(&input);
                assert_eq!((read.name.as_deref(), read.session), (Some(wanted), Some(story.session())));
                assert!(read.delivery_id.is_some_and(|id| id.len() == 36));
            }
        }
        let by_body = own(r#"{"event": "/type"}"#, BODIES);
        let made = by_body.make(UNKNOWN, &Story::new(1, Timestamp::default()), &[]).unwrap();
        assert!(String::from_utf8(made.body).unwrap().contains(UNKNOWN));
    }

    #[test]
    fn a_session_is_all_samples_in_the_order_of_their_files() {
        let story = Story::new(1, Timestamp::default());
        let whole = own(r#"{"event": "/type", "session": "/call/id"}"#, BODIES);
        let steps = |own: &Own, faults: &[Fault]| {
            let steps = own.repertoire().steps(SESSION, &story, 2.0, faults)?;
            Ok::<_, SampleError>(steps.into_iter().map(|step| (step.event, step.after.as_millis())).collect::<Vec<_>>())
        };
        let named = |name: &str, millis| (name.to_owned(), millis);
        assert_eq!(steps(&whole, &[]).unwrap(), [named("call.begun", 0), named("call.ended", 500)]);
        assert_eq!(steps(&whole, &[Fault::OutOfOrder]).unwrap(), [named("call.ended", 0), named("call.begun", 500)]);
        let without = own(r#"{"event": "/type"}"#, BODIES);
        assert_eq!(steps(&without, &[]).unwrap_err().field, "event");
        let sized = Story { size: Some(5), ..story.clone() };
        assert_eq!(whole.repertoire().steps("call.ended", &sized, 1.0, &[]).unwrap_err().field, "size");
        let error = whole.repertoire().steps("call.end", &story, 1.0, &[]).unwrap_err();
        assert_eq!(error.sentence, "mine has the events call.begun, call.ended, or `session` for a whole one.");
    }
}
