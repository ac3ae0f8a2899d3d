//! Schemas that cannot be derived from types: choices of words, bytes, scripts.

use serde_json::Value;
use strum::VariantArray as _;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AnyOfBuilder, ArrayBuilder, Object, ObjectBuilder, Ref, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::export::{ManyExporter, SingleExporter};
use crate::model::{FaultKind, ForwardAnswer, SignatureMode};
use crate::provider::samples::{Fault, Language, Mode};

/// Bytes as they are.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct Binary(Vec<u8>);

fn one_of(words: impl IntoIterator<Item = impl Into<Value>>) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words))
}

/// What one request is exported as, by name.
pub(super) struct SingleExporterName;

impl PartialSchema for SingleExporterName {
    fn schema() -> RefOr<Schema> {
        one_of(SingleExporter::all().map(SingleExporter::id)).into()
    }
}

impl ToSchema for SingleExporterName {}

/// What many requests are exported as, by name.
pub(super) struct ManyExporterName;

impl PartialSchema for ManyExporterName {
    fn schema() -> RefOr<Schema> {
        one_of(ManyExporter::all().map(ManyExporter::id)).into()
    }
}

impl ToSchema for ManyExporterName {}

/// What goes wrong on purpose.
pub(super) fn fault_kind() -> Object {
    let kinds = FaultKind::ALL.map(|kind| serde_json::to_value(kind).unwrap_or_default());
    one_of(kinds).description(Some("`close`, `reset`, `cut`, `drip` or `hang`.")).build()
}

/// What an invalid signature leads to; `null` for the default.
pub(super) fn signature_mode() -> Object {
    let modes =
        [SignatureMode::Report, SignatureMode::Enforce].map(|mode| serde_json::to_value(mode).unwrap_or_default());
    words_or_null(modes, "`report` (default) or `enforce`: 401 unless the signature is valid.")
}

/// Who answers the sender; `null` leaves it.
pub(super) fn forward_answer() -> Object {
    let answers =
        [ForwardAnswer::Own, ForwardAnswer::Target].map(|answer| serde_json::to_value(answer).unwrap_or_default());
    words_or_null(answers, "Who answers the sender: `own` (default) or `target`.")
}

/// One target, or several.
pub(super) fn targets() -> Schema {
    let target = || ObjectBuilder::new().schema_type(Type::String).max_length(Some(2_048));
    let targets = AnyOfBuilder::new()
        .item(target())
        .item(ArrayBuilder::new().items(target()).min_items(Some(1)).max_items(Some(8)))
        .description(Some("Where it goes: a URL, or up to eight. The first gives the answer."));
    Schema::AnyOf(targets.build())
}

/// Pauses: a word or seconds.
pub(super) fn spacing() -> Schema {
    let seconds = ObjectBuilder::new().schema_type(Type::Number).minimum(Some(0)).maximum(Some(60));
    let spacing = AnyOfBuilder::new()
        .item(one_of(["none", "recorded"]))
        .item(seconds)
        .item(ObjectBuilder::new().schema_type(Type::Null))
        .description(Some("`none` (default), `recorded` (as they came, up to 60 s each), or seconds."));
    Schema::AnyOf(spacing.build())
}

/// The label of a secret, or a value.
fn label_or_value() -> AnyOfBuilder {
    let value = ObjectBuilder::new()
        .property("value", ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(16_384)))
        .required("value");
    AnyOfBuilder::new().item(ObjectBuilder::new().schema_type(Type::String)).item(value)
}

/// A secret to sign with: a label, or a value.
pub(super) fn resign_secret() -> Schema {
    let secret = label_or_value()
        .item(ObjectBuilder::new().schema_type(Type::Null))
        .description(Some("The label of a secret of the bin's, or `{\"value\": \"…\"}`."));
    Schema::AnyOf(secret.build())
}

/// A secret that a simulated sender signs with: a label, a value, or none.
pub(super) fn send_secret() -> Schema {
    let secret = label_or_value()
        .item(ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([false])))
        .item(ObjectBuilder::new().schema_type(Type::Null))
        .description(Some(
            "The label of a secret of the bin's, `{\"value\": \"…\"}`, or `false` to sign nothing; default the bin's newest.",
        ));
    Schema::AnyOf(secret.build())
}

/// A secret that a receiver is checked with: itself where no bin is named.
pub(super) fn check_secret() -> Schema {
    let secret = label_or_value()
        .item(ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([false])))
        .item(ObjectBuilder::new().schema_type(Type::Null))
        .description(Some(
            "The secret; where a `bin` is named, the label of one of the bin's, `{\"value\": \"…\"}`, or `false` to prove \
             nothing; default the bin's newest. Of Pathors it is the value of `Authorization`.",
        ));
    Schema::AnyOf(secret.build())
}

/// A session: its id, or `true` for one that is made up.
pub(super) fn session() -> Schema {
    let session = AnyOfBuilder::new()
        .item(ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(256)))
        .item(ObjectBuilder::new().schema_type(Type::Boolean))
        .item(ObjectBuilder::new().schema_type(Type::Null))
        .description(Some(
            "The session's id; default, or with `true`, a new one. Without `event` the whole session is sent.",
        ));
    Schema::AnyOf(session.build())
}

/// The language of a sample; `null` for English.
pub(super) fn language() -> Object {
    words_or_null(
        Language::VARIANTS.iter().map(|language| language.name()),
        "The language that people speak: `en` (default), `ru`, `zh` (traditional characters), `es`, `de` or `ja`.",
    )
}

/// A call or a chat; `null` for a call.
pub(super) fn mode() -> Object {
    words_or_null(Mode::VARIANTS.iter().map(|mode| <&str>::from(*mode)), "`voice` (default) or `text`.")
}

fn words_or_null(words: impl IntoIterator<Item = impl Into<Value>>, about: &str) -> Object {
    one_of(words.into_iter().map(Into::into).chain([Value::Null]))
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .description(Some(about))
        .build()
}

/// What goes wrong at the sender.
pub(super) fn sender_faults() -> Schema {
    let about: Vec<String> =
        Fault::VARIANTS.iter().map(|fault| format!("`{}`: {}", fault.name(), fault.about())).collect();
    let faults = ArrayBuilder::new()
        .items(one_of(Fault::VARIANTS.iter().map(|fault| fault.name())))
        .max_items(Some(Fault::VARIANTS.len()))
        .description(Some(format!("What goes wrong on purpose. {}.", about.join("; "))));
    Schema::Array(faults.build())
}

/// A script: a list of statuses and responses, one text, or none.
pub(super) fn script() -> Schema {
    let status = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(200)).maximum(Some(599));
    let entry = AnyOfBuilder::new().item(status).item(Ref::from_schema_name("ResponseInput"));
    let script = AnyOfBuilder::new()
        .item(ArrayBuilder::new().items(RefOr::T(Schema::AnyOf(entry.build()))).max_items(Some(1000)))
        .item(ObjectBuilder::new().schema_type(Type::String))
        .item(ObjectBuilder::new().schema_type(Type::Null))
        .description(Some("Responses used in turn: `[500, 500, {\"status\": 200}]` or `\"500,500,200\"`."));
    Schema::AnyOf(script.build())
}
