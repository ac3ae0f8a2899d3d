//! Lark and Feishu took Slack's `url_verification` over, but read the response as JSON only.
//! Source: open.larksuite.com, "Configure request URL".

use super::{Context, Guard, Member, Response, Trigger};

pub(super) static MEMBER: Member = Member {
    id: "lark-url-verification",
    of: &["lark"],
    guard: Guard::None,
    trigger: Trigger::Body("url_verification"),
    answer,
};

fn answer(context: &Context<'_>) -> Option<Response> {
    let json = context.json(&["/type", "/challenge"])?;
    if !context.set || json.text(0) != Some("url_verification") {
        return None;
    }
    json.text(1).map(|challenge| Response::json(&serde_json::json!({ "challenge": challenge })))
}
