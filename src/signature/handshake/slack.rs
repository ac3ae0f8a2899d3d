//! Slack `url_verification`: send the challenge back.
//! Source: docs.slack.dev, "`url_verification` event".

use super::{Context, Guard, Member, Response, Trigger};

pub(super) static MEMBER: Member = Member {
    id: "slack-url-verification",
    of: &["slack"],
    guard: Guard::Signature,
    trigger: Trigger::Body("url_verification"),
    answer,
};

fn answer(context: &Context<'_>) -> Option<Response> {
    let json = context.json(&["/type", "/challenge"])?;
    if json.text(0) != Some("url_verification") {
        return None;
    }
    json.text(1).map(Response::text)
}
