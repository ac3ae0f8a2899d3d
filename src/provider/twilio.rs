//! Twilio: voice, messaging and conversation callbacks. They are forms without an event name: the name is made from the
//! callback's subject and status. Source: twilio.com/docs, "Webhook requests", "Track message status".

use super::{Detail, EventInput, Provider, Reading, detail_list, key};

pub(super) static PROVIDER: Provider = Provider {
    id: "twilio",
    name: "Twilio",
    schemes: &["twilio-form", "twilio-json"],
    own_header: false,
    events: &[],
    docs: "https://www.twilio.com/docs/usage/webhooks",
    duplicates: "The same I-Twilio-Idempotency-Token; without it the same Sid and status.",
    marks: &["x-twilio-signature", "i-twilio-idempotency-token"],
    confirm: None,
    read,
    details,
};

fn read(input: &EventInput<'_>) -> Reading {
    let token = input.owned_header("i-twilio-idempotency-token");
    if !input.is_form() {
        let json = input.pick(&["/EventType", "/type", "/0/type", "/0/id"]);
        let name = (0..3).find_map(|index| json.text(index)).map(str::to_owned);
        let id = json.text(3).map(str::to_owned).or(token);
        return Reading { name, duplicate_key: id.clone(), delivery_id: id, ..Reading::default() };
    }
    let (about, sid, status) = if let Some(sid) = input.form("RecordingSid") {
        ("recording", Some(sid), input.form("RecordingStatus"))
    } else if let Some(sid) = input.form("CallSid") {
        ("call", Some(sid), input.form("CallStatus"))
    } else if let Some(sid) = input.form("MessageSid").or_else(|| input.form("SmsSid")) {
        ("message", Some(sid), input.form("MessageStatus").or_else(|| input.form("SmsStatus")))
    } else {
        ("", input.form("ConversationSid"), None)
    };
    let name = input.form("EventType").or_else(|| match (about, &status) {
        ("", _) => None,
        (about, Some(status)) => Some(format!("{about}.{status}")),
        (about, None) => Some(about.to_owned()),
    });
    Reading {
        duplicate_key: token.clone().or_else(|| key([sid.as_deref(), name.as_deref()])),
        session: input.form("CallSid").or_else(|| input.form("ConversationSid")),
        delivery_id: token.or(sid),
        name,
        notes: Vec::new(),
    }
}

fn details(input: &EventInput<'_>) -> Vec<Detail> {
    if !input.is_form() {
        return Vec::new();
    }
    let fields = [("from", "From"), ("to", "To"), ("duration in seconds", "CallDuration"), ("text", "Body")];
    detail_list(fields.into_iter().map(|(label, field)| (label, input.form(field).map(Into::into))))
}
