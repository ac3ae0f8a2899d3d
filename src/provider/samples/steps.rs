//! The steps of a sending: one event, or a whole session.

use std::time::Duration;

use super::{Fault, Mode, SESSION, SampleError, Step, Story, UNKNOWN};

/// The least speed of a session, other than 0: a hundred times slower than real.
const MIN_SPEED: f64 = 0.01;

/// The events that a platform can send.
pub(crate) struct Repertoire<'a> {
    pub(in crate::provider) provider: &'a str,
    pub(in crate::provider) events: Vec<&'a str>,
    /// The events of a whole session with their times, counted from its start; empty without sessions.
    pub(in crate::provider) moments: Vec<(&'a str, Duration)>,
    /// Events that only sessions of voice have.
    pub(in crate::provider) voice_only: &'a [&'a str],
    /// Whether its bodies come in any size.
    pub(in crate::provider) any_size: bool,
}

impl Repertoire<'_> {
    /// Whether it has whole sessions.
    pub(crate) fn has_sessions(&self) -> bool {
        !self.moments.is_empty()
    }

    /// The steps. `speed` divides the pauses of a session, 0 leaves them out.
    ///
    /// # Errors
    /// When there is no such event, a fault does not fit, or a session would take for ever.
    pub(crate) fn steps(
        mut self,
        event: &str,
        story: &Story,
        speed: f64,
        faults: &[Fault],
    ) -> Result<Vec<Step>, SampleError> {
        if speed > 0.0 && speed < MIN_SPEED {
            let sentence = format!("A speed is 0, which leaves out the pauses, or at least {MIN_SPEED}.");
            return Err(SampleError::new("speed", sentence));
        }
        if story.size.is_some() && !self.any_size {
            let sentence = format!("Samples of {} have one size; leave out `size`.", self.provider);
            return Err(SampleError::new("size", sentence));
        }
        let times = if faults.contains(&Fault::Duplicate) { 2 } else { 1 };
        let step = |event: &str, after| Step { event: event.to_owned(), after, times };
        if event != SESSION {
            let event = self.one(event, story, faults)?;
            return Ok(vec![step(event, Duration::ZERO)]);
        }
        if self.moments.is_empty() {
            let sentence = format!("{} has no sessions; name one of its events.", self.provider);
            return Err(SampleError::new("event", sentence));
        }
        if faults.contains(&Fault::OutOfOrder) {
            // The events are reversed; the times stay.
            let names: Vec<&str> = self.moments.iter().rev().map(|(name, _)| *name).collect();
            for (moment, name) in self.moments.iter_mut().zip(names) {
                moment.0 = name;
            }
        }
        let mut last = Duration::ZERO;
        let steps = self.moments.iter().map(|(event, at)| {
            let pause = at.saturating_sub(std::mem::replace(&mut last, *at));
            step(event, paced(pause, speed))
        });
        let mut steps: Vec<Step> = steps.collect();
        if faults.contains(&Fault::UnknownEvent) {
            // A session keeps its events and gets one more between them.
            steps.insert(1, step(UNKNOWN, Duration::ZERO));
        }
        Ok(steps)
    }

    /// The name of a single event.
    fn one<'e>(&self, event: &'e str, story: &Story, faults: &[Fault]) -> Result<&'e str, SampleError> {
        if faults.contains(&Fault::OutOfOrder) {
            let sentence = "An order needs a whole session: send the event `session`.";
            return Err(SampleError::new("faults", sentence));
        }
        if !self.events.contains(&event) {
            let session = if self.has_sessions() { ", or `session` for a whole one" } else { "" };
            let sentence = format!("{} has the events {}{session}.", self.provider, self.events.join(", "));
            return Err(SampleError::new("event", sentence));
        }
        if story.mode == Mode::Text && self.voice_only.contains(&event) {
            let sentence = format!("Text sessions never produce {event}: leave out the mode, or make it voice.");
            return Err(SampleError::new("mode", sentence));
        }
        Ok(if faults.contains(&Fault::UnknownEvent) { UNKNOWN } else { event })
    }
}

/// A time at that speed; 0 leaves it out.
pub(super) fn paced(real: Duration, speed: f64) -> Duration {
    if speed > 0.0 { real.div_f64(speed.max(MIN_SPEED)) } else { Duration::ZERO }
}
