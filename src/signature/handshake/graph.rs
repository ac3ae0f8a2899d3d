//! Microsoft Graph and SharePoint `?validationToken=`: send it back as plain text.
//! Source: learn.microsoft.com, "Graph change notifications: notificationUrl validation".

use super::{Answer, Context, Member, Trigger};

pub(super) static MEMBER: Member = Member {
    id: "graph-validation-token",
    of: &["microsoft-graph", "graph", "sharepoint"],
    trigger: Trigger::Query("validationToken"),
    answer,
};

fn answer(context: &Context<'_>) -> Option<Answer> {
    if !context.is("POST") && !context.is("GET") {
        return None;
    }
    context.query("validationToken").map(Answer::text)
}
