//! Pathors' receivers, from the page "Post-session webhook". Nothing is signed: the user's own header is the proof.

use std::time::Duration;

use super::{Battery, Body, Case, Expect, Fix, Proof, Shot};
use crate::provider::samples::{Language, PATHORS};

const ENDED: Shot = Shot::of("session.ended");
const CALL: Shot = Shot::of("call.ended");
const FINALIZED: Shot = Shot::of("session.finalized");
const RECORDING: Shot = Shot::of("recording.ready");

const HEADER: &str = "Custom HTTP headers sent to your endpoint … e.g. an Authorization token to verify the source";
const QUICKLY: &str = "Respond fast. Pathors waits for your response synchronously; long-running work belongs in a background job on your side.";
const JSON: &str = "HTTPS endpoint that accepts POST + JSON.";
const AGAIN: &str = "The other events (session.ended, call.ended, recording.ready) are emitted per processing step and may be re-delivered";
const NO_RETRY: &str =
    "No automatic retry. A non-2xx response from your endpoint is logged to webhook_logs but Pathors does not resend.";

pub(super) static BATTERY: Battery = Battery {
    sender: &PATHORS,
    document: "Pathors, “Post-session webhook”",
    signs: false,
    limit: Duration::from_secs(3),
    limit_is_named: false,
    cases: &[
        Case {
            id: "valid_event",
            duty: "Answers a valid event with 2xx, fast",
            says: QUICKLY,
            shots: &[ENDED],
            expect: Expect::Accepted,
            fix: Fix::Fast,
            ..Case::PLAIN
        },
        Case {
            id: "each_event",
            duty: "Takes each event, of calls and of chats",
            says: "Subscribing to more than one event delivers one POST per event per session. Branch on the top-level event field",
            shots: &[CALL, FINALIZED, RECORDING, ENDED.written(), FINALIZED.written()],
            expect: Expect::Accepted,
            fix: Fix::Events,
            ..Case::PLAIN
        },
        Case {
            id: "header_absent",
            duty: "Refuses an event without the header of your own with 401",
            says: HEADER,
            shots: &[ENDED.by(Proof::Absent)],
            expect: Expect::Refused,
            fix: Fix::Header,
            ..Case::PLAIN
        },
        Case {
            id: "header_different",
            duty: "Refuses an event whose header differs with 401",
            says: HEADER,
            shots: &[ENDED.by(Proof::Other)],
            expect: Expect::Refused,
            fix: Fix::Header,
            ..Case::PLAIN
        },
        Case {
            id: "header_cut",
            duty: "Refuses the beginning of the right header value, and the right one with more after it, with 401",
            says: HEADER,
            shots: &[ENDED.by(Proof::Half), ENDED.by(Proof::Longer)],
            expect: Expect::Refused,
            fix: Fix::Header,
            ..Case::PLAIN
        },
        Case {
            id: "duplicate",
            duty: "Takes the same event twice",
            says: AGAIN,
            shots: &[Shot { copies: 2, ..ENDED }],
            expect: Expect::Accepted,
            fix: Fix::Duplicates,
            ..Case::PLAIN
        },
        Case {
            id: "deduplication",
            duty: "Leaves out the second of two equal events",
            says: "if you need exactly-once handling, dedupe on (sessionId, event).",
            shots: &[],
            expect: Expect::CannotBeSeen,
            fix: Fix::Duplicates,
            ..Case::PLAIN
        },
        Case {
            id: "unknown_event",
            duty: "Ignores events that it does not know, with 2xx",
            says: "Branch on the top-level event field",
            shots: &[ENDED.with(Body::Unknown)],
            expect: Expect::Accepted,
            fix: Fix::Unknown,
            ..Case::PLAIN
        },
        Case {
            id: "malformed_json",
            duty: "Answers malformed JSON with 4xx",
            says: JSON,
            shots: &[ENDED.with(Body::Malformed)],
            expect: Expect::ClientError,
            fix: Fix::Parsing,
            ..Case::PLAIN
        },
        Case {
            id: "empty_body",
            duty: "Answers an empty body with 4xx",
            says: JSON,
            shots: &[ENDED.with(Body::Empty)],
            expect: Expect::ClientError,
            fix: Fix::Parsing,
            ..Case::PLAIN
        },
        Case {
            id: "not_ascii",
            duty: "Takes bodies in any language, written in any way",
            says: JSON,
            shots: &[
                ENDED.spoken(Language::Ru),
                FINALIZED.spoken(Language::Zh),
                ENDED.spoken(Language::Ja).with(Body::Escaped),
                ENDED.with(Body::Spaced),
            ],
            expect: Expect::Accepted,
            fix: Fix::Parsing,
            ..Case::PLAIN
        },
        Case {
            id: "out_of_order",
            duty: "Takes the recording before and after the last event",
            says: "Independent of session.finalized — may arrive before or after it.",
            shots: &[RECORDING, FINALIZED, CALL],
            one_session: true,
            expect: Expect::Accepted,
            fix: Fix::Order,
            ..Case::PLAIN
        },
        Case {
            id: "parallel",
            duty: "Takes 20 events at once",
            says: NO_RETRY,
            shots: &[Shot { at_once: 20, ..ENDED }],
            expect: Expect::Accepted,
            fix: Fix::Fast,
            heavy: true,
            ..Case::PLAIN
        },
        Case {
            id: "slow_sender",
            duty: "Takes a body that arrives slowly",
            says: NO_RETRY,
            shots: &[Shot { slowly: true, ..ENDED }],
            expect: Expect::AcceptedOrTimedOut,
            fix: Fix::Slow,
            ..Case::PLAIN
        },
    ],
};
