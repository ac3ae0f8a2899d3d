//! Body views: readable forms of a body. A family with one file per member; `MEMBERS` lists them and drives the page,
//! the API and the tests. All of it is pure and bounded: any bytes give some view, never a panic.

mod form;
mod hex;
mod image;
pub(crate) mod json;
mod multipart;
mod text;
mod visible;
mod xml;

use std::cell::OnceCell;
use std::fmt;
use std::str::FromStr;

pub(crate) use form::FormView;
pub(crate) use hex::{HexRow, HexView, hex_rows};
pub(crate) use image::{ImageView, raster_mime};
pub(crate) use json::JsonView;
pub(crate) use multipart::{MultipartView, Part};
use serde::{Serialize, Serializer};
pub(crate) use text::TextView;
pub(crate) use visible::{has_marks, hidden, plain};
pub(crate) use xml::XmlView;

use crate::http::ContentType;
use crate::http::coding::{Decoded, decode};
use crate::json::{Outline, scan};

/// Every view; equally suitable ones are offered in this order. The last one shows anything.
const MEMBERS: &[Member] =
    &[json::MEMBER, form::MEMBER, multipart::MEMBER, xml::MEMBER, image::MEMBER, text::MEMBER, hex::MEMBER];

/// One member of the family.
struct Member {
    /// The name in URLs and in JSON; also the JSON member that holds the view's content.
    id: &'static str,
    label: &'static str,
    /// How well it suits the body; `None` when it has nothing to show.
    fit: fn(&Body<'_>) -> Option<Fit>,
    /// Shows the body. Must accept any body, even an unsuitable one.
    render: fn(&Body<'_>, &RenderOptions) -> ViewModel,
}

/// How well a view suits a body, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// It can show anything.
    Fallback,
    /// It can show any text.
    Generic,
    /// The bytes look like it.
    Sniffed,
    /// The sender says so.
    Declared,
}

/// A view of the family: a handle on its entry in the registry.
#[derive(Clone, Copy)]
pub struct ViewKind(&'static Member);

impl ViewKind {
    /// The JSON tree.
    pub const JSON: Self = Self(&json::MEMBER);
    /// Text.
    pub const TEXT: Self = Self(&text::MEMBER);
    /// Bytes in hexadecimal.
    pub const HEX: Self = Self(&hex::MEMBER);

    /// The name in URLs.
    pub const fn id(self) -> &'static str {
        self.0.id
    }

    /// What a tab says.
    pub const fn label(self) -> &'static str {
        self.0.label
    }

    /// Every view, in the order of the registry.
    pub fn all() -> impl Iterator<Item = Self> {
        MEMBERS.iter().map(Self)
    }
}

impl PartialEq for ViewKind {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl fmt::Debug for ViewKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Serialize for ViewKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

impl FromStr for ViewKind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::all().find(|kind| kind.id() == text).ok_or_else(|| {
            format!(
                "there is no view '{text}'; the views are {}",
                Self::all().map(Self::id).collect::<Vec<_>>().join(", ")
            )
        })
    }
}

/// A body as it was sent.
#[derive(Debug, Clone, Copy)]
pub struct BodyInput<'a> {
    /// The `Content-Type` field, as sent.
    pub content_type: Option<&'a str>,
    /// The `Content-Encoding` field (repeated ones joined with commas), as sent.
    pub content_encoding: Option<&'a str>,
    /// The bytes as sent, still encoded.
    pub bytes: &'a [u8],
}

/// How much a view shows.
#[derive(Debug, Clone, Copy)]
pub struct RenderOptions {
    /// Rows of the JSON tree that come at once.
    pub json_rows: u32,
    /// Bytes of text, pretty text, or a form value.
    pub text_bytes: usize,
    /// Where the hexadecimal rows start.
    pub hex_offset: usize,
    /// Hexadecimal rows of 16 bytes.
    pub hex_rows: usize,
}

impl Default for RenderOptions {
    fn default() -> Self {
        // A page stays under 150 KB on the wire; the user can load more.
        Self { json_rows: 400, text_bytes: 128 * 1024, hex_offset: 0, hex_rows: 256 }
    }
}

/// A body with its content encoding undone.
#[derive(Debug)]
pub struct Body<'a> {
    content_type: Option<ContentType>,
    decoded: Decoded<'a>,
    /// Made at first use, once for choosing and showing the view.
    outline: OnceCell<Outline>,
}

impl<'a> Body<'a> {
    /// Reads the fields and undoes the content encoding, at most to 20 MiB.
    #[must_use]
    pub fn open(input: BodyInput<'a>) -> Self {
        Self {
            content_type: input.content_type.map(ContentType::parse),
            decoded: decode(input.content_encoding, input.bytes),
            outline: OnceCell::new(),
        }
    }

    /// The bytes that the views show: decoded as far as possible.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.decoded.bytes
    }

    /// How decoding went.
    #[must_use]
    pub const fn decoded(&self) -> &Decoded<'a> {
        &self.decoded
    }

    /// The body read as JSON; has an error when it is none.
    #[must_use]
    pub fn outline(&self) -> &Outline {
        self.outline.get_or_init(|| scan(self.bytes()))
    }

    /// The views that suit the body, best first. Never empty: hexadecimal is always there, as the last.
    #[must_use]
    pub fn views(&self) -> Vec<ViewKind> {
        if self.bytes().is_empty() {
            return vec![ViewKind::TEXT, ViewKind::HEX];
        }
        let mut fits: Vec<(Fit, ViewKind)> =
            ViewKind::all().filter_map(|kind| Some(((kind.0.fit)(self)?, kind))).collect();
        // Stable: equals stay in the order of the registry.
        fits.sort_by_key(|&(fit, _)| std::cmp::Reverse(fit));
        fits.into_iter().map(|(_, kind)| kind).collect()
    }

    /// Shows the body in one view. Every view takes every body.
    #[must_use]
    pub fn render(&self, kind: ViewKind, options: &RenderOptions) -> ViewModel {
        let mut model = (kind.0.render)(self, options);
        if let Some(sentence) = self.decoded.sentence() {
            model.notes.insert(0, sentence);
        }
        model
    }
}

/// What a view shows, ready for a page or as JSON. All text in it comes from the sender: escape it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ViewModel {
    /// Which view.
    pub kind: ViewKind,
    /// What its tab says.
    pub label: &'static str,
    /// Sentences about what is odd or left out.
    pub notes: Vec<String>,
    /// Whether there is more than is shown.
    pub truncated: bool,
    /// The content.
    #[serde(flatten)]
    pub content: ViewContent,
}

impl ViewModel {
    /// An empty model for a view to fill.
    fn new(member: &'static Member) -> Self {
        Self {
            kind: ViewKind(member),
            label: member.label,
            notes: Vec::new(),
            truncated: false,
            content: ViewContent::Empty {},
        }
    }
}

/// The content by kind; the JSON field is named like the view.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ViewContent {
    /// Nothing to show; the notes say why.
    #[serde(rename = "empty")]
    Empty {},
    /// A JSON tree.
    Json(JsonView),
    /// Form pairs.
    Form(FormView),
    /// Parts and files.
    Multipart(MultipartView),
    /// Indented XML.
    Xml(XmlView),
    /// A raster image.
    Image(ImageView),
    /// Text.
    Text(TextView),
    /// Bytes.
    Hex(HexView),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The views that suit a body, best first.
    pub(super) fn views(input: BodyInput<'_>) -> Vec<ViewKind> {
        Body::open(input).views()
    }

    /// A body in one view.
    pub(super) fn render(kind: ViewKind, input: BodyInput<'_>, options: &RenderOptions) -> ViewModel {
        Body::open(input).render(kind, options)
    }

    fn ids(content_type: Option<&str>, bytes: &[u8]) -> Vec<&'static str> {
        views(BodyInput { content_type, content_encoding: None, bytes }).into_iter().map(ViewKind::id).collect()
    }

    #[test]
    fn the_declared_view_comes_first_and_hexadecimal_last() {
        assert_eq!(ids(Some("application/json; charset=utf-8"), b"{}"), ["json", "text", "hex"]);
        assert_eq!(ids(Some("application/cloudevents+json"), b"{"), ["json", "text", "hex"]);
        assert_eq!(ids(Some("application/x-www-form-urlencoded"), b"a=1"), ["form", "text", "hex"]);
        assert_eq!(ids(Some("multipart/form-data; boundary=x"), b"--x--"), ["multipart", "text", "hex"]);
        assert_eq!(ids(Some("text/xml"), b"<a/>"), ["xml", "text", "hex"]);
        assert_eq!(ids(Some("image/svg+xml"), b"<svg/>"), ["xml", "text", "hex"]);
        assert_eq!(ids(Some("image/png"), b"\x89PNG\r\n\x1a\n\0"), ["image", "hex"]);
        assert_eq!(ids(None, b"[1]"), ["json", "text", "hex"]);
        assert_eq!(ids(Some("text/plain"), b"{\"a\":1}"), ["json", "text", "hex"]);
        assert_eq!(ids(None, b"\0\x01"), ["hex"]);
        assert_eq!(ids(None, b"hello"), ["text", "hex"]);
        assert_eq!(ids(Some("application/json"), b""), ["text", "hex"]);
    }

    #[test]
    fn every_member_has_its_own_name_that_reads_back() {
        for kind in ViewKind::all() {
            assert_eq!(kind.id().parse(), Ok(kind));
            assert_eq!(ViewKind::all().filter(|other| *other == kind).count(), 1);
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.id());
        }
        assert!("svg".parse::<ViewKind>().unwrap_err().contains("json, form"));
    }

    #[test]
    fn the_model_names_its_content_like_the_view() {
        let input = BodyInput { content_type: None, content_encoding: None, bytes: b"{\"a\":1}" };
        for kind in ViewKind::all() {
            let model = serde_json::to_value(render(kind, input, &RenderOptions::default())).unwrap();
            assert!(model.get(kind.id()).is_some() || model.get("empty").is_some(), "{model}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_view_takes_every_body(
            bytes: Vec<u8>,
            content_type in "(multipart/form-data; boundary=[-a\"]{0,3}|text/xml|.{0,20})",
            encoding in "(|gzip|br|zstd|deflate|x, gzip|.{0,10})",
            hex_offset: usize,
        ) {
            let body = Body::open(BodyInput { content_type: Some(&content_type), content_encoding: Some(&encoding), bytes: &bytes });
            proptest::prop_assert_eq!(body.views().last().copied(), Some(ViewKind::HEX));
            for kind in ViewKind::all() {
                let model = body.render(kind, &RenderOptions { hex_offset, ..RenderOptions::default() });
                proptest::prop_assert!(serde_json::to_string(&model).is_ok());
            }
        }
    }
}
