//! Pathors. Sources: the pages "Post-session webhook" and "Webhook payloads".

use super::events::{Contract, Event, Extra, Field, HeadRule, Kind, Need};
use super::hints::Setup;
use super::places::Places;
use super::points::{Point, What};
use super::sessions::{Combined, Consequence, Lifecycle, Rule};
use super::{Hints, Platform};
use crate::json::pick;
use crate::provider::clipped;
use crate::provider::finding::{Says, Severity};
use crate::provider::findings::Findings;

pub(super) static PLATFORM: Platform = Platform {
    id: "pathors",
    document: "Pathors: Post-session webhook",
    custom_headers: Says::new(CONFIGURE, CUSTOM),
    contract: Contract {
        head: &[
            HeadRule::Post(Says::new(CONFIGURE, "HTTPS endpoint that accepts POST + JSON.")),
            HeadRule::Json(Says::new(CONFIGURE, CUSTOM)),
        ],
        body: Says::new("Overview", "Pathors POSTs JSON to your URL whenever a subscribed lifecycle event fires."),
        event: EVENT.says,
        events: &[
            Event {
                name: "session.ended",
                fields: ENDED,
                extra: Extra::Told(Says::new(
                    PAYLOADS,
                    "session.ended: currentNodeId, messagesCount, extractedVariables, reason",
                )),
                rules: &[alias],
            },
            Event {
                name: "call.ended",
                fields: CALL,
                extra: Extra::Told(Says::new(PAYLOADS, "call.ended: projectId, callStatus, callDuration")),
                rules: &[no_conversation],
            },
            Event {
                name: "session.finalized",
                fields: FINALIZED,
                extra: Extra::Told(Says::new(
                    PAYLOADS,
                    "session.finalized: projectId, currentNodeId, messagesCount, extractedVariables, callStatus, callDuration",
                )),
                rules: &[both_or_neither, no_conversation],
            },
            // What it holds beside the URL is not documented.
            Event { name: "recording.ready", fields: RECORDING, extra: Extra::Free, rules: &[] },
        ],
        others: Says::new("Event types", "session.ended … call.ended … session.finalized … recording.ready"),
    },
    lifecycle: Lifecycle {
        subscribed: &["session.ended"],
        chosen: Says::new(
            CONFIGURE,
            "Which lifecycle events fire the webhook. Defaults to [\"session.ended\"] when omitted … Subscribing to more than one \
             event delivers one POST per event per session.",
        ),
        first: None,
        end: Rule { event: "session.finalized", says: FINAL },
        after_end: &["recording.ready"],
        end_is_last: true,
        calls_only: &[
            Rule {
                event: "call.ended",
                says: Says::new("Event types", "Call sessions only. Text sessions never produce this event."),
            },
            Rule { event: "recording.ready", says: Says::new("Event types", "Call sessions only.") },
        ],
        call_values: &["/callStatus", "/callDuration"],
        once: &[Rule {
            event: "session.finalized",
            says: Says::new(
                DELIVERY,
                "session.finalized fires at most once per session — a CAS guard on the underlying database row dedupes it \
                 even under concurrent writes.",
            ),
        }],
        again: Says::new(
            DELIVERY,
            "The other events (session.ended, call.ended, recording.ready) are emitted per processing step and may be \
             re-delivered (for example on internal retries); if you need exactly-once handling, dedupe on (sessionId, event).",
        ),
        combined: Some(Combined {
            values: &[
                "/projectId",
                "/currentNodeId",
                "/messagesCount",
                "/extractedVariables",
                "/callStatus",
                "/callDuration",
            ],
            seconds: &["/callDuration"],
            says: FINAL,
        }),
        duration: None,
        not_accepted: Consequence {
            sentence: "Pathors does not send it again.",
            says: Says::new(
                DELIVERY,
                "No automatic retry. A non-2xx response from your endpoint is logged to webhook_logs but Pathors does not \
                 resend.",
            ),
        },
    },
    places: Places { transcript: None, variables: Some("/extractedVariables"), recording: Some("/recordingUrl") },
    hints: Hints {
        empty: Says::new(
            CONFIGURE,
            "The webhook lives on the agent. Configure it via the agent settings UI, or programmatically via update-agent",
        ),
        no_secret: None,
        response: None,
        setup: Some((
            Setup::PostSessionWebhook,
            Says::new("Next steps", "Update agent … Set postSessionWebhook programmatically."),
        )),
    },
    points: &[
        point("https", What::Https, CONFIGURE, "HTTPS endpoint that accepts POST + JSON."),
        point("reachable", What::Reachable, "Overview", "Pathors POSTs JSON to your URL"),
        point(
            "fast",
            What::Fast,
            DELIVERY,
            "Respond fast. Pathors waits for your response synchronously; long-running work belongs in a background job on \
             your side.",
        ),
        point(
            "source",
            What::Proven,
            CONFIGURE,
            "Use cases are up to you — e.g. an Authorization token to verify the source",
        ),
        point("headers", What::Headers, CONFIGURE, CUSTOM),
        point("wrong_source", What::WrongRefused, CONFIGURE, "an Authorization token to verify the source"),
        point(
            "idempotency",
            What::Deduplicated,
            DELIVERY,
            "if you need exactly-once handling, dedupe on (sessionId, event).",
        ),
        point(
            "accepted",
            What::Accepted,
            DELIVERY,
            "No automatic retry. A non-2xx response from your endpoint is logged to webhook_logs but Pathors does not resend.",
        ),
        point("queue", What::Queue, DELIVERY, "If you need at-least-once, ingest from a queue you control."),
        point(
            "events",
            What::Events,
            "Subscribing to multiple events",
            "Subscribing to more than one event delivers one POST per event per session.",
        ),
        point("switch", What::Switch, CONFIGURE, "The webhook lives on the agent."),
    ],
};

const fn point(id: &'static str, what: What, section: &'static str, text: &'static str) -> Point {
    Point { id, what, says: Says::new(section, text) }
}

const FINAL: Says = Says::new(
    "Event types",
    "Everything is done for this session. … Combines the data from every other event into one body.",
);
const DELIVERY: &str = "Delivery semantics";

const CONFIGURE: &str = "Configure";
const CUSTOM: &str = "Custom HTTP headers sent to your endpoint along with Content-Type: application/json.";
const PAYLOADS: &str = "Webhook payloads";

const EVENT: Field = Field {
    name: "event",
    need: Need::Always,
    kind: Kind::Filled,
    says: Says::new("Overview", "each event carries its own payload, identified by the top-level event field"),
};
const SESSION: Field = always("sessionId", Kind::Filled, "Common fields: event, sessionId, timestamp (ISO 8601)");
const TIMESTAMP: Field = always("timestamp", Kind::Time, "Common fields: event, sessionId, timestamp (ISO 8601)");
const PROJECT: Field = always("projectId", Kind::Id, "call.ended and session.finalized: projectId");
const NODE: Field = always("currentNodeId", Kind::Id, "session.ended and session.finalized: currentNodeId");
const MESSAGES: Field = always("messagesCount", Kind::Count, "session.ended and session.finalized: messagesCount");
const VARIABLES: Field =
    always("extractedVariables", Kind::Map, "session.ended and session.finalized: extractedVariables (object)");

const fn always(name: &'static str, kind: Kind, text: &'static str) -> Field {
    Field { name, need: Need::Always, kind, says: Says::new(PAYLOADS, text) }
}

/// "the call's final status and duration may not be available yet at this moment": any subset of them is right.
static ENDED: &[Field] = &[
    EVENT,
    SESSION,
    TIMESTAMP,
    NODE,
    MESSAGES,
    VARIABLES,
    Field { name: "reason", need: Need::Optional, kind: Kind::Text, says: ALIAS },
    Field { name: "callStatus", need: Need::Optional, kind: Kind::Any, says: NOT_YET },
    Field { name: "callDuration", need: Need::Optional, kind: Kind::Any, says: NOT_YET },
    Field { name: "projectId", need: Need::Optional, kind: Kind::Any, says: NOT_YET },
];

const ALIAS: Says = Says::new(PAYLOADS, "reason: deprecated alias of event, e.g. session_ended");
const NOT_YET: Says = Says::new(
    "Event types",
    "For call sessions, the call’s final status and duration may not be available yet at this moment.",
);

static CALL: &[Field] = &[
    EVENT,
    SESSION,
    TIMESTAMP,
    PROJECT,
    Field { name: "callStatus", need: Need::Always, kind: Kind::OneOf(STATUSES), says: STATUS },
    Field { name: "callDuration", need: Need::Always, kind: Kind::Seconds, says: DURATION },
];

static FINALIZED: &[Field] = &[
    EVENT,
    SESSION,
    TIMESTAMP,
    PROJECT,
    NODE,
    MESSAGES,
    VARIABLES,
    Field { name: "callStatus", need: Need::AbsentNotNull, kind: Kind::OneOf(STATUSES), says: ABSENT },
    Field { name: "callDuration", need: Need::AbsentNotNull, kind: Kind::Seconds, says: ABSENT },
];

/// Without a URL the recording has failed.
static RECORDING: &[Field] = &[
    EVENT,
    SESSION,
    TIMESTAMP,
    Field {
        name: "recordingUrl",
        need: Need::Optional,
        kind: Kind::Url("http"),
        says: Says::new("Event types", "Carries a short-lived recordingUrl on success."),
    },
];

const STATUSES: &[&str] = &[
    "userHangup",
    "agentHangup",
    "transferred",
    "voicemail",
    "errorTransferred",
    "busy",
    "userNoAnswer",
    "userRejected",
    "invalidNumber",
    "sipTrunkFailure",
    "agentNoAnswer",
    "error",
    "unknown",
    "Ended",
];
/// Calls without a conversation.
const NO_CONVERSATION: &[&str] = &["busy", "userNoAnswer", "invalidNumber"];

const STATUS: Says = Says::new(
    PAYLOADS,
    "callStatus: userHangup, agentHangup, transferred, voicemail, errorTransferred, busy, userNoAnswer, userRejected, \
     invalidNumber, sipTrunkFailure, agentNoAnswer, error, unknown, Ended",
);
const DURATION: Says = Says::new(PAYLOADS, "callDuration: seconds; 0 for busy, no answer and invalid number");
const ABSENT: Says =
    Says::new(PAYLOADS, "session.finalized of a text session: callStatus and callDuration are absent, not null");

/// The deprecated `reason` says what `event` says.
fn alias(json: &[u8], findings: &mut Findings) {
    let picked = pick::pick(json, &["/reason"]);
    if let Some(reason) = picked.text(0)
        && !matches!(reason, "session_ended" | "session.ended")
    {
        let sentence = format!("`reason` is “{}”, not session_ended.", clipped(reason.to_owned()));
        findings.at("/reason", Severity::Drift, "unknown_value", ALIAS, sentence);
    }
}

/// A session is a call or a text session: status and duration come together or not at all.
fn both_or_neither(json: &[u8], findings: &mut Findings) {
    let picked = pick::pick(json, &["/callStatus", "/callDuration"]);
    let [status, duration] = &picked.values;
    for (there, missing, pointer) in [(status, duration, "/callDuration"), (duration, status, "/callStatus")] {
        if there.is_some() && missing.is_none() {
            let other = if pointer == "/callStatus" { "callDuration" } else { "callStatus" };
            let sentence =
                format!("`{}` is missing beside `{other}`: a call has both, a text session neither.", &pointer[1..]);
            findings.at(pointer, Severity::Breaks, crate::provider::finding::MISSING, ABSENT, sentence);
        }
    }
}

/// Without a conversation, the duration is zero.
fn no_conversation(json: &[u8], findings: &mut Findings) {
    let picked = pick::pick(json, &["/callStatus", "/callDuration"]);
    let (Some(status), Some(duration)) = (picked.text(0), picked.scalar(1)) else { return };
    if NO_CONVERSATION.contains(&status) && duration.parse::<f64>().is_ok_and(|seconds| seconds > 0.0) {
        let sentence = format!("`callDuration` is {duration} though `callStatus` is {status}.");
        findings.at("/callDuration", Severity::Breaks, "contradiction", DURATION, sentence);
    }
}
