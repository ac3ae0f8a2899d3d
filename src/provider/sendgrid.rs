//! Twilio SendGrid: the event webhook sends arrays of events. Source: twilio.com/docs/sendgrid, "Event Webhook
//! reference".

use super::{Detail, EventInput, Provider, Reading, detail_list};

pub(super) static PROVIDER: Provider = Provider {
    id: "sendgrid",
    name: "SendGrid",
    schemes: &["sendgrid"],
    own_header: false,
    events: &["processed", "delivered", "deferred", "bounce", "open", "click", "dropped", "spamreport", "unsubscribe"],
    docs: "https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event",
    duplicates: "The same sg_event_id of the first event in the batch.",
    marks: &["x-twilio-email-event-webhook-signature", "x-twilio-email-event-webhook-timestamp"],
    confirm: None,
    read,
    details,
};

fn read(input: &EventInput<'_>) -> Reading {
    let json = input.pick(&["/0/event", "/0/sg_event_id", "/1/event"]);
    let mut reading = Reading::of_json(&json, json.text(0), json.text(1));
    if json.there(2) {
        reading.notes.push("The body holds several events; the first one is named.".to_owned());
    }
    reading
}

fn details(input: &EventInput<'_>) -> Vec<Detail> {
    let json = input.pick(&["/0/email", "/0/sg_message_id", "/0/reason"]);
    detail_list([("address", json.scalar(0)), ("message", json.scalar(1)), ("reason", json.scalar(2))])
}
