//! Changing a body in the user's editor before it is sent.

use std::io::Write as _;

use super::{SendArgs, Wish, direct};
use crate::cli::common::Usage;
use crate::deliver::send::{Sample, own_sample};
use crate::json::{Pointer, edit};
use crate::model::Clock;
use crate::provider::samples::{self, SESSION};

/// Opens the body in the editor; what is saved becomes the body.
pub(super) fn edit(args: &SendArgs, wish: &mut Wish) -> anyhow::Result<()> {
    let (start, body) = match (&wish.from, wish.body.take()) {
        (Some(raw), _) => match own_sample(&raw.clone().into()) {
            Ok(Sample::Own { head, body }) => (Some(head.raw().to_vec()), body.to_vec()),
            _ => return Err(Usage("--from: it does not begin with a request line".to_owned()).into()),
        },
        (None, Some(body)) => (None, body),
        (None, None) => (None, sample(args)?),
    };
    let mut body = readable(body);
    for (pointer, value) in std::mem::take(&mut wish.set) {
        let read =
            Pointer::parse(&pointer).ok_or_else(|| Usage(format!("--set {pointer}: this is no JSON pointer")))?;
        body = edit::set(&body, &read, &value.to_string())
            .map_err(|sentence| Usage(format!("--set {pointer}: {sentence}")))?;
    }
    let saved = in_editor(&body)?;
    match start {
        Some(head) => wish.from = Some([head, saved].concat()),
        None => wish.body = Some(saved),
    }
    Ok(())
}

fn sample(args: &SendArgs) -> anyhow::Result<Vec<u8>> {
    let refused = |error: samples::SampleError| Usage(error.sentence.trim_end_matches('.').to_owned());
    let sender = samples::simulated_platform(args.provider.as_deref().unwrap_or_default()).map_err(refused)?;
    let event = args.event.as_deref().unwrap_or_default();
    if event == SESSION {
        return Err(Usage("--edit: a session has several bodies; name one event".to_owned()).into());
    }
    let story = direct::story(args, &Clock::system());
    sender.steps(event, &story, 0.0, &args.faults).map_err(refused)?;
    Ok(sender.make(event, &story, &[]).map_err(refused)?.body)
}

/// JSON with line breaks; anything else as it is.
fn readable(body: Vec<u8>) -> Vec<u8> {
    let read = serde_json::from_slice::<serde_json::Value>(&body).ok();
    read.and_then(|value| serde_json::to_vec_pretty(&value).ok()).unwrap_or(body)
}

fn in_editor(body: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut file = tempfile::Builder::new().prefix("creel-").suffix(".json").tempfile()?;
    file.write_all(body)?;
    file.write_all(b"\n")?;
    file.flush()?;
    let name = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let editor = name("VISUAL").or_else(|| name("EDITOR")).unwrap_or_else(|| "vi".to_owned());
    // An editor may be given with arguments, as in `code --wait`.
    let status = std::process::Command::new("sh")
        .args(["-c", &format!("{editor} \"$1\""), "sh"])
        .arg(file.path())
        .status()
        .map_err(|error| Usage(format!("--edit: {editor} does not start: {error}")))?;
    if !status.success() {
        return Err(Usage(format!("--edit: {editor} ended with {status}; nothing is sent")).into());
    }
    let mut saved = std::fs::read(file.path())?;
    if saved.ends_with(b"\n") {
        saved.pop();
    }
    Ok(saved)
}
