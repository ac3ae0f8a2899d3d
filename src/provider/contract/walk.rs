//! Checks a body against the fields that a document names, value by value.

use crate::http::text::clipped;
use crate::json::{NodeId, NodeKind, Outline, step_of, unescape};
use crate::provider::finding::{Finding, MISSING, Place, Says, Severity};
use crate::provider::findings::Findings;
use crate::provider::platform::events::{Extra, Field, Kind, Need};

/// Characters of a field's name that a sentence repeats.
const SHOWN: usize = 60;
/// Bytes of a name that is put into a pointer.
const MAX_NAME: usize = 1_024;

/// One pass over a body.
pub(super) struct Walk<'a> {
    json: &'a [u8],
    outline: &'a Outline,
    findings: &'a mut Findings,
    /// The steps to the current value, escaped as pointers are.
    path: Vec<String>,
}

impl<'a> Walk<'a> {
    pub(super) const fn new(json: &'a [u8], outline: &'a Outline, findings: &'a mut Findings) -> Self {
        Self { json, outline, findings, path: Vec::new() }
    }

    /// Looks at the members of an object.
    pub(super) fn object(&mut self, node: NodeId, fields: &'static [Field], extra: Extra) {
        let mut found: Vec<Option<NodeId>> = vec![None; fields.len()];
        let mut unknown: Vec<NodeId> = Vec::new();
        for child in self.outline.child_ids(node) {
            let Some(key) = self.outline.raw_key(self.json, child) else { continue };
            let name = unescape(key);
            match fields.iter().position(|field| field.name == name) {
                // Of a repeated key the last one counts, as in most parsers.
                Some(at) => found[at] = Some(child),
                None => unknown.push(child),
            }
        }
        let is_there = |name: &str| fields.iter().zip(&found).any(|(field, node)| field.name == name && node.is_some());
        let missing: Vec<&'static Field> = fields
            .iter()
            .zip(&found)
            .filter(|(field, node)| {
                node.is_none()
                    && match field.need {
                        Need::Always => true,
                        Need::Optional | Need::AbsentNotNull => false,
                        Need::Unless(other) => !is_there(other),
                    }
            })
            .map(|(field, _)| field)
            .collect();
        for (field, child) in fields.iter().zip(&found) {
            if let Some(child) = *child {
                self.path.push(field.name.to_owned());
                let need = match field.need {
                    // The other field replaces it.
                    Need::Unless(other) if is_there(other) => Need::Optional,
                    need => need,
                };
                self.field(child, field, need);
                self.path.pop();
            }
        }
        for field in missing {
            self.path.push(field.name.to_owned());
            let sentence = format!("The field `{}` is missing.", field.name);
            self.add(field.name, Severity::Breaks, MISSING, field.says, sentence);
            self.path.pop();
        }
        if let Extra::Told(says) = extra {
            for child in unknown {
                self.unknown(child, says);
            }
        }
    }

    fn unknown(&mut self, child: NodeId, says: Says) {
        let key = self.outline.raw_key(self.json, child).unwrap_or_default();
        let name = unescape(key);
        let step = if name.len() > MAX_NAME { "…".to_owned() } else { step_of(&name) };
        self.path.push(step);
        let sentence = format!("The document does not name the field `{}`.", clipped(&name, SHOWN));
        self.add("", Severity::Unknown, "unknown_field", says, sentence);
        self.path.pop();
    }

    fn field(&mut self, node: NodeId, field: &'static Field, need: Need) {
        let Some(kind) = self.outline.kind(self.json, node) else { return };
        if kind == NodeKind::Null && !matches!(field.kind, Kind::Any) {
            let absent = "the document has it absent where it does not apply, not null";
            let (severity, code, why) = match need {
                Need::Always | Need::Unless(_) => (Severity::Breaks, "null", "it is always there"),
                Need::AbsentNotNull => (Severity::Breaks, "null", absent),
                Need::Optional => (Severity::Drift, "null", absent),
            };
            return self.add(field.name, severity, code, field.says, format!("`{}` is null; {why}.", field.name));
        }
        if let Some((severity, code, wrong)) = field.kind.wrong(kind, self.outline.raw(self.json, node)) {
            return self.add(field.name, severity, code, field.says, format!("`{}` {wrong}.", field.name));
        }
        match field.kind {
            Kind::Object(fields, extra) => self.object(node, fields, extra),
            Kind::List(fields, extra) => self.list(node, field, fields, extra),
            _ => {}
        }
    }

    fn list(&mut self, node: NodeId, field: &'static Field, fields: &'static [Field], extra: Extra) {
        for (index, child) in self.outline.child_ids(node).enumerate() {
            self.path.push(index.to_string());
            if self.outline.kind(self.json, child) == Some(NodeKind::Object) {
                self.object(child, fields, extra);
            } else {
                let sentence = format!("Item {index} of `{}` is no object.", field.name);
                self.add(field.name, Severity::Breaks, "wrong_type", field.says, sentence);
            }
            self.path.pop();
        }
    }

    fn add(&mut self, about: &'static str, severity: Severity, code: &'static str, says: Says, sentence: String) {
        let pointer = self.path.iter().flat_map(|step| ["/", step]).collect();
        self.findings.add(about, Finding { place: Place::Body(pointer), severity, code, sentence, says });
    }
}
