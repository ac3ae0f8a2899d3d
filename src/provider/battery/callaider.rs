//! CallAIder's receivers, from the guide "Assistant webhooks".

use std::time::Duration;

use super::{Battery, Body, Case, Expect, Fix, Proof, Shot};
use crate::provider::samples::{CALLAIDER, Language};

const ENDED: Shot = Shot::of("session.ended");
const STARTED: Shot = Shot::of("session.started");
const MIB: usize = 1 << 20;

const RAW_BYTES: &str =
    "Read the raw request body without changing formatting. … Compute HMAC SHA-256 with your webhookSecret.";
const CONSTANT_TIME: &str = "Compare it with X-Callaider-Signature using a constant-time check.";
const INTEGRITY: &str =
    "HMAC does not encrypt data, but it gives cryptographic proof of payload integrity and shared-secret possession.";
const OPTIONAL: &str = "if you want additional security control, validate it; … if your use case does not require it, you can process webhook events without signature validation.";
const SIZE: &str = "Apply payload size limits because transcript can be large.";
const PARSING: &str = "Log parsing failures separately for session.started and session.ended.";
const QUICKLY: &str = "Endpoint consistently responds faster than 3000 ms.";

pub(super) static BATTERY: Battery = Battery {
    sender: &CALLAIDER,
    document: "CallAIder, “Assistant webhooks”",
    signs: true,
    limit: Duration::from_secs(3),
    limit_is_named: true,
    cases: &[
        Case {
            id: "valid_event",
            duty: "Answers a valid event with 2xx within 3000 ms",
            says: QUICKLY,
            shots: &[ENDED],
            expect: Expect::Accepted,
            fix: Fix::Fast,
            ..Case::PLAIN
        },
        Case {
            id: "each_event",
            duty: "Takes each event, of calls and of chats",
            says: "Both events are tested: session.started and session.ended.",
            shots: &[STARTED, STARTED.written(), ENDED.written()],
            expect: Expect::Accepted,
            fix: Fix::Events,
            ..Case::PLAIN
        },
        Case {
            id: "wrong_signature",
            duty: "Refuses a wrong signature with 401",
            says: CONSTANT_TIME,
            shots: &[ENDED.by(Proof::Other)],
            expect: Expect::Refused,
            fix: Fix::Verify,
            ..Case::PLAIN
        },
        Case {
            id: "tampered_body",
            duty: "Refuses a body that was changed after signing with 401",
            says: INTEGRITY,
            shots: &[ENDED.by(Proof::Tampered)],
            expect: Expect::Refused,
            fix: Fix::Verify,
            ..Case::PLAIN
        },
        Case {
            id: "missing_signature",
            duty: "Refuses an event without a signature with 401",
            says: OPTIONAL,
            shots: &[ENDED.by(Proof::Absent)],
            expect: Expect::RefusedOrNoted,
            fix: Fix::Verify,
            ..Case::PLAIN
        },
        Case {
            id: "reserialised_json",
            duty: "Verifies over the bytes as sent, not over JSON written again",
            says: RAW_BYTES,
            shots: &[
                ENDED.with(Body::Indented).by(Proof::OfStringified),
                ENDED.with(Body::Indented).by(Proof::OfDumped),
            ],
            expect: Expect::Refused,
            fix: Fix::Verify,
            ..Case::PLAIN
        },
        Case {
            id: "upper_case_hex",
            duty: "What it makes of upper-case digits in the signature",
            says: "X-Callaider-Signature: sha256=<hex_digest>",
            shots: &[ENDED.by(Proof::UpperCase)],
            expect: Expect::Told,
            fix: Fix::Verify,
            ..Case::PLAIN
        },
        Case {
            id: "signature_cut",
            duty: "Refuses the beginning of a right signature, and a right one with more after it, with 401",
            says: CONSTANT_TIME,
            shots: &[ENDED.by(Proof::Half), ENDED.by(Proof::NameOnly), ENDED.by(Proof::Longer)],
            expect: Expect::Refused,
            fix: Fix::Verify,
            ..Case::PLAIN
        },
        Case {
            id: "signature_not_ascii",
            duty: "Refuses a signature text of the right length with a byte over 7F with 401",
            says: CONSTANT_TIME,
            shots: &[ENDED.by(Proof::NotAscii)],
            expect: Expect::Refused,
            fix: Fix::Verify,
            ..Case::PLAIN
        },
        Case {
            id: "duplicate",
            duty: "Takes the same event twice",
            says: "Deduplicate events by sessionId + event.",
            shots: &[Shot { copies: 2, ..ENDED }],
            expect: Expect::Accepted,
            fix: Fix::Duplicates,
            ..Case::PLAIN
        },
        Case {
            id: "deduplication",
            duty: "Leaves out the second of two equal events",
            says: "Idempotency is implemented (sessionId + event).",
            shots: &[],
            expect: Expect::CannotBeSeen,
            fix: Fix::Duplicates,
            ..Case::PLAIN
        },
        Case {
            id: "unknown_event",
            duty: "Ignores events that it does not know, with 2xx",
            says: "default: // ignore unknown events",
            shots: &[ENDED.with(Body::Unknown)],
            expect: Expect::Accepted,
            fix: Fix::Unknown,
            ..Case::PLAIN
        },
        Case {
            id: "malformed_json",
            duty: "Answers malformed JSON with 4xx",
            says: PARSING,
            shots: &[ENDED.with(Body::Malformed), STARTED.with(Body::Malformed)],
            expect: Expect::ClientError,
            fix: Fix::Parsing,
            ..Case::PLAIN
        },
        Case {
            id: "empty_body",
            duty: "Answers an empty body with 4xx",
            says: PARSING,
            shots: &[ENDED.with(Body::Empty)],
            expect: Expect::ClientError,
            fix: Fix::Parsing,
            ..Case::PLAIN
        },
        Case {
            id: "not_ascii",
            duty: "Takes bodies in any language, written in any way",
            says: RAW_BYTES,
            shots: &[
                ENDED.spoken(Language::Ru),
                ENDED.spoken(Language::Zh),
                ENDED.spoken(Language::Ja).with(Body::Escaped),
                ENDED.with(Body::Spaced),
            ],
            expect: Expect::Accepted,
            fix: Fix::Verify,
            ..Case::PLAIN
        },
        Case {
            id: "transcript_1mib",
            duty: "Takes a transcript of 1 MiB, or says that it is too large",
            says: SIZE,
            shots: &[ENDED.with(Body::Sized(MIB))],
            expect: Expect::AcceptedOrTooLarge,
            fix: Fix::Size,
            ..Case::PLAIN
        },
        Case {
            id: "transcript_5mib",
            duty: "Takes a transcript of 5 MiB, or says that it is too large",
            says: SIZE,
            shots: &[ENDED.with(Body::Sized(5 * MIB))],
            expect: Expect::AcceptedOrTooLarge,
            fix: Fix::Size,
            ..Case::PLAIN
        },
        Case {
            id: "transcript_10mib",
            duty: "Takes a transcript of 10 MiB, or says that it is too large",
            says: SIZE,
            shots: &[ENDED.with(Body::Sized(10 * MIB))],
            expect: Expect::AcceptedOrTooLarge,
            fix: Fix::Size,
            heavy: true,
            ..Case::PLAIN
        },
        Case {
            id: "out_of_order",
            duty: "Takes the end of a session before its start",
            says: "Return 2xx quickly, move heavy processing (CRM, AI post-processing, archival) to a queue.",
            shots: &[ENDED, STARTED],
            one_session: true,
            expect: Expect::Accepted,
            fix: Fix::Order,
            ..Case::PLAIN
        },
        Case {
            id: "parallel",
            duty: "Takes 20 events at once within 3000 ms",
            says: QUICKLY,
            shots: &[Shot { at_once: 20, ..ENDED }],
            expect: Expect::Accepted,
            fix: Fix::Fast,
            heavy: true,
            ..Case::PLAIN
        },
        Case {
            id: "slow_sender",
            duty: "Takes a body that arrives slowly",
            says: "To keep integration stable under load",
            shots: &[Shot { slowly: true, ..ENDED }],
            expect: Expect::AcceptedOrTimedOut,
            fix: Fix::Slow,
            ..Case::PLAIN
        },
    ],
};
