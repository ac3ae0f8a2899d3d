//! Pieces of a JSON body for a tree that is already on a page.

use actix_web::HttpResponse;
use actix_web::http::header::{self, ContentDisposition, DispositionParam, DispositionType};
use serde::Deserialize;

use super::html;
use super::tabs::{BodyBox, TreePart, codings, open_body};
use crate::http::ContentType;
use crate::http::multipart::Parts;
use crate::json::scan;
use crate::model::CapturedRequest;
use crate::server::console::extract::{BinRef, Named, PathPart, Query, State, WhichRequest};
use crate::server::console::heavy::{self, Found};
use crate::server::console::pieces::in_parts;
use crate::server::console::problem::{Code, Problem};
use crate::server::console::reading::Marks;
use crate::server::console::security::SANDBOX_CSP;
use crate::server::console::{ConsoleState, learnt};
use crate::view::{hidden, raster_mime};

/// Values that one click fetches.
const PAGE: u32 = 200;
/// Values that a search shows.
const HITS: usize = 200;

/// Which values.
#[derive(Debug, Deserialize)]
pub(super) struct TreeParams {
    #[serde(default)]
    node: u32,
    #[serde(default)]
    offset: u32,
    #[serde(default)]
    text: String,
}

/// Reads the body and applies `make` to it on a blocking thread.
async fn with_body<T: Send + 'static>(
    state: &State,
    bin: &BinRef,
    which: WhichRequest,
    make: impl FnOnce(&[u8]) -> T + Send + 'static,
) -> Result<T, Problem> {
    let work = move |request: CapturedRequest| {
        let codings = codings(&request);
        make(open_body(&request, &codings).bytes())
    };
    Ok(heavy::read(&state.store, bin.id(), which.0).await?.run(work).await?)
}

/// The same with the findings about the body, by the platform's document and by earlier requests.
async fn with_marks<T: Send + 'static>(
    state: &State,
    bin: &BinRef,
    which: WhichRequest,
    make: impl FnOnce(&[u8], &mut Marks) -> T + Send + 'static,
) -> Result<T, Problem> {
    let found = Found::find(&state.store, bin.id(), which.0).await?;
    let before = learnt::before(state, found.summary()).await?;
    let bin = std::sync::Arc::clone(&bin.0);
    let work = move |request: CapturedRequest| {
        let drift = before.drift(&request);
        let codings = codings(&request);
        make(open_body(&request, &codings).bytes(), &mut Marks::of(&request, &bin.bin, &drift))
    };
    Ok(found.read(&state.store).await?.run(work).await?)
}

/// `GET …/json?node=&offset=`: values of a container.
pub(super) async fn children(
    state: State,
    bin: BinRef,
    which: WhichRequest,
    params: Query<TreeParams>,
) -> Result<HttpResponse, Problem> {
    let make = move |body: &[u8], marks: &mut Marks| {
        TreePart::children(scan(body).children(body, params.node, params.offset, PAGE), marks)
    };
    html(&with_marks(&state, &bin, which, make).await?)
}

/// `GET …/json/find?text=`: values that hold a text.
pub(super) async fn find(
    state: State,
    bin: BinRef,
    which: WhichRequest,
    params: Query<TreeParams>,
) -> Result<HttpResponse, Problem> {
    let make = move |body: &[u8], marks: &mut Marks| TreePart::hits(scan(body).find(body, &params.text, HITS), marks);
    html(&with_marks(&state, &bin, which, make).await?)
}

/// `GET …/json/value?node=`: a value as written.
pub(super) async fn value(
    state: State,
    bin: BinRef,
    which: WhichRequest,
    params: Query<TreeParams>,
) -> Result<HttpResponse, Problem> {
    let make = move |body: &[u8]| {
        let outline = scan(body);
        (usize::try_from(params.node).unwrap_or(usize::MAX) < outline.count())
            .then(|| bytes::Bytes::copy_from_slice(outline.raw(body, params.node)))
    };
    match with_body(&state, &bin, which, make).await? {
        Some(raw) => Ok(attachment("text/plain; charset=utf-8").body(in_parts(raw))),
        None => Err(Problem::new(Code::NotFound, "There is no such value.")),
    }
}

/// `GET …/image`: the body, when it is a raster image; nothing else is ever shown as what it says it is.
pub(super) async fn image(state: State, bin: BinRef, which: WhichRequest) -> Result<HttpResponse, Problem> {
    let make = |body: &[u8]| raster_mime(body).map(|mime| (mime, bytes::Bytes::copy_from_slice(body)));
    match with_body(&state, &bin, which, make).await? {
        Some((mime, body)) => Ok(attachment(mime).body(in_parts(body))),
        None => Err(Problem::new(Code::NotFound, "The body is not an image that can be shown.")),
    }
}

/// Which view of the text.
#[derive(Debug, Deserialize)]
pub(super) struct TextParams {
    view: Option<String>,
}

/// `GET …/text?view=`: the whole body as the text that a view shows the beginning of, to be copied.
pub(super) async fn text(
    state: State,
    bin: BinRef,
    which: WhichRequest,
    params: Query<TextParams>,
) -> Result<HttpResponse, Problem> {
    let view = params.0.view;
    let work = move |request: CapturedRequest| BodyBox::whole_text(&request, view.as_deref());
    let whole = heavy::read(&state.store, bin.id(), which.0).await?.run(work).await?;
    match whole {
        Some(text) => Ok(attachment("text/plain; charset=utf-8").body(in_parts(text))),
        None => Err(Problem::new(Code::TooLarge, "This is too long to be copied, or no text; download it instead.")),
    }
}

/// The number of a part of a multipart body, from 0.
pub(super) struct PartNumber(usize);

impl PathPart for PartNumber {
    const PART: &'static str = "part";

    fn find(_: &ConsoleState, name: &str) -> Option<Self> {
        name.parse().ok().map(Self)
    }
}

/// `GET …/parts/{part}`: the content of a part of a multipart body, as a file; a raster image as what it is.
pub(super) async fn file(
    state: State,
    bin: BinRef,
    which: WhichRequest,
    part: Named<PartNumber>,
) -> Result<HttpResponse, Problem> {
    let PartNumber(number) = part.0;
    let work = move |captured: CapturedRequest| {
        let codings = codings(&captured);
        let body = open_body(&captured, &codings);
        let declared = ContentType::parse(captured.summary.content_type.as_deref()?);
        let part = Parts::new(body.bytes(), declared.boundary()?).nth(number)?;
        Some((part.filename.or(part.name), bytes::Bytes::copy_from_slice(&body.bytes()[part.content])))
    };
    let found = heavy::read(&state.store, bin.id(), which.0).await?.run(work).await?;
    let Some((name, content)) = found else {
        return Err(Problem::new(Code::NotFound, "There is no such part."));
    };
    let mime = raster_mime(&content).unwrap_or("application/octet-stream");
    let name = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(file_name(name.as_deref().unwrap_or_default()))],
    };
    Ok(attachment(mime).insert_header(name).body(in_parts(content)))
}

/// Characters of a file's name.
const MAX_FILE_NAME: usize = 100;

/// A safe form of a sender's file name: its last segment, without invisible characters or a leading dot.
fn file_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default().trim_start_matches('.');
    let kept = last.chars().filter(|&character| hidden(character).is_none() && !"\"<>:|?*\n\t".contains(character));
    let name: String = kept.take(MAX_FILE_NAME).collect();
    if name.trim().is_empty() { "part.bin".to_owned() } else { name }
}

/// Headers for captured bytes: a browser must never treat them as a page.
pub(super) fn attachment(mime: &str) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .content_type(mime)
        .insert_header((header::CONTENT_SECURITY_POLICY, SANDBOX_CSP))
        .insert_header((header::CONTENT_DISPOSITION, "attachment"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_s_name_is_one_that_can_be_saved() {
        for (given, name) in [
            ("call-881.wav", "call-881.wav"),
            ("../../etc/passwd", "passwd"),
            ("C:\\temp\\a.txt", "a.txt"),
            (".bashrc", "bashrc"),
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
            ("é.bin", "é.bin"),
            ("a\"b\nc", "abc"),
            ("", "part.bin"),
            ("..", "part.bin"),
        ] {
            assert_eq!(file_name(given), name, "{given:?}");
        }
        assert_eq!(file_name(&"x".repeat(1_000)).len(), MAX_FILE_NAME);
    }
}
