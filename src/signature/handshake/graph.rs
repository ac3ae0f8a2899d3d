//! Microsoft Graph and SharePoint `?validationToken=`: send it back as plain text.
//! Source: learn.microsoft.com, "Graph change notifications: notificationUrl validation".

use super::{Context, Guard, Member, Response, Trigger};

pub(super) static MEMBER: Member = Member {
    id: "graph-validation-token",
    of: &["microsoft-graph", "graph", "sharepoint"],
    guard: Guard::None,
    trigger: Trigger::Query("validationToken"),
    answer,
};

fn answer(context: &Context<'_>) -> Option<Response> {
    if !context.is("POST") && !context.is("GET") {
        return None;
    }
    context.query("validationToken").map(Response::text)
}
