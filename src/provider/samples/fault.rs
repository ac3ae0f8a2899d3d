//! What goes wrong on purpose.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// A fault of a simulated sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumString, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Fault {
    /// Every event is sent twice, the same bytes.
    Duplicate,
    /// The events of a session come the wrong way round.
    OutOfOrder,
    /// The signature is made with another secret.
    BadSignature,
    /// A byte of the body is changed after it was signed.
    TamperedBody,
    /// The event does not exist on the platform; a session gets one more such event.
    UnknownEvent,
    /// The body ends in the middle; its signature is right.
    MalformedJson,
    /// The body has 10 MiB.
    HugeTranscript,
    /// The body takes some seconds to arrive.
    SlowSender,
}

/// The body without its last third, cut between two characters.
pub(crate) fn cut_in_the_middle(body: &mut Vec<u8>) {
    let mut end = body.len() * 2 / 3;
    while end > 0 && body.get(end).is_some_and(|byte| byte & 0xc0 == 0x80) {
        end -= 1;
    }
    body.truncate(end);
}

/// Changes the body's last digit: JSON and forms stay valid.
pub(crate) fn tamper(body: &mut Vec<u8>) {
    match body.iter().rposition(u8::is_ascii_digit) {
        Some(at) => body[at] = if body[at] == b'7' { b'8' } else { b'7' },
        None => body.push(b' '),
    }
}

impl Fault {
    /// The name that API and command line use.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// What it does, in a few words.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Duplicate => "every event twice, the same bytes",
            Self::OutOfOrder => "the events of a session the wrong way round",
            Self::BadSignature => "signed with another secret",
            Self::TamperedBody => "a byte changed after signing",
            Self::UnknownEvent => "an event that the platform does not have",
            Self::MalformedJson => "JSON that ends in the middle, signed rightly",
            Self::HugeTranscript => "a body of 10 MiB",
            Self::SlowSender => "a body that takes 3 s to arrive",
        }
    }
}
