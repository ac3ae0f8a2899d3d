//! Pathors, from the page "Post-session webhook" and its payloads: four events, no signature.

use std::time::Duration;

use serde_json::{Value, json};

use super::dialogue::{self, Role};
use super::{Content, Mode, SampleEvent, Sender, Story};
use crate::model::Timestamp;

pub(crate) static SENDER: Sender = Sender {
    provider: "pathors",
    events: &[
        SampleEvent { name: "session.ended", about: "the conversation has ended" },
        SampleEvent { name: "call.ended", about: "the call has ended; calls only" },
        SampleEvent { name: "session.finalized", about: "everything is done: all data in one body" },
        SampleEvent { name: "recording.ready", about: "the recording is processed; calls only" },
    ],
    system: &["content-type"],
    name_at: Some("/event"),
    fill_at: Some("/extractedVariables/summary"),
    body,
    head: |_, _| Vec::new(),
    session,
    from_start: false,
    voice_only: &["call.ended", "recording.ready"],
};

const CALL_ENDED: Duration = Duration::from_millis(1_200);
const FINALIZED: Duration = Duration::from_secs(4);
const RECORDED: Duration = Duration::from_secs(11);

/// Of a call, all four: the recording comes last here, and may come earlier elsewhere.
fn session(story: &Story) -> Vec<(&'static str, Duration)> {
    match story.mode {
        Mode::Text => vec![("session.ended", Duration::ZERO), ("session.finalized", FINALIZED)],
        Mode::Voice => vec![
            ("session.ended", Duration::ZERO),
            ("call.ended", CALL_ENDED),
            ("session.finalized", FINALIZED),
            ("recording.ready", RECORDED),
        ],
    }
}

fn body(event: &str, story: &Story, fill: usize) -> Content {
    let after = match event {
        "call.ended" => CALL_ENDED,
        "session.finalized" => FINALIZED,
        "recording.ready" => RECORDED,
        _ => Duration::ZERO,
    };
    let micros = i64::try_from(after.as_micros()).unwrap_or_default();
    let at = Timestamp::from_micros(story.ended.as_micros().saturating_add(micros));
    let mut body = json!({"event": event, "sessionId": story.session(), "timestamp": at.to_string()});
    let project = format!("proj_{}", story.token("project", 16));
    match event {
        "session.ended" => {
            conversation(&mut body, story, fill);
            body["reason"] = "session_ended".into();
        }
        "call.ended" => {
            body["projectId"] = project.into();
            call(&mut body, story);
        }
        "session.finalized" => {
            body["projectId"] = project.into();
            conversation(&mut body, story, fill);
            // Absent for text sessions, not null.
            if story.mode == Mode::Voice {
                call(&mut body, story);
            }
        }
        _ => {
            let (session, token) = (story.session(), story.hex("recording", 40));
            let url = format!("https://storage.example.com/recordings/{session}.mp3?expires=900&token={token}");
            body["recordingUrl"] = url.into();
        }
    }
    Content::Json(body)
}

fn conversation(body: &mut Value, story: &Story, fill: usize) {
    let turns = dialogue::turns(story, 0);
    let names = dialogue::names(story.language);
    let said = |turn: &&dialogue::Turn| turn.role == Role::Assistant;
    let mut summary: String = turns.iter().rev().filter(said).nth(1).map(|turn| turn.text.clone()).unwrap_or_default();
    let sentence = summary.clone();
    let room = summary.len() + fill;
    while fill > 0 && summary.len() + 1 + sentence.len() <= room {
        summary.push(' ');
        summary.push_str(&sentence);
    }
    body["currentNodeId"] = format!("node_{}", story.token("node", 10)).into();
    body["messagesCount"] = turns.iter().filter(|turn| turn.role != Role::System).count().into();
    body["extractedVariables"] = json!({
        "customerName": names.customer,
        "subject": names.subject,
        "appointment": "2026-06-05T15:00",
        "wantsReminder": true,
        "summary": summary,
    });
}

fn call(body: &mut Value, story: &Story) {
    body["callStatus"] = if story.number("hangup", 2) == 0 { "userHangup" } else { "agentHangup" }.into();
    body["callDuration"] = story.duration().as_secs().into();
}
