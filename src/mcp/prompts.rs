//! Prompts: how to go about a usual task.

use rmcp::ErrorData;
use rmcp::model::{GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, Role};

use crate::view::plain;

const DEBUG_SIGNATURE: &str = "debug_signature";

/// What there is.
pub(super) fn list() -> Vec<Prompt> {
    let argument =
        |name: &str, text: &str, required| PromptArgument::new(name).with_description(text).with_required(required);
    let arguments = vec![
        argument("bin", "The bin's name or id", true),
        argument("id", "The request's id; latest when left out", false),
    ];
    let text = "Find out why a webhook's signature is not valid, and mend it";
    vec![Prompt::new(DEBUG_SIGNATURE, Some(text), Some(arguments))]
}

/// One of them, filled in.
pub(super) fn get(name: &str, arguments: &JsonObject) -> Result<GetPromptResult, ErrorData> {
    if name != DEBUG_SIGNATURE {
        return Err(ErrorData::invalid_params(format!("there is no prompt '{}'", plain(name)), None));
    }
    let text = |name: &str| arguments.get(name).and_then(|value| value.as_str()).filter(|text| !text.is_empty());
    let bin = text("bin").ok_or_else(|| ErrorData::invalid_params("bin: give the bin's name or id", None))?;
    let id = text("id").unwrap_or("latest");
    let steps = format!(
        "Find out why the signature of request {id} in the Creel bin {bin} is not valid.\n\
         1. explain_signature with bin and id: the first entry of diagnosis that verifies names the cause and the fix.\n\
         2. If nothing verifies, look at the request with get_request, and compare it with one whose signature is valid \
            (find_requests with the filter sig:valid).\n\
         3. If you know another secret, try it with explain_signature; this stores nothing.\n\
         4. Mend the side that is wrong: the sender's or receiver's code, or the bin's secret with add_secret.\n\
         5. Prove it: replay the request to the receiver with resign, or wait_for_requests for the next one.\n\
         Say what the cause was, what you changed, and what proves it.",
        id = plain(id),
        bin = plain(bin),
    );
    Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, steps)])
        .with_description("Debug a webhook's signature"))
}
