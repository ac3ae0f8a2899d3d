//! Amazon SNS. The payload is in `Message`, mostly JSON of another service. Source: docs.aws.amazon.com, "Parsing
//! Amazon SNS message formats", "Amazon SNS raw message delivery".

use super::{Detail, EventInput, Provider, Reading, detail_list};
use crate::json::pick::{self, Picks};

pub(super) static PROVIDER: Provider = Provider {
    id: "sns",
    name: "Amazon SNS",
    schemes: &[],
    own_header: false,
    events: &["SubscriptionConfirmation", "Notification", "UnsubscribeConfirmation"],
    docs: "https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html",
    duplicates: "The same MessageId.",
    marks: &["x-amz-sns-message-type", "x-amz-sns-message-id", "x-amz-sns-topic-arn"],
    confirm: None,
    read,
    details,
};

/// Where the services that publish through it name their events: mail, event bus, storage, alarms, others.
const NAMES: [&str; 9] = [
    "/notificationType",
    "/eventType",
    "/detail-type",
    "/Records/0/eventName",
    "/AlarmName",
    "/event/type",
    "/event",
    "/type",
    "/Event",
];

fn read(input: &EventInput<'_>) -> Reading {
    // A raw delivery is the message alone.
    let raw = input.header("x-amz-sns-rawdelivery").is_some_and(|raw| raw.eq_ignore_ascii_case("true"));
    let json = input.pick(&["/Type", "/MessageId", "/Message"]);
    let kind = input.header("x-amz-sns-message-type").or(json.text(0));
    let carried = if raw { carried(input.json) } else { json.text(2).and_then(|message| carried(message.as_bytes())) };
    let id = json.text(1).filter(|_| !raw).or(input.header("x-amz-sns-message-id")).map(str::to_owned);
    Reading {
        name: carried.filter(|_| kind.is_none_or(|kind| kind == "Notification")).or(kind.map(str::to_owned)),
        duplicate_key: id.clone(),
        delivery_id: id,
        notes: if raw { Vec::new() } else { super::json_notes(&json) },
        session: None,
    }
}

/// The name of the event that a message carries.
fn carried(message: &[u8]) -> Option<String> {
    let json: Picks<'_, 9> = pick::pick(message, &NAMES);
    (0..NAMES.len()).find_map(|index| json.text(index)).map(str::to_owned)
}

fn details(input: &EventInput<'_>) -> Vec<Detail> {
    let json = input.pick(&["/TopicArn", "/Subject"]);
    let topic = json.text(0).or(input.header("x-amz-sns-topic-arn"));
    let name = topic.map(|arn| arn.rsplit(':').next().unwrap_or(arn).to_owned());
    detail_list([("topic", name.map(Into::into)), ("subject", json.scalar(1))])
}
