//! CallAIder. Source: the guide "Assistant webhooks".

use super::events::{Contract, Event, Extra, Field, HeadRule, Kind, Need};
use super::places::Places;
use super::points::{Point, What};
use super::sessions::{Combined, Consequence, Lifecycle, Measured, Rule};
use super::{Hints, Platform};
use crate::provider::finding::Says;

pub(super) static PLATFORM: Platform = Platform {
    id: "callaider",
    document: "CallAIder: Assistant webhooks",
    custom_headers: Says::new(HEAD, CUSTOM),
    contract: Contract {
        head: &[
            HeadRule::Post(Says::new(HEAD, "Method: POST")),
            HeadRule::Json(Says::new(HEAD, "System headers that are always included: Content-Type: application/json")),
            HeadRule::Event(
                "X-Callaider-Event",
                Says::new(HEAD, "System headers that are always included: … X-Callaider-Event: <event_name>"),
                Says::new(
                    HEAD,
                    "Content-Type, X-Callaider-Event, and X-Callaider-Signature cannot be overridden via webhookHeaders.",
                ),
            ),
            HeadRule::HexSha256(
                "X-Callaider-Signature",
                Says::new(HEAD, "X-Callaider-Signature: sha256=<hex> (if webhookSecret is configured)"),
            ),
        ],
        body: Says::new(HEAD, "Body: application/json … Format: JSON payload"),
        event: Says::new(GENERAL, r#""event": "session.started | session.ended""#),
        events: &[
            Event { name: "session.started", fields: STARTED, extra: Extra::Told(ENVELOPE), rules: &[] },
            Event { name: "session.ended", fields: ENDED, extra: Extra::Told(ENVELOPE), rules: &[] },
        ],
        others: BOTH,
    },
    lifecycle: Lifecycle {
        subscribed: &["session.started", "session.ended"],
        chosen: BOTH,
        first: Some(Rule { event: "session.started", says: APART }),
        end: Rule { event: "session.ended", says: APART },
        after_end: &[],
        // The guide does not say that they come in order.
        end_is_last: false,
        calls_only: &[],
        call_values: &[],
        once: &[],
        again: Says::new("Recommended production processing pattern", "Deduplicate events by sessionId + event."),
        combined: Some(Combined { values: &["/assistantId"], seconds: &[], says: ASSISTANT.says }),
        duration: Some(Measured {
            from: "session.started",
            to: "session.ended",
            pointer: "/data/durationSeconds",
            says: DURATION,
        }),
        not_accepted: Consequence {
            sentence: "The guide does not say whether it is sent again.",
            says: Says::new(
                "Recommended production processing pattern",
                "Return 2xx quickly, move heavy processing (CRM, AI post-processing, archival) to a queue.",
            ),
        },
    },
    places: Places { transcript: Some("/data/transcript"), variables: None, recording: None },
    hints: Hints {
        empty: Says::new(
            "Step 1. Configure webhook in the assistant",
            "webhookUrl - your endpoint URL for event delivery; … If webhookUrl is not set, events are not sent.",
        ),
        no_secret: Some(Says::new(
            "Step 1. Configure webhook in the assistant",
            "If webhookSecret is left empty, a secret can be generated automatically.",
        )),
        response: Some(r#"{"ok":true,"event":"{{request.json./event}}"}"#),
        setup: None,
    },
    points: &[
        point("reachable", What::Reachable, "webhookUrl is reachable from external network."),
        point("fast", What::Fast, "Endpoint consistently responds faster than 3000 ms."),
        point("signature", What::Proven, "If needed, webhookSecret and signature verification are enabled."),
        Point {
            id: "wrong_signature",
            what: What::WrongRefused,
            says: Says::new(
                "Recommended production processing pattern",
                "If you use webhookSecret, validate the signature before business logic.",
            ),
        },
        point("idempotency", What::Deduplicated, "Idempotency is implemented (sessionId + event)."),
        Point {
            id: "parse_failures",
            what: What::ParseFailures,
            says: Says::new(
                "Recommended production processing pattern",
                "Log parsing failures separately for session.started and session.ended.",
            ),
        },
        Point { id: "headers", what: What::Headers, says: Says::new(HEAD, CUSTOM) },
        point("alerts", What::Unseen, "Alerts for endpoint 4xx/5xx are configured."),
        point("events", What::Events, "Both events are tested: session.started and session.ended."),
        Point {
            id: "switch",
            what: What::Switch,
            says: Says::new(
                "Conclusion",
                "validate payloads with webhook.site first, then switch webhookUrl to your production endpoint.",
            ),
        },
    ],
};

const fn point(id: &'static str, what: What, text: &'static str) -> Point {
    Point { id, what, says: Says::new("Pre-production checklist", text) }
}

const BOTH: Says =
    Says::new("Which events are sent", "Only two server-side events are delivered: session.started … session.ended");
const APART: Says = Says::new(
    "Step 2. Validate events quickly via webhook.site",
    "After a test session, you should see separate POST requests for session start and session end.",
);
const DURATION: Says =
    Says::new(END, "durationSeconds - session duration in seconds (when startedAt and endedAt are available)");

const HEAD: &str = "HTTP request and headers";
const CUSTOM: &str = "Custom headers from webhookHeaders are appended too";
const GENERAL: &str = "Payload structure";
const START: &str = "session.started event";
const END: &str = "session.ended event";
const ITEM: &str = "transcript item format";

const ENVELOPE: Says = Says::new(GENERAL, r#""event": … "timestamp": … "assistantId": … "sessionId": … "data": {}"#);

const EVENT: Field =
    envelope("event", Kind::Filled, Says::new(GENERAL, r#""event": "session.started | session.ended""#));
const TIMESTAMP: Field =
    envelope("timestamp", Kind::Time, Says::new(GENERAL, r#""timestamp": "2026-05-28T12:34:56.789Z""#));
const ASSISTANT: Field = envelope("assistantId", Kind::Whole, Says::new(GENERAL, r#""assistantId": 123"#));
const SESSION: Field =
    envelope("sessionId", Kind::Uuid, Says::new(GENERAL, r#""sessionId": "2d7b8f7f-2de0-4db9-ae6f-9a1f8d98f6d2""#));

const fn envelope(name: &'static str, kind: Kind, says: Says) -> Field {
    Field { name, need: Need::Always, kind, says }
}

static STARTED: &[Field] = &[
    EVENT,
    TIMESTAMP,
    ASSISTANT,
    SESSION,
    Field {
        name: "data",
        need: Need::Always,
        kind: Kind::Object(
            &[Field {
                name: "metadata",
                need: Need::Always,
                kind: Kind::Object(METADATA, Extra::Free),
                says: Says::new(START, "data contains session metadata"),
            }],
            Extra::Told(Says::new(START, r#"data contains session metadata: … "metadata":"#)),
        ),
        says: Says::new(START, "data contains session metadata"),
    },
];

/// "exact metadata fields vary by session source": none of them must be there.
static METADATA: &[Field] = &[
    Field {
        name: "userAgent",
        need: Need::Optional,
        kind: Kind::Text,
        says: Says::new(START, r#""userAgent": "Mozilla/5.0 ...""#),
    },
    Field {
        name: "sessionMode",
        need: Need::Optional,
        kind: Kind::OneOf(&["voice", "text"]),
        says: Says::new(START, "metadata.sessionMode can be voice or text"),
    },
    Field { name: "callId", need: Need::Optional, kind: Kind::Id, says: Says::new(START, r#""callId": "optional""#) },
];

static ENDED: &[Field] = &[
    EVENT,
    TIMESTAMP,
    ASSISTANT,
    SESSION,
    Field {
        name: "data",
        need: Need::Always,
        kind: Kind::Object(RESULTS, Extra::Told(Says::new(END, "Fields: reason … durationSeconds … transcript"))),
        says: Says::new(END, "data contains final session results"),
    },
];

static RESULTS: &[Field] = &[
    Field {
        name: "reason",
        need: Need::Always,
        kind: Kind::Usually(&["assistant_ended", "user_ended", "client_disconnect", "timeout"]),
        says: Says::new(
            END,
            "reason - end reason (assistant_ended, user_ended, client_disconnect, timeout, and so on)",
        ),
    },
    Field { name: "durationSeconds", need: Need::Optional, kind: Kind::Seconds, says: DURATION },
    Field {
        name: "transcript",
        need: Need::Always,
        kind: Kind::List(
            MESSAGE,
            Extra::Told(Says::new(ITEM, r#""role": … "content": … "timestamp": … "toolCall": … "files":"#)),
        ),
        says: Says::new(END, "transcript - accumulated array of session messages"),
    },
];

static MESSAGE: &[Field] = &[
    Field {
        name: "role",
        need: Need::Always,
        kind: Kind::OneOf(&["user", "assistant", "system", "tool"]),
        says: Says::new(ITEM, r#""role": "user | assistant | system | tool""#),
    },
    Field { name: "content", need: Need::Always, kind: Kind::Text, says: Says::new(ITEM, r#""content": "text""#) },
    Field {
        name: "timestamp",
        need: Need::Always,
        kind: Kind::Millis,
        says: Says::new(ITEM, r#""timestamp": 1716900000000"#),
    },
    Field {
        name: "toolCall",
        need: Need::Optional,
        kind: Kind::Object(
            TOOL_CALL,
            Extra::Told(Says::new(ITEM, r#""toolCall": { "name": … "arguments": … "result": … "error":"#)),
        ),
        says: APPLICABLE,
    },
    Field {
        name: "files",
        need: Need::Optional,
        kind: Kind::List(FILE, Extra::Told(Says::new(ITEM, r#""files": [ { "gcsUri": … "mimeType": … "filename":"#))),
        says: APPLICABLE,
    },
];

const APPLICABLE: Says = Says::new(ITEM, "toolCall and files are present only when applicable for that message");

static TOOL_CALL: &[Field] = &[
    Field { name: "name", need: Need::Optional, kind: Kind::Text, says: Says::new(ITEM, r#""name": "optional""#) },
    Field {
        name: "arguments",
        need: Need::Always,
        kind: Kind::SampleObject,
        says: Says::new(ITEM, r#""arguments": {}"#),
    },
    // A failed call has only an error.
    Field {
        name: "result",
        need: Need::Unless("error"),
        kind: Kind::SampleObject,
        says: Says::new(ITEM, r#""result": {}"#),
    },
    Field { name: "error", need: Need::Optional, kind: Kind::Text, says: Says::new(ITEM, r#""error": "optional""#) },
];

static FILE: &[Field] = &[
    Field {
        name: "gcsUri",
        need: Need::Always,
        kind: Kind::Url("gs://"),
        says: Says::new(ITEM, r#""gcsUri": "gs://...""#),
    },
    Field {
        name: "mimeType",
        need: Need::Always,
        kind: Kind::Filled,
        says: Says::new(ITEM, r#""mimeType": "application/pdf""#),
    },
    Field {
        name: "filename",
        need: Need::Always,
        kind: Kind::Filled,
        says: Says::new(ITEM, r#""filename": "document.pdf""#),
    },
];
