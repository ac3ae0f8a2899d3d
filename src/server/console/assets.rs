//! The files of `static/`, embedded, under names that hold a hash of their content, cached for ever, compressed ahead.

use std::collections::{BTreeMap, HashMap};
use std::io::Write as _;
use std::sync::LazyLock;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use rust_embed::RustEmbed;
use sha2::{Digest as _, Sha256};

#[derive(RustEmbed)]
#[folder = "static/"]
struct Files;

/// Bytes of the hash in a name: enough to tell versions apart, short enough to read.
const HASH_BYTES: usize = 6;

struct Asset {
    url: String,
    mime: &'static str,
    plain: Bytes,
    gzip: Option<Bytes>,
}

struct Table {
    by_file: BTreeMap<String, usize>,
    by_name: HashMap<String, usize>,
    assets: Vec<Asset>,
}

static TABLE: LazyLock<Table> = LazyLock::new(Table::build);

/// The URL of a file of `static/`. For a missing file, a URL that leads nowhere; a test rules that out for every page.
pub(super) fn url(file: &str) -> &'static str {
    TABLE.by_file.get(file).map_or("/assets/missing", |&index| TABLE.assets[index].url.as_str())
}

/// The URLs of the script modules, so that a page can ask for all of them at once instead of one after the other.
pub(super) fn modules() -> Vec<&'static str> {
    let mut urls = Vec::new();
    for (file, &index) in &TABLE.by_file {
        if is_script(file) {
            urls.push(TABLE.assets[index].url.as_str());
        }
    }
    urls
}

/// Mounts `/assets/{name}`.
pub(super) fn configure(app: &mut web::ServiceConfig) {
    app.route("/assets/{name}", web::get().to(serve)).route("/favicon.ico", web::get().to(favicon));
}

async fn favicon() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, url("icon.svg"))).finish()
}

async fn serve(request: HttpRequest, name: web::Path<String>) -> HttpResponse {
    let Some(asset) = TABLE.by_name.get(name.as_str()).map(|&index| &TABLE.assets[index]) else {
        return HttpResponse::NotFound().finish();
    };
    let accepted = request.headers().get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    let takes = |coding: &str| accepted.split(',').any(|part| part.split(';').next().unwrap_or("").trim() == coding);
    let (coding, body) = match &asset.gzip {
        Some(body) if takes("gzip") => (Some("gzip"), body),
        _ => (None, &asset.plain),
    };
    let mut response = HttpResponse::Ok();
    response
        .content_type(asset.mime)
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::VARY, "accept-encoding"));
    // Set in either case: it also keeps a compressing middleware from compressing again.
    response.insert_header((header::CONTENT_ENCODING, coding.unwrap_or("identity")));
    response.body(body.clone())
}

impl Table {
    fn build() -> Self {
        let mut table = Self { by_file: BTreeMap::new(), by_name: HashMap::new(), assets: Vec::new() };
        for file in Files::iter() {
            table.add(&file, 0);
        }
        table
    }

    /// Adds a file after the files that it imports, because their hashed names are part of its content. `depth` ends
    /// circular imports, which have no hash.
    fn add(&mut self, file: &str, depth: usize) -> Option<usize> {
        if let Some(&index) = self.by_file.get(file) {
            return Some(index);
        }
        let embedded = Files::get(file)?;
        let content = if is_script(file) && depth < 16 {
            let text = String::from_utf8_lossy(&embedded.data).into_owned();
            Bytes::from(self.with_hashed_imports(&text, depth))
        } else {
            Bytes::from(embedded.data.into_owned())
        };
        let hash = hex::encode(&Sha256::digest(&content)[..HASH_BYTES]);
        let (stem, extension) = file.rsplit_once('.').unwrap_or((file, ""));
        let name = format!("{stem}-{hash}.{extension}");
        let index = self.assets.len();
        self.assets.push(Asset {
            url: format!("/assets/{name}"),
            mime: mime(extension),
            gzip: smaller(gzip(&content), &content),
            plain: content,
        });
        self.by_file.insert(file.to_owned(), index);
        self.by_name.insert(name, index);
        Some(index)
    }

    /// Replaces `from "./x.js"` and `import "./x.js"` by the hashed URL.
    fn with_hashed_imports(&mut self, text: &str, depth: usize) -> String {
        let mut out = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            let import = line.starts_with("import ") || line.starts_with("export ") || line.starts_with("} from ");
            let name = line.split_once("\"./").and_then(|(_, rest)| rest.split_once('"')).map(|(name, _)| name);
            match name.filter(|_| import) {
                Some(name) => match self.add(name, depth + 1) {
                    Some(index) => {
                        out.push_str(
                            &line.replace(&format!("\"./{name}\""), &format!("\"{}\"", self.assets[index].url)),
                        );
                    }
                    None => out.push_str(line),
                },
                None => out.push_str(line),
            }
        }
        out
    }
}

fn is_script(file: &str) -> bool {
    file.rsplit_once('.').is_some_and(|(_, extension)| extension == "js")
}

fn mime(extension: &str) -> &'static str {
    match extension {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn gzip(content: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).ok()?;
    encoder.finish().ok()
}

fn smaller(compressed: Option<Vec<u8>>, plain: &Bytes) -> Option<Bytes> {
    compressed.filter(|out| out.len() < plain.len()).map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_import_of_a_script_names_an_embedded_file() {
        assert!(TABLE.assets.len() > 5);
        for asset in &TABLE.assets {
            if asset.mime.starts_with("text/javascript") {
                let text = std::str::from_utf8(&asset.plain).unwrap();
                assert!(!text.contains("from \"./"), "{} imports a file that is not there", asset.url);
                for (_, rest) in
                    text.match_indices("from \"/assets/").map(|(at, found)| text.split_at(at + found.len()))
                {
                    let name = rest.split('"').next().unwrap();
                    assert!(TABLE.by_name.contains_key(name), "{} imports {name}", asset.url);
                }
            }
        }
    }

    #[test]
    fn a_name_changes_with_the_content_and_only_with_it() {
        assert!(url("base.css").starts_with("/assets/base-"));
        assert_eq!(url("no-such-file.css"), "/assets/missing");
        assert_eq!(Table::build().assets.len(), TABLE.assets.len());
        assert_eq!(
            Table::build().by_name.keys().collect::<std::collections::BTreeSet<_>>(),
            TABLE.by_name.keys().collect()
        );
    }
}
