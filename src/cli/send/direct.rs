//! Sending from this machine, to any target.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::super::catalogue;
use super::super::common::Usage;
use super::super::connection::block_on;
use super::{SendArgs, Wish};
use crate::config;
use crate::deliver::engine::{Engine, OwnSockets, Parcel, System, TargetPolicy, TargetUrl};
use crate::deliver::send::{Sample, Sending, SentEvent, Signer, own_sample, parcel, send_all};
use crate::json::Pointer;
use crate::model::{Clock, SecretValue};
use crate::provider::samples::{Fault, MAX_SIZE, SESSION, Step, Story};
use crate::provider::{self, samples};
use crate::shapes::SentEventShape;

/// Sends, and says whether everything was delivered.
pub(super) fn send(args: &SendArgs, wish: &Wish, url: &str) -> anyhow::Result<bool> {
    let clock = Clock::system();
    let sending = Arc::new(sending(args, wish, url, &clock)?);
    super::told_overridden(&json!({"overridden": sending.overridden()}));
    if args.dry_run {
        let would = block_on(async {
            let mut would = Vec::new();
            for step in &sending.steps {
                let parcel = parcel(&sending, step, &clock).await.map_err(|error| wrong(&error))?;
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                would.push(json!({"event": step.event, "target": parcel.url, "head": text(&parcel.head), "body": text(&parcel.body)}));
            }
            Ok(would)
        })?;
        super::show_would(args, &would)?;
        return Ok(true);
    }
    let engine = engine(args.cacert.as_deref(), args.insecure)?;
    let (mut delivered, mut failed) = (true, None);
    let pause = |time: Duration| async move {
        tokio::time::sleep(time).await;
        true
    };
    let sent = |event: SentEvent, _: &Parcel| {
        let value = serde_json::to_value(SentEventShape::new(&event.event, &event.delivered)).unwrap_or_default();
        delivered &= super::is_delivered(&value);
        failed = failed.take().or_else(|| super::show(args, &value).err());
    };
    block_on(async {
        send_all(&engine, &Semaphore::new(1), &clock, &sending, pause, sent).await.map_err(|error| wrong(&error))
    })?;
    failed.map_or(Ok(delivered), Err)
}

/// The engine of a command: its user may send to any target that this machine reaches.
pub(in crate::cli) fn engine(cacert: Option<&std::path::Path>, insecure: bool) -> anyhow::Result<Engine> {
    let tls = config::tls_options(cacert, insecure).map_err(|error| Usage(error.to_string()))?;
    let (policy, sockets) = (TargetPolicy::anywhere(), OwnSockets::default());
    Ok(Engine::new(Arc::new(System), policy, tls, sockets, Clock::system()))
}

fn wrong(error: &crate::deliver::SendError) -> anyhow::Error {
    Usage(error.to_string().trim_end_matches('.').to_owned()).into()
}

fn sending(args: &SendArgs, wish: &Wish, url: &str, clock: &Clock) -> anyhow::Result<Sending> {
    let target = TargetUrl::parse(url).map_err(|sentence| Usage(format!("--to {url}: {sentence}")))?;
    let (sample, steps) = match &wish.from {
        Some(raw) => {
            let times = if args.faults.contains(&Fault::Duplicate) { 2 } else { 1 };
            let event = args.event.clone().unwrap_or_else(|| "sample".to_owned());
            let sample = own_sample(&raw.clone().into()).map_err(|error| wrong(&error))?;
            (sample, vec![Step { event, after: Duration::ZERO, times }])
        }
        None => made(args, clock)?,
    };
    let pointer = |(at, value): &(String, Value)| {
        let read = Pointer::parse(at).ok_or_else(|| Usage(format!("--set {at}: this is no JSON pointer")))?;
        Ok((read, value.to_string()))
    };
    Ok(Sending {
        sample,
        steps,
        target,
        signed_url: None,
        to_self: false,
        headers: wish.headers.clone(),
        signer: signer(args)?,
        set: wish.set.iter().map(pointer).collect::<Result<_, Usage>>()?,
        body: wish.body.clone().map(Into::into),
        faults: args.faults.clone(),
        timeout: args.timeout,
    })
}

fn made(args: &SendArgs, clock: &Clock) -> anyhow::Result<(Sample, Vec<Step>)> {
    let refused = |error: samples::SampleError| Usage(error.sentence.trim_end_matches('.').to_owned());
    let sender = samples::simulated_platform(args.provider.as_deref().unwrap_or_default()).map_err(refused)?;
    let event = args.event.as_deref().unwrap_or_default();
    let mut story = story(args, clock);
    if event == SESSION {
        sender.begin(&mut story, clock.now(), args.speed);
    }
    let steps = sender.steps(event, &story, args.speed, &args.faults).map_err(refused)?;
    Ok((Sample::Made { sender, story: story.into() }, steps))
}

/// What the events have in common.
pub(super) fn story(args: &SendArgs, clock: &Clock) -> Story {
    let huge = args.faults.contains(&Fault::HugeTranscript);
    Story {
        language: args.language,
        mode: args.mode,
        size: if huge { Some(MAX_SIZE) } else { args.size },
        session: args.session.clone(),
        ..Story::new(rand::random(), clock.now())
    }
}

fn signer(args: &SendArgs) -> anyhow::Result<Option<Signer>> {
    let Some(secret) = args.secret.as_ref().filter(|_| !args.unsigned) else { return Ok(None) };
    let known = args.catalogue.catalogue()?;
    let id = match (&args.scheme, &args.provider) {
        (Some(id), _) => id.clone().into(),
        (None, Some(provider)) => provider::schemes_of(provider, true).into_iter().next().unwrap_or_default(),
        (None, None) => return Err(Usage("--secret: say how to sign, with --scheme or PROVIDER".to_owned()).into()),
    };
    let scheme = catalogue::scheme(&known, &id)?;
    Ok(Some(Signer { scheme: Arc::clone(scheme), secret: SecretValue::new(secret.clone()) }))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_certificate_that_cannot_be_read_is_named() {
        assert!(super::engine(None, false).is_ok());
        let error = super::engine(Some(std::path::Path::new("no-such-file")), false).err().unwrap();
        assert!(error.to_string().contains("--cacert no-such-file"), "{error}");
    }
}
