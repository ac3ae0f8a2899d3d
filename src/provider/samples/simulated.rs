//! How a platform is simulated: with made-up events, or with the user's own samples.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Fault, Made, SampleError, Sender, Step, Story, senders};
use crate::json::Pointer;
use crate::model::Timestamp;
use crate::provider::own::{self, Own};

#[derive(Debug, Clone)]
pub(crate) enum SimulatedPlatform {
    /// With made-up events.
    Known(&'static Sender),
    /// The user's own platform: its samples are sent.
    Own(Arc<Own>),
}

/// An event that can be sent.
#[derive(Debug, Clone)]
pub(crate) struct SimulatedEvent {
    pub name: Cow<'static, str>,
    /// When it is sent, in a few words.
    pub about: Cow<'static, str>,
}

/// Every platform that can be simulated, in the registry's order.
pub(crate) fn simulated_platforms() -> impl Iterator<Item = SimulatedPlatform> {
    senders().map(SimulatedPlatform::Known).chain(own::platforms().map(SimulatedPlatform::Own))
}

/// Finds the platform.
///
/// # Errors
/// A sentence with the known platforms.
pub(crate) fn simulated_platform(provider: &str) -> Result<SimulatedPlatform, SampleError> {
    simulated_platforms().find(|platform| platform.provider() == provider).ok_or_else(|| {
        let known: Vec<String> = simulated_platforms().map(|platform| platform.provider().to_owned()).collect();
        let known = known.join(", ");
        SampleError::new("provider", format!("There are no samples of this provider; there are of {known}."))
    })
}

impl SimulatedPlatform {
    pub(crate) fn provider(&self) -> &str {
        match self {
            Self::Known(sender) => sender.provider,
            Self::Own(own) => &own.info().id,
        }
    }

    pub(crate) fn events(&self) -> Vec<SimulatedEvent> {
        match self {
            Self::Known(sender) => sender
                .events
                .iter()
                .map(|event| SimulatedEvent { name: event.name.into(), about: event.about.into() })
                .collect(),
            Self::Own(own) => own.simulated_events(),
        }
    }

    /// Whether a header is the platform's own: the user's never replaces it, even if it is not sent.
    pub(crate) fn is_system(&self, name: &str) -> bool {
        match self {
            Self::Known(sender) => sender.system.iter().any(|known| known.eq_ignore_ascii_case(name)),
            Self::Own(own) => own.is_system(name),
        }
    }

    /// Whether it has whole sessions.
    pub(crate) fn has_sessions(&self) -> bool {
        match self {
            Self::Known(sender) => sender.has_sessions(),
            Self::Own(own) => own.repertoire().has_sessions(),
        }
    }

    /// Sets a story's times so that its last event is sent when it happens, if a session begins now.
    pub(crate) fn begin(&self, story: &mut Story, now: Timestamp, speed: f64) {
        match self {
            Self::Known(sender) => sender.begin(story, now, speed),
            Self::Own(_) => story.ended = now,
        }
    }

    /// The steps of one event, or of a whole session (`session`). `speed` divides its pauses, 0 leaves them out.
    ///
    /// # Errors
    /// When there is no such event, a fault does not fit, or a session would take for ever.
    pub(crate) fn steps(
        &self,
        event: &str,
        story: &Story,
        speed: f64,
        faults: &[Fault],
    ) -> Result<Vec<Step>, SampleError> {
        match self {
            Self::Known(sender) => sender.steps(event, story, speed, faults),
            Self::Own(own) => own.repertoire().steps(event, story, speed, faults),
        }
    }

    /// Makes an event. `set` changes values of its body.
    ///
    /// # Errors
    /// When a value cannot be set.
    pub(crate) fn make(&self, event: &str, story: &Story, set: &[(Pointer, String)]) -> Result<Made, SampleError> {
        match self {
            Self::Known(sender) => sender.make(event, story, set),
            Self::Own(own) => own.make(event, story, set),
        }
    }
}
