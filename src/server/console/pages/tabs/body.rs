//! A body in one of its views.

use askama::Template;
use askama::filters::HtmlSafe;

use super::tree::{TreeLine, tree_lines};
use crate::json::JsonError;
use crate::model::CapturedRequest;
use crate::server::console::pages::format::{self, Seen, Sentence};
use crate::server::console::reading::Marks;
use crate::view::{self, Body, BodyInput, HexView, RenderOptions, ViewContent, ViewKind};

/// Bytes of text on a page; the rest is a download.
const TEXT_BYTES: usize = 128 * 1024;
/// The name of the indented JSON view, which is not a member of the view family.
const PRETTY: &str = "pretty";
/// Rows of sixteen bytes on a page.
const HEX_ROWS: usize = 256;
/// Most bytes of text that are copied: what a clipboard takes without delay. A decoded body is never larger.
const COPY_BYTES: usize = 32 << 20;
/// Rows of sixteen bytes that are shown of a file in a multipart body.
const PART_ROWS: usize = 8;

/// The parameters of the body's view.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BodyChoice<'a> {
    /// The view's name; the best one when there is none.
    pub view: Option<&'a str>,
    /// Where the hexadecimal rows start.
    pub at: usize,
}

/// A view to choose.
#[derive(Debug)]
struct Choice {
    label: &'static str,
    href: String,
    current: bool,
}

/// A form's pair or a part's line.
#[derive(Debug)]
struct Pair {
    name: String,
    value: String,
    cut: bool,
}

/// A part of a multipart body.
#[derive(Debug)]
struct PartBox {
    title: String,
    file: Option<String>,
    kind: String,
    size: String,
    text: Option<String>,
    cut: bool,
    /// Where its content is saved from.
    href: String,
    /// The same, for a raster image.
    image: Option<String>,
    /// Its first bytes, if it is neither text nor image.
    hex: Option<String>,
}

/// What is shown.
#[derive(Debug)]
enum Content {
    Nothing,
    Json { lines: Vec<TreeLine>, source: String, values: String },
    Form(Vec<Pair>),
    Parts(Vec<PartBox>),
    Text(String),
    Image { src: String, about: String },
    Hex { text: String, next: Option<String>, first: Option<String> },
}

/// A body in one of its views.
#[derive(Debug, Template)]
#[template(path = "tabs/body.html")]
pub(crate) struct BodyBox {
    heading: &'static str,
    size: String,
    choices: Vec<Choice>,
    /// The codings that were undone; the bytes as sent are in another view.
    decoded: Option<String>,
    notes: Vec<String>,
    cut: bool,
    content: Content,
    /// The text when there is nothing to show.
    nothing: String,
    /// Where the whole text is copied from.
    copy: Option<String>,
    has_bytes: bool,
    download: String,
    raw_href: String,
}

impl HtmlSafe for BodyBox {}

/// Where the parts of a body are fetched.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyPlaces<'a> {
    /// The request's page: `/bins/…/requests/…`.
    pub page: &'a str,
    /// The request's API.
    pub api: &'a str,
    /// The tab's address with a `?` or `&` at its end.
    pub href: &'a str,
}

/// The fields that say how a body is to be read.
pub(crate) fn open_body<'a>(request: &'a CapturedRequest, codings: &'a str) -> Body<'a> {
    Body::open(BodyInput {
        content_type: request.summary.content_type.as_deref(),
        content_encoding: Some(codings).filter(|codings| !codings.is_empty()),
        bytes: &request.body,
    })
}

/// The `Content-Encoding` fields, joined.
pub(crate) fn codings(request: &CapturedRequest) -> String {
    request.head.headers().joined("content-encoding").unwrap_or_default()
}

impl BodyBox {
    /// The body's view for the address's parameters. Costs a pass over the body: call it where blocking is allowed.
    pub(crate) fn new(request: &CapturedRequest, choice: BodyChoice<'_>, places: BodyPlaces<'_>, marks: Marks) -> Self {
        let codings = codings(request);
        let body = open_body(request, &codings);
        let views = body.views();
        let has_json = views.contains(&ViewKind::JSON);
        let pretty = has_json && choice.view == Some(PRETTY);
        let chosen = choice.view.and_then(|name| name.parse().ok()).filter(|kind| views.contains(kind));
        let best = views.first().copied().unwrap_or(ViewKind::HEX);
        // A tree ends where JSON breaks off, and would hide what came after.
        let is_on_page = |error: &JsonError| error.offset < TEXT_BYTES;
        let breaks_off = best == ViewKind::JSON
            && views.contains(&ViewKind::TEXT)
            && body.outline().error.as_ref().is_some_and(is_on_page);
        let kind = chosen.unwrap_or(if breaks_off { ViewKind::TEXT } else { best });
        let link = |name: &str| format!("{}view={name}", places.href);
        let mut choices = Vec::new();
        for view in &views {
            let label = if *view == ViewKind::TEXT && views.len() > 2 { "As sent" } else { view.label() };
            choices.push(Choice { label, href: link(view.id()), current: *view == kind && !pretty });
            if *view == ViewKind::JSON {
                choices.push(Choice { label: "Pretty", href: link(PRETTY), current: pretty });
            }
        }
        let mut shown = Self::empty("Body", request, choices, places);
        let decoded = body.decoded();
        if !decoded.codings.is_empty() {
            let names: Vec<_> = decoded.codings.iter().map(|coding| coding.name()).collect();
            shown.decoded =
                Some(format!("decoded from {}: {}", names.join(", "), format::size(body.bytes().len() as u64)));
        }
        if request.body.is_empty() {
            shown.choices.clear();
        } else if pretty {
            shown.pretty(&body);
        } else {
            shown.show(&body, kind, (choice, places), marks);
            if breaks_off && kind == ViewKind::TEXT {
                shown.notes.extend(body.outline().error.as_ref().map(JsonError::sentence));
            }
        }
        let is_json = matches!(shown.content, Content::Json { .. });
        if (is_json || matches!(shown.content, Content::Text(_))) && body.bytes().len() <= COPY_BYTES {
            let view = if pretty {
                PRETTY
            } else if is_json {
                ViewKind::TEXT.id()
            } else {
                kind.id()
            };
            shown.copy = Some(format!("{}/text?view={view}", places.page));
        }
        shown
    }

    /// The whole of a body as text, in the view of that name; `None` when it is longer than what is copied at once.
    pub(crate) fn whole_text(request: &CapturedRequest, view: Option<&str>) -> Option<String> {
        let codings = codings(request);
        let body = open_body(request, &codings);
        if view == Some(PRETTY) {
            let pretty = crate::json::pretty(body.bytes(), COPY_BYTES);
            return (!pretty.truncated).then_some(pretty.text);
        }
        let kind = view.and_then(|name| name.parse().ok()).unwrap_or(ViewKind::TEXT);
        let options = RenderOptions { text_bytes: COPY_BYTES, ..RenderOptions::default() };
        let model = body.render(kind, &options);
        match model.content {
            ViewContent::Text(text) if !model.truncated => Some(text.text),
            ViewContent::Xml(xml) if !model.truncated => Some(xml.pretty),
            _ => None,
        }
    }

    /// The bytes as sent: as text if they are text, else (or on demand) in hexadecimal.
    pub(crate) fn bytes(request: &CapturedRequest, choice: BodyChoice<'_>, places: BodyPlaces<'_>) -> Self {
        let body = Body::open(BodyInput { content_type: None, content_encoding: None, bytes: &request.body });
        let is_text = body.views().contains(&ViewKind::TEXT);
        let text = is_text && choice.view != Some(ViewKind::HEX.id());
        let choices = [ViewKind::TEXT, ViewKind::HEX].into_iter().filter(|_| is_text && !request.body.is_empty());
        let choices = choices.map(|kind| Choice {
            label: kind.label(),
            href: format!("{}view={}", places.href, kind.id()),
            current: (kind == ViewKind::TEXT) == text,
        });
        let mut shown = Self::empty("Body as sent", request, choices.collect(), places);
        if !request.body.is_empty() {
            let kind = if text { ViewKind::TEXT } else { ViewKind::HEX };
            shown.show(&body, kind, (choice, places), Marks::default());
        }
        shown
    }

    /// The box with nothing in it yet.
    fn empty(heading: &'static str, request: &CapturedRequest, choices: Vec<Choice>, places: BodyPlaces<'_>) -> Self {
        Self {
            heading,
            size: format::size(request.summary.body_size),
            choices,
            decoded: None,
            notes: Vec::new(),
            cut: false,
            content: Content::Nothing,
            nothing: nothing(request),
            copy: None,
            has_bytes: !request.body.is_empty(),
            download: format!("{}/body", places.api),
            raw_href: format!("{}?tab=raw", places.page),
        }
    }

    fn pretty(&mut self, body: &Body<'_>) {
        let pretty = crate::json::pretty(body.bytes(), TEXT_BYTES);
        self.cut = pretty.truncated;
        self.content = Content::Text(pretty.text);
    }

    /// Shows the body; `marks` go to their values in a tree.
    fn show(
        &mut self,
        body: &Body<'_>,
        kind: ViewKind,
        (choice, places): (BodyChoice<'_>, BodyPlaces<'_>),
        mut marks: Marks,
    ) {
        let options = RenderOptions {
            text_bytes: TEXT_BYTES,
            hex_offset: choice.at,
            hex_rows: HEX_ROWS,
            ..RenderOptions::default()
        };
        let model = body.render(kind, &options);
        self.notes = model.notes;
        self.cut = model.truncated;
        self.content = match model.content {
            ViewContent::Empty {} => Content::Nothing,
            ViewContent::Json(json) => {
                // The tree fetches what is missing.
                self.cut = false;
                Content::Json {
                    values: format::plural(json.nodes as u64, "value", "values"),
                    lines: tree_lines(json.rows, &mut marks),
                    source: format!("{}/json", places.page),
                }
            }
            ViewContent::Form(form) => Content::Form(
                form.pairs
                    .into_iter()
                    .map(|pair| Pair { name: pair.name, value: pair.value, cut: pair.truncated })
                    .collect(),
            ),
            ViewContent::Multipart(multipart) => {
                let parts = multipart.parts.into_iter().enumerate();
                Content::Parts(parts.map(|(number, shown)| part(number, shown, body.bytes(), places)).collect())
            }
            ViewContent::Xml(xml) => {
                self.notes.extend(xml.error);
                Content::Text(xml.pretty)
            }
            ViewContent::Text(text) => Content::Text(text.text),
            ViewContent::Image(image) => {
                let pixels = match (image.width, image.height) {
                    (Some(width), Some(height)) => format!(", {width} × {height}"),
                    _ => String::new(),
                };
                Content::Image { src: format!("{}/image", places.page), about: format!("{}{pixels}", image.mime) }
            }
            ViewContent::Hex(hex) => {
                self.cut = false;
                hex_content(&hex, choice.at, places.href)
            }
        };
    }
}

/// The text in place of a missing body.
fn nothing(request: &CapturedRequest) -> String {
    let summary = &request.summary;
    let announced = summary.declared_size.filter(|size| *size > 0).map(format::size);
    match (summary.rejected, announced) {
        (None, None) => "No body.".to_owned(),
        (None, Some(size)) => format!("Nothing arrived of a body of {size}."),
        (Some(_), Some(size)) => format!("The body of {size} was not kept: the request was rejected."),
        (Some(_), None) => "No body was kept: the request was rejected.".to_owned(),
    }
}

fn part(number: usize, part: view::Part, body: &[u8], places: BodyPlaces<'_>) -> PartBox {
    let content = &body[part.offset..part.offset + part.size];
    let href = format!("{}/parts/{number}", places.page);
    let is_image = crate::view::raster_mime(content).is_some();
    let shows_hex = part.text.is_none() && !is_image && !content.is_empty();
    PartBox {
        image: is_image.then(|| href.clone()),
        hex: shows_hex.then(|| hex_text(&view::hex_rows(content, 0, PART_ROWS))),
        href,
        title: part.name.unwrap_or_else(|| "(no name)".to_owned()),
        file: part.filename,
        kind: part.content_type.unwrap_or_default(),
        size: format::size(part.size as u64),
        cut: part.truncated,
        text: part.text,
    }
}

fn hex_text(rows: &[view::HexRow]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(rows.len() * 80);
    for row in rows {
        let _ = writeln!(text, "{:08x}  {:<47}  {}", row.offset, row.hex, row.ascii);
    }
    text
}

fn hex_content(hex: &HexView, at: usize, href: &str) -> Content {
    let text = hex_text(&hex.rows);
    let link = |at: usize| format!("{href}view=hex&at={at}");
    Content::Hex { text, next: hex.next.map(link), first: (at > 0).then(|| link(0)) }
}
