//! Twilio: forms, signed with the URL.

use super::{Content, SampleEvent, Sender, Story, dialogue, no_sessions};

pub(super) static SENDER: Sender = Sender {
    provider: "twilio",
    events: &[
        SampleEvent { name: "message.received", about: "a text message came in" },
        SampleEvent { name: "message.delivered", about: "a sent message has arrived" },
        SampleEvent { name: "call.ringing", about: "a call comes in" },
        SampleEvent { name: "call.in-progress", about: "a call was answered" },
        SampleEvent { name: "call.completed", about: "a call is over" },
    ],
    system: &["content-type", "user-agent", "x-twilio-signature", "i-twilio-idempotency-token"],
    name_at: None,
    fill_at: None,
    body,
    head: |event, story| {
        vec![
            ("Accept", "*/*".to_owned()),
            ("User-Agent", "TwilioProxy/1.1".to_owned()),
            ("I-Twilio-Idempotency-Token", story.uuid(&format!("delivery {event}"))),
        ]
    },
    session: no_sessions,
    from_start: false,
    voice_only: &[],
};

fn body(event: &str, story: &Story, _: usize) -> Content {
    let (_, status) = event.split_once('.').unwrap_or(("", event));
    let id = |prefix: &str, label: &str| format!("{prefix}{}", story.hex(label, 32));
    let account = ("AccountSid", id("AC", "account"));
    let (from, to) = (("From", "+15005550006".to_owned()), ("To", "+15005550010".to_owned()));
    let pairs = match event {
        "message.received" => {
            let text = dialogue::turns(story, 0).into_iter().nth(2).map(|turn| turn.text).unwrap_or_default();
            vec![
                ("MessageSid", id("SM", "message")),
                account,
                ("SmsStatus", status.to_owned()),
                from,
                to,
                ("Body", text),
                ("NumMedia", "0".to_owned()),
                ("NumSegments", "2".to_owned()),
                ("ApiVersion", "2010-04-01".to_owned()),
            ]
        }
        _ if event.starts_with("call.") => {
            let mut pairs = vec![
                ("CallSid", id("CA", "call")),
                account,
                ("CallStatus", status.to_owned()),
                ("Direction", "inbound".to_owned()),
                from,
                to,
                ("Timestamp", story.ended.to_string()),
                ("ApiVersion", "2010-04-01".to_owned()),
            ];
            if status == "completed" {
                pairs.push(("CallDuration", story.duration().as_secs().to_string()));
            }
            pairs
        }
        _ => vec![
            ("MessageSid", id("SM", "message")),
            ("MessageStatus", status.to_owned()),
            account,
            from,
            to,
            ("ApiVersion", "2010-04-01".to_owned()),
        ],
    };
    Content::Form(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
