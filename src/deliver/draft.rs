//! Prepares a request for sending: edits it, signs it again, makes the head for its target.

use std::time::Duration;

use bytes::Bytes;

use super::engine::{HeadChange, HeadEdit, HeadPlan, OwnSocket, Parcel, edited, outgoing, path_and_query, unfit};
use super::plan::{Edit, Plan, SendError};
use super::{resign, token};
use crate::http::Head;
use crate::http::cover::Cover;
use crate::json;
use crate::model::{Bin, CapturedRequest, Timestamp};
use crate::signature::Catalogue;

/// A request, ready to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    /// What goes to the engine.
    pub parcel: Parcel,
    /// How the head differs from the captured one, apart from the owner's edits.
    pub changes: Vec<HeadChange>,
}

/// Prepares a request.
///
/// # Errors
/// When it is unfit to send, or a change or the signature cannot be made.
pub(super) fn draft(
    catalogue: &Catalogue,
    bin: &Bin,
    request: &CapturedRequest,
    plan: &Plan,
    now: Timestamp,
) -> Result<Draft, SendError> {
    let mut head = edited(&request.head, &plan.edit.head);
    let unfit = unfit(&request.summary, &head, &plan.target).filter(|_| !plan.as_is);
    if let Some(why) = unfit {
        return Err(SendError::Unfit(why));
    }
    let mut body = edited_body(&request.body, &plan.edit)?;
    let mut path = path_and_query(&head, &plan.target, plan.exact);
    let mut hidden = Cover::default();
    if let Some(how) = &plan.resign {
        let url = plan.target.with_path(&path);
        let what = resign::Unsigned { head: &head, body: &body, url: &url, target: &plan.target, now };
        let (signed, sent) = resign::sign_again(catalogue, bin, &request.summary, how, &what)?;
        head = edited(&head, &HeadEdit { set: signed.headers, ..HeadEdit::default() });
        if let Some(url) = signed.url {
            let start = plan.target.with_path(b"").len();
            path = url.as_bytes().get(start..).unwrap_or_default().to_vec();
        }
        if let Some(signed) = signed.body {
            body = signed.into();
        }
        if sent.is_stored_token {
            token::check_sent(plan, &path)?;
        }
        hidden = sent.hidden;
    }
    let head_plan = HeadPlan {
        target: &plan.target,
        path_and_query: &path,
        keep_host: plan.keep_host,
        body_size: body.len() as u64,
    };
    let out = outgoing(&head, &head_plan);
    let parcel = Parcel {
        target: plan.target.clone(),
        url: plan.target.with_path(&path),
        to_head: is_head(&head),
        hidden,
        head: out.bytes,
        body,
        timeout: plan.timeout,
        own: OwnSocket { origin: plan.origin, hops: request.summary.hops.saturating_add(1) },
        spread: Duration::ZERO,
        to_self: false,
    };
    let shown = |line: Option<String>| line.map(|line| parcel.hidden.text(&line).into_owned());
    let changes = out.changes.into_iter();
    let changes =
        changes.map(|change| HeadChange { from: shown(change.from), to: shown(change.to), ..change }).collect();
    Ok(Draft { parcel, changes })
}

fn is_head(head: &Head) -> bool {
    head.scan().request_line().method == b"HEAD"
}

fn edited_body(body: &Bytes, edit: &Edit) -> Result<Bytes, SendError> {
    let mut body = edit.body.clone().unwrap_or_else(|| body.clone());
    for (pointer, value) in &edit.json {
        let changed = json::edit::set(&body, pointer, value)
            .map_err(|sentence| SendError::field(format!("edit.json.{pointer}"), sentence))?;
        body = changed.into();
    }
    Ok(body)
}
