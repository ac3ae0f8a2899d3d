//! Prompts: how to go about a usual task.

use rmcp::ErrorData;
use rmcp::model::{GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, Role};
use serde_json::Value;

use super::Agent;
use super::answer::{fenced, prune};
use crate::client::{ClientError, bin_path};
use crate::view::plain;

const DEBUG_SIGNATURE: &str = "debug_signature";
const CHECKLIST: &str = "preproduction_checklist";

pub(super) fn list() -> Vec<Prompt> {
    let argument =
        |name: &str, text: &str, required| PromptArgument::new(name).with_description(text).with_required(required);
    let bin = || argument("bin", "The bin's name or id", true);
    let id = argument("id", "The request's id; latest when left out", false);
    let target = argument("target", "The receiver's URL; the bin's forward target when left out", false);
    vec![
        Prompt::new(
            DEBUG_SIGNATURE,
            Some("Find out why a webhook's signature is not valid, and mend it"),
            Some(vec![bin(), id]),
        ),
        Prompt::new(
            CHECKLIST,
            Some("Bring a receiver through the platform's pre-production checklist"),
            Some(vec![bin(), target]),
        ),
    ]
}

/// One of them, filled in.
pub(super) async fn get(agent: &Agent, name: &str, arguments: &JsonObject) -> Result<GetPromptResult, ErrorData> {
    if ![DEBUG_SIGNATURE, CHECKLIST].contains(&name) {
        return Err(ErrorData::invalid_params(format!("there is no prompt '{}'", plain(name)), None));
    }
    let text = |name: &str| arguments.get(name).and_then(|value| value.as_str()).filter(|text| !text.is_empty());
    let bin = text("bin").ok_or_else(|| ErrorData::invalid_params("bin: give the bin's name or id", None))?;
    let (steps, about) = if name == CHECKLIST {
        (checklist(agent, bin, text("target")).await?, "The pre-production checklist")
    } else {
        (debug_signature(bin, text("id").unwrap_or("latest")), "Debug a webhook's signature")
    };
    Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, steps)]).with_description(about))
}

fn debug_signature(bin: &str, id: &str) -> String {
    format!(
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
    )
}

/// The steps, with the present state of the checklist.
async fn checklist(agent: &Agent, bin: &str, target: Option<&str>) -> Result<String, ErrorData> {
    let failed = |sentence: String| ErrorData::internal_error(plain(&sentence), None);
    let client = agent.client().map_err(|failure| failed(failure.0))?;
    let state = match client.get(&bin_path(bin, "/checklist"), &[]).await {
        Ok(mut list) => {
            prune(&mut list);
            fenced("The checklist now, filled in from what the bin has seen.", &list)
        }
        // The bin is there, and its platform is not known.
        Err(ClientError::Refused { status: 404, .. }) if client.get(&bin_path(bin, ""), &[]).await.is_ok() => fenced(
            "There is no checklist yet: the bin has no platform that has one. Set its provider to callaider or pathors.",
            &Value::Null,
        ),
        Err(error) => return Err(failed(error.to_string())),
    };
    let receiver = match target {
        Some(url) => format!("target {}", plain(url)),
        None => "the bin's forward target (or ask for the receiver's URL)".to_owned(),
    };
    Ok(format!(
        "Bring the receiver of the Creel bin {bin} through the checklist that its platform's document asks for.\n\
         1. Read each point below: its state, its sentence and the way to prove it.\n\
         2. check_receiver with bin and {receiver}: mend the first case that failed, in the receiver's code, and check again \
            until nothing fails.\n\
         3. session with bin: a real session has every event that is subscribed, once; what is missing, twice or breaks the \
            contract is to be explained. Without a real one yet, send_event with event session shows what to expect.\n\
         4. An event that comes again is processed once: send_event with the fault duplicate, then look into the receiver's \
            own data.\n\
         5. A signature that is not valid: explain_signature.\n\
         6. What nobody can see from here (alerts, a queue behind the endpoint) ask for; the checklist's page takes it by hand.\n\
         Say of each point whether it is proven, by which request, and what is left to do before the switch.\n\n{state}",
        bin = plain(bin),
    ))
}
