//! The bins of the configuration file: checked by the rules of the API, then created or updated. Settings that the file
//! does not name stay as set by hand; captured requests are never touched.

use serde_json::Value;

use super::expect::{ExpectInput, Expected};
use super::input::{BinChange, BinInput, bin_name};
use super::input_forward::{ForwardInput, targets};
use super::input_replay::checked_target;
use crate::capture::Capture;
use crate::config::{At, ConfigFile, DeclaredBin, DeclaredSchema, FileError, by_api, did_you_mean};
use crate::deliver::{Deliver, note_scheme_change};
use crate::model::{
    Bin, BinName, BinSettings, Declaration, EventSchema, ForwardSettings, Secret, SecretValue, Timestamp,
};
use crate::provider::{self, OwnProvider, lifecycle};
use crate::server::console::extract::{ObjectOnly, parse};
use crate::server::console::problem::Problem;
use crate::signature::{AUTO, Catalogue};
use crate::store::{Store, StoreError};

/// A bin of the file with valid settings.
pub(crate) struct CheckedBin {
    name: BinName,
    change: BinChange,
    forward: Option<DeclaredForward>,
    expect: Option<Expected>,
    schemas: Vec<DeclaredSchema>,
    fields: Vec<String>,
    parts: Vec<String>,
}

/// A bin's forward in the file.
#[derive(Clone)]
struct DeclaredForward {
    /// The settings that it names.
    input: ForwardInput,
    /// The same with the defaults, for a bin that does not forward yet.
    whole: ForwardSettings,
}

impl DeclaredForward {
    /// The file's settings on top of the bin's present forward; all others stay as set by hand, also a pause.
    fn over(self, now: Option<ForwardSettings>) -> ForwardSettings {
        match now {
            // Fields are checked independently, so a field that was valid stays valid.
            Some(now) => self.input.checked(Some(now)).unwrap_or(self.whole),
            None => self.whole,
        }
    }
}

/// Why a file is not used.
#[derive(Debug, thiserror::Error)]
pub enum DeclareError {
    /// It contains an error.
    #[error(transparent)]
    File(#[from] FileError),
    /// What it says cannot be stored.
    #[error("what {file} says cannot be stored: {cause}")]
    Store {
        /// The file.
        file: String,
        /// The cause.
        cause: StoreError,
    },
}

/// Checks the bins of a file.
///
/// # Errors
/// The first mistake.
pub(crate) fn check(file: &ConfigFile, catalogue: &Catalogue) -> Result<Vec<CheckedBin>, FileError> {
    let mut checked: Vec<CheckedBin> = Vec::new();
    for declared in &file.bins {
        let field = format!("bins.{}", declared.name);
        let wrong = |problem: &Problem, below: &str| {
            let at = match problem.at_field() {
                Some(at) if below.is_empty() => format!("{field}.{at}"),
                Some(at) => format!("{field}.{below}.{at}"),
                None if below.is_empty() => field.clone(),
                None => format!("{field}.{below}"),
            };
            by_api(&file.text, &at, problem.unknown(), problem.detail())
        };
        let name = bin_name(&declared.name).map_err(|why| file.text.error(&field, At::Key, why))?;
        if checked.iter().any(|other| other.name == name) {
            return Err(file.text.error(&field, At::Key, "this bin is declared twice"));
        }
        near(file, declared, "provider", &mut provider::ids(&file.providers))?;
        let schemes = catalogue.schemes().iter().map(|scheme| scheme.id.as_str());
        near(file, declared, "scheme", &mut schemes.chain([AUTO]))?;
        let input: BinInput = read(&Value::Object(declared.settings.clone())).map_err(|problem| wrong(&problem, ""))?;
        let change = input.checked_with(catalogue, &file.providers).map_err(|problem| wrong(&problem, ""))?;
        let forward = forward(declared).map_err(|problem| wrong(&problem, "forward"))?;
        let expect = expected(declared).map_err(|problem| wrong(&problem, "expect"))?;
        let schemas = declared.event_schemas.clone();
        let (fields, parts) = (declared.fields(), declared.parts());
        checked.push(CheckedBin { name, change, forward, expect, schemas, fields, parts });
    }
    Ok(checked)
}

/// Fails for an unknown provider or scheme, and names the most similar known one.
fn near(
    file: &ConfigFile,
    bin: &DeclaredBin,
    what: &str,
    known: &mut dyn Iterator<Item = &str>,
) -> Result<(), FileError> {
    let Some(given) = bin.settings.get(what).and_then(Value::as_str) else { return Ok(()) };
    let known: Vec<&str> = known.collect();
    if known.contains(&given) {
        return Ok(());
    }
    let near = did_you_mean(given, known.into_iter());
    let sentence = format!("'{given}' is not a known {what}{near}; `creel {what}s` lists them");
    Err(file.text.error(&format!("bins.{}.{what}", bin.name), At::Value, sentence))
}

fn read<T: ObjectOnly>(value: &Value) -> Result<T, Problem> {
    parse(value.to_string().as_bytes())
}

fn forward(declared: &DeclaredBin) -> Result<Option<DeclaredForward>, Problem> {
    let Some(value) = &declared.forward else { return Ok(None) };
    let input = read::<ForwardInput>(value)?;
    let whole = input.clone().checked(None)?;
    for (target, field) in targets(&whole) {
        checked_target(target, &field)?;
    }
    Ok(Some(DeclaredForward { input, whole }))
}

/// What the bin expects of its sender. Whether its platform has the events is known where the file names the platform.
fn expected(declared: &DeclaredBin) -> Result<Option<Expected>, Problem> {
    let Some(value) = &declared.expect else { return Ok(None) };
    let platform = declared.settings.get("provider").and_then(Value::as_str);
    let known = platform.map(lifecycle::events).unwrap_or_default();
    read::<ExpectInput>(value)?.checked(&known).map(Some)
}

/// Fails if the file removes schemes or platforms that bins are set to. `schemes` and `own` are the present ones.
///
/// # Errors
/// The first bin that would lose its scheme or platform.
pub(crate) fn still_there(
    file: &ConfigFile,
    bins: &[CheckedBin],
    store: &Store,
    (schemes, own): (&Catalogue, &[OwnProvider]),
    catalogue: &Catalogue,
) -> Result<(), FileError> {
    for state in store.bins() {
        let settings = &state.bin.settings;
        let declared = bins.iter().find(|bin| settings.name.as_ref() == Some(&bin.name));
        // Settings of the file itself were already checked.
        let (sets_provider, sets_scheme) = declared.map(|bin| bin.change.sets()).unwrap_or_default();
        let provider = settings.provider.as_deref().filter(|_| !sets_provider);
        let scheme = settings.scheme.as_deref().filter(|_| !sets_scheme);
        let lost = |id: &&str| own.iter().any(|own| own.id() == *id) && !provider::is_known(id, &file.providers);
        let lost_scheme = |id: &&str| schemes.scheme(id).is_some() && catalogue.scheme(id).is_none();
        let lost = provider.filter(lost).map(|id| ("provider", id));
        if let Some((what, id)) = lost.or(scheme.filter(lost_scheme).map(|id| ("scheme", id))) {
            let bin = state.bin.handle();
            let sentence = format!("it is taken out, but the bin '{bin}' uses it; give the bin another {what} first");
            return Err(file.text.error(&format!("{what}s.{id}"), At::Key, sentence));
        }
    }
    Ok(())
}

/// Creates or updates the bins. `install` is called after all checks, before the first change.
///
/// # Errors
/// When a target is not allowed: then nothing is changed. When the database cannot be written.
pub(crate) async fn apply(
    file: &ConfigFile,
    bins: Vec<CheckedBin>,
    install: impl FnOnce(),
    store: &Store,
    deliver: &Deliver,
    capture: &Capture,
) -> Result<(), DeclareError> {
    for bin in &bins {
        for (target, field) in bin.forward.iter().flat_map(|forward| targets(&forward.whole)) {
            let at = format!("bins.{}.forward.{field}", bin.name);
            let wrong = |sentence: &str| by_api(&file.text, &at, None, sentence);
            let url = checked_target(target, &field).map_err(|problem| wrong(problem.detail()))?;
            deliver.check(&url).await.map_err(|refusal| wrong(&refusal.0))?;
        }
    }
    install();
    let failed = |cause| DeclareError::Store { file: file.text.path().display().to_string(), cause };
    let names: Vec<BinName> = bins.iter().map(|bin| bin.name.clone()).collect();
    for bin in bins {
        declare(bin, store, deliver, capture).await.map_err(failed)?;
    }
    // Bins that the file no longer names stay, and are marked as such.
    for bin in store.bins() {
        let settings = &bin.bin.settings;
        let named = settings.name.as_ref().is_some_and(|name| names.contains(name));
        if !named && settings.declared.as_ref().is_some_and(|declared| declared.current) {
            let forget = |settings: &mut BinSettings| {
                if let Some(declared) = &mut settings.declared {
                    declared.current = false;
                }
            };
            store.update_bin(bin.bin.id, forget).await.map_err(failed)?;
        }
    }
    Ok(())
}

async fn declare(bin: CheckedBin, store: &Store, deliver: &Deliver, capture: &Capture) -> Result<(), StoreError> {
    let CheckedBin { name, mut change, forward, expect, schemas, fields, parts } = bin;
    let secrets = std::mem::take(&mut change.secrets);
    let mut labels: Vec<String> = secrets.iter().map(|(label, _)| label.clone()).collect();
    labels.dedup();
    let event_schemas = schemas.iter().map(|one| one.event.clone()).collect();
    let declared = Declaration { fields, parts, current: true, secrets: labels, event_schemas };
    let now = capture.clock().now();
    let known = store.bin(name.as_str()).filter(|known| known.bin.settings.name.as_ref() == Some(&name));
    let state = match known {
        None => {
            let mut settings = BinSettings::default();
            change.set_name(name);
            change.apply(&mut settings);
            if let Some(expected) = expect {
                expected.over(settings.expect.get_or_insert_default());
            }
            set_schemas(&mut settings, &schemas, now);
            settings.declared = Some(declared);
            store.create_bin(settings, secrets).await?
        }
        Some(state) => {
            let catalogue = capture.catalogue();
            let set = move |settings: &mut BinSettings| {
                note_scheme_change(&catalogue, settings, now, |settings| change.apply(settings));
                if let Some(expected) = expect.clone() {
                    expected.over(settings.expect.get_or_insert_default());
                }
                set_schemas(settings, &schemas, now);
                settings.declared = Some(declared.clone());
            };
            let mut settings = state.bin.settings.clone();
            set(&mut settings);
            if settings == state.bin.settings && has_secrets(&state.bin, &secrets) {
                state
            } else {
                // Applied to the present settings: changes made meanwhile outside the file's settings are kept.
                store.declare_bin(state.bin.id, set, secrets).await?
            }
        }
    };
    let Some(forward) = forward else { return Ok(()) };
    let before = state.bin.settings.forward.as_ref();
    let after = forward.clone().over(before.cloned());
    if before == Some(&after) {
        return Ok(());
    }
    // Only a file that sets `paused` can end a pause.
    let update = move |settings: &mut BinSettings| {
        let after = forward.over(settings.forward.clone());
        settings.set_forward(Some(after), now);
    };
    deliver.set_forward(&state, &after, update).await?;
    Ok(())
}

/// Sets the file's schemas. Schemas that the file set before and no longer names are removed; those of other events
/// stay as set by hand.
fn set_schemas(settings: &mut BinSettings, schemas: &[DeclaredSchema], now: Timestamp) {
    let before = settings.declared.as_ref().map(|declared| declared.event_schemas.clone()).unwrap_or_default();
    if schemas.is_empty() && before.is_empty() {
        return;
    }
    let expect = settings.expect.get_or_insert_default();
    expect.schemas.retain(|one| !before.contains(&one.event) || schemas.iter().any(|named| named.event == one.event));
    for DeclaredSchema { event, schema, .. } in schemas {
        // An unchanged schema keeps its time.
        if expect.schema(event).is_none_or(|one| one.schema != *schema) {
            expect.set_schema(EventSchema { event: event.clone(), schema: schema.clone(), at: now });
        }
    }
}

/// Whether the bin has these secrets, and no others under their labels.
fn has_secrets(bin: &Bin, secrets: &[(String, SecretValue)]) -> bool {
    let is_there = |(label, value): &(String, SecretValue)| {
        bin.secrets.iter().any(|known| known.label == *label && known.value == *value)
    };
    let is_right = |known: &Secret| {
        let mut same = secrets.iter().filter(|(label, _)| *label == known.label).peekable();
        same.peek().is_none() || same.any(|(_, value)| *value == known.value)
    };
    secrets.iter().all(is_there) && bin.secrets.iter().all(is_right)
}
