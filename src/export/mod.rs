//! Exporters: a captured request as a command, as code or as a file. [`import`] reads exports back. A family with one
//! file per member; `SINGLE` and `MANY` list them and drive the API, the page and the tests.

pub(crate) mod check;
mod csv;
mod curl;
mod echo;
mod field;
mod go;
mod har;
mod http;
mod httpie;
pub(crate) mod import;
mod jsonl;
mod node;
mod outgoing;
mod own_fields;
mod python;
mod record;
mod redact;
mod shell;
mod wire;

use std::fmt;
use std::str::FromStr;

pub(crate) use redact::{REDACTED, credentials_in_url, is_credential, open_head, open_target, open_value};
pub(crate) use wire::Normalised;
pub use wire::message;

use crate::http::cover::Cover;
use crate::model::{Attempt, CapturedRequest};

/// Exporters of one request, in the order of the page.
const SINGLE: &[Single] =
    &[curl::SINGLE, httpie::SINGLE, python::SINGLE, node::SINGLE, go::SINGLE, http::SINGLE, har::SINGLE];

/// Exporters of many requests.
const MANY: &[Many] = &[har::MANY, jsonl::MANY, csv::MANY];

struct Single {
    id: &'static str,
    label: &'static str,
    media_type: &'static str,
    /// The ending of a file name.
    extension: &'static str,
    write: fn(&CapturedRequest, &ExportOptions) -> Vec<u8>,
}

struct Many {
    id: &'static str,
    label: &'static str,
    media_type: &'static str,
    extension: &'static str,
    start: &'static str,
    /// Separates two rows.
    between: &'static str,
    end: &'static str,
    row: fn(&CapturedRequest, &ExportOptions) -> Vec<u8>,
    /// How a request's attempts are written into its row, if they are.
    attempts: Option<Attempts>,
}

/// How attempts are written into a row, one after the other.
struct Attempts {
    /// The part of the row before them.
    open: fn(Vec<u8>) -> Vec<u8>,
    one: fn(&Attempt, &Cover, &ExportOptions) -> Vec<u8>,
    between: &'static str,
    close: &'static str,
}

/// How to export.
#[derive(Debug, Clone)]
pub struct ExportOptions {
    /// Replace credentials, cookies and signatures by `REDACTED`. On unless the user asks.
    pub redact: bool,
    /// Scheme and authority of URLs, e.g. `http://127.0.0.1:4665`. The target as sent follows.
    pub origin: String,
    /// The whole URL in its place, for a single request to another target.
    pub url: Option<String>,
}

/// A finished export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The bytes. UTF-8 for all but `http`, which has the body as it is.
    pub bytes: Vec<u8>,
    /// Its media type, for `Content-Type`.
    pub media_type: &'static str,
    /// The ending of a file name, without dot.
    pub extension: &'static str,
}

/// Exports one request. All of it is in memory.
#[must_use]
pub fn single(exporter: SingleExporter, request: &CapturedRequest, options: &ExportOptions) -> Exported {
    let member = exporter.0;
    Exported { bytes: (member.write)(request, options), media_type: member.media_type, extension: member.extension }
}

/// A writer for many requests: [`Rows::start`], then a [`Rows::row`] for each, then [`Rows::end`]. Holds one row at a
/// time.
#[derive(Debug)]
pub struct Rows {
    exporter: ManyExporter,
    options: ExportOptions,
    written: u64,
}

/// A writer for one request's attempts. Cheap to clone.
#[derive(Clone)]
pub struct RowAttempts {
    writer: &'static Attempts,
    cover: Cover,
    options: ExportOptions,
    first: bool,
}

impl RowAttempts {
    /// The next attempt, with what separates it from the one before.
    pub fn next(&mut self, attempt: &Attempt) -> Vec<u8> {
        let written = (self.writer.one)(attempt, &self.cover, &self.options);
        if std::mem::take(&mut self.first) { written } else { [self.writer.between.as_bytes(), &written].concat() }
    }

    /// Ends the row that was begun, after its last attempt.
    #[must_use]
    pub fn close(&self) -> &'static str {
        self.writer.close
    }
}

/// Begins an export of many requests.
#[must_use]
pub const fn many(exporter: ManyExporter, options: ExportOptions) -> Rows {
    Rows { exporter, options, written: 0 }
}

impl Rows {
    /// What precedes the first row.
    #[must_use]
    pub fn start(&self) -> Vec<u8> {
        self.exporter.0.start.into()
    }

    /// One request, with what separates it from the one before.
    pub fn row(&mut self, request: &CapturedRequest) -> Vec<u8> {
        let member = self.exporter.0;
        let row = (member.row)(request, &self.options);
        self.written += 1;
        if self.written == 1 || member.between.is_empty() { row } else { [member.between.as_bytes(), &row].concat() }
    }

    /// Whether a request's attempts are written with it.
    #[must_use]
    pub fn has_attempts(&self) -> bool {
        self.exporter.0.attempts.is_some()
    }

    /// The same with its attempts, which follow one by one. The heads of all `attempts` are needed now, to find what to
    /// hide; the bodies are not.
    pub fn open_row(&mut self, request: &CapturedRequest, attempts: &[Attempt]) -> (Vec<u8>, Option<RowAttempts>) {
        let row = self.row(request);
        let Some(writer) = self.exporter.0.attempts.as_ref().filter(|_| !attempts.is_empty()) else {
            return (row, None);
        };
        let cover = if self.options.redact { echo::cover(request, attempts) } else { Cover::default() };
        let attempts = RowAttempts { writer, cover, options: self.options.clone(), first: true };
        ((writer.open)(row), Some(attempts))
    }

    /// What follows the last row.
    #[must_use]
    pub fn end(&self) -> Vec<u8> {
        self.exporter.0.end.into()
    }
}

/// A handle on an entry of a registry, with the methods of both kinds of exporters.
macro_rules! exporters {
    ($(#[$doc:meta])* $exporter:ident($entry:ident), $registry:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $exporter(&'static $entry);

        impl $exporter {
            /// Every exporter, in the order of the registry.
            pub fn all() -> impl Iterator<Item = Self> {
                $registry.iter().map(Self)
            }

            /// The name in URLs.
            pub const fn id(self) -> &'static str {
                self.0.id
            }

            /// What a page calls it.
            pub const fn label(self) -> &'static str {
                self.0.label
            }
        }

        impl FromStr for $exporter {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::all().find(|exporter| exporter.id() == text).ok_or_else(|| {
                    let ids: Vec<_> = Self::all().map(Self::id).collect();
                    format!("there is no export '{text}' here; there are {}", ids.join(", "))
                })
            }
        }

        impl fmt::Debug for $exporter {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.id())
            }
        }
    };
}

exporters!(
    /// Writes one request.
    SingleExporter(Single),
    SINGLE
);
exporters!(
    /// Writes many requests.
    ManyExporter(Many),
    MANY
);

impl SingleExporter {
    /// The curl command, which the page shows first.
    pub const CURL: Self = Self(&curl::SINGLE);
}

impl ManyExporter {
    /// The media type of the whole, for `Content-Type`.
    pub const fn media_type(self) -> &'static str {
        self.0.media_type
    }

    /// The ending of a file name, without dot.
    pub const fn extension(self) -> &'static str {
        self.0.extension
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Head;
    use crate::model::{BinId, Derived, RequestId, RequestSummary, Timestamp};

    /// A request made of a head and a body, as it would be captured.
    pub(crate) fn request(head: &[u8], body: &[u8]) -> CapturedRequest {
        let head = Head::new(bytes::Bytes::copy_from_slice(head));
        let at = Timestamp::from_micros(1_779_971_696_789_123);
        CapturedRequest {
            summary: RequestSummary {
                seq: 42,
                id: RequestId::new(at, 7, 42),
                bin: "0123456789abcdef".parse::<BinId>().unwrap(),
                received_at: at,
                body_took: std::time::Duration::from_micros(1_500),
                method: head.method().into_owned(),
                target: head.target().to_text().into_owned(),
                path: String::from_utf8_lossy(head.target().path_below_bin()).into_owned(),
                http_version: head.version().into_owned(),
                content_type: head.headers().get_str("content-type").map(str::to_owned),
                head_source: crate::model::HeadSource::Wire,
                body_size: body.len() as u64,
                declared_size: Some(body.len() as u64),
                complete: true,
                client: Some(crate::model::Client { ip: [127, 0, 0, 1].into(), port: 5_000 }),
                rejected: None,
                derived: Derived::default(),
                response: crate::model::SentResponse { status: Some(200), duration_us: Some(2_500) },
                marks: crate::model::Marks::default(),
                origin: crate::model::Origin::Wire,
                hops: 0,
                last_attempt: None,
                forwarded: None,
                held_until: None,
            },
            head,
            body: bytes::Bytes::copy_from_slice(body),
            trailers: bytes::Bytes::new(),
        }
    }

    pub(crate) fn options(redact: bool) -> ExportOptions {
        ExportOptions { redact, origin: "http://127.0.0.1:4665".to_owned(), url: None }
    }

    pub(crate) fn text(id: &str, request: &CapturedRequest, redact: bool) -> String {
        String::from_utf8(single(id.parse().unwrap(), request, &options(redact)).bytes).unwrap()
    }

    #[test]
    fn every_exporter_is_found_by_its_own_name() {
        let names = ["curl", "httpie", "python", "node", "go", "http", "har"];
        assert_eq!(SingleExporter::all().map(SingleExporter::id).collect::<Vec<_>>(), names);
        for name in names {
            assert_eq!(name.parse::<SingleExporter>().unwrap().id(), name);
        }
        for exporter in ManyExporter::all() {
            assert_eq!(exporter.id().parse::<ManyExporter>().unwrap().label(), exporter.label());
        }
        assert!("perl".parse::<SingleExporter>().unwrap_err().contains("curl, httpie"));
        assert!("curl".parse::<ManyExporter>().unwrap_err().contains("har, jsonl, csv"));
    }

    #[test]
    fn secrets_are_redacted_everywhere_unless_asked() {
        let secrets = [
            ("Authorization", "Bearer s3cr3t-a"),
            ("Proxy-Authorization", "Basic s3cr3t-b"),
            ("Cookie", "sid=s3cr3t-c"),
            ("X-Hub-Signature-256", "sha256=s3cr3t-d"),
            ("X-Callaider-Signature", "s3cr3t-e"),
            ("X-Shopify-Hmac-Sha256", "s3cr3t-f"),
            ("X-Gitlab-Token", "s3cr3t-g"),
        ];
        let fields = secrets.map(|(name, value)| format!("{name}: {value}\r\n")).concat();
        let request = request(format!("POST /b HTTP/1.1\r\nHost: h\r\n{fields}\r\n").as_bytes(), b"x");
        for redact in [true, false] {
            let singles = SingleExporter::all().map(|kind| (kind.id(), single(kind, &request, &options(redact)).bytes));
            let rows = ManyExporter::all().filter(|kind| kind.id() != "csv");
            let rows = rows.map(|kind| (kind.id(), many(kind, options(redact)).row(&request)));
            for (name, bytes) in singles.chain(rows) {
                let found = String::from_utf8(bytes).unwrap().matches("s3cr3t-").count();
                // An archive lists cookies a second time, and keeps the head as it was.
                let copies = if name == "har" { 2 * secrets.len() + 1 } else { secrets.len() };
                let wanted = if redact { 0 } else { copies };
                assert_eq!(found, wanted, "{name}");
            }
        }
    }

    /// What is malformed is stored as well.
    #[test]
    fn no_export_shows_of_a_malformed_head_or_a_url_what_it_hides_of_a_right_one() {
        for (target, field) in [
            ("/b", "Authorization : s3cr3t"),
            ("/b", "Authorization: a\r\n\ts3cr3t"),
            ("/b", "Authorization: a\r\n \r\n s3cr3t: 1"),
            ("/b", "X-A: 1\rAuthorization: s3cr3t"),
            ("/b", "Authorization s3cr3t"),
            ("/b", "Plaid-Verification: s3cr3t"),
            ("/b", "Referer: https://u:s3cr3t@h/"),
            ("/b", "Link: <https://h/?token=s3cr3t>"),
            ("/b", "Host: u:s3cr3t@h"),
            ("http://u:s3cr3t@h/b", "X-A: 1"),
            ("/b?x=1#access_token=s3cr3t", "X-A: 1"),
            ("/b?a=1?token=s3cr3t", "X-A: 1"),
            ("/b?token%3Ds3cr3t", "X-A: 1"),
            ("/b?u=https%3A%2F%2Fh%2F%3Ftoken%3Ds3cr3t", "X-A: 1"),
            ("/b;token=s3cr3t", "X-A: 1"),
            ("/b?token=a s3cr3t", "X-A: 1"),
            ("\t/b?token=s3cr3t\t", "X-A: 1"),
        ] {
            let head = format!("GET {target} HTTP/1.1\r\nX-B: 1\r\n{field}\r\n\r\n");
            let request = request(head.as_bytes(), b"");
            let singles = SingleExporter::all().map(|kind| (kind.id(), single(kind, &request, &options(true)).bytes));
            let rows = ManyExporter::all().map(|kind| (kind.id(), many(kind, options(true)).row(&request)));
            for (name, bytes) in singles.chain(rows) {
                let text = String::from_utf8(bytes).unwrap();
                assert!(!text.contains("s3cr3t"), "{name}: {head:?}: {text}");
            }
            let whole = single("http".parse().unwrap(), &request, &options(false)).bytes;
            assert_eq!(whole, head.as_bytes(), "asked for, all of it is there");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_head_and_body_can_be_exported(head: Vec<u8>, body: Vec<u8>, redact: bool) {
            let request = request(&[b"POST /b HTTP/1.1\r\n", &head[..]].concat(), &body);
            for kind in SingleExporter::all() {
                let bytes = single(kind, &request, &options(redact)).bytes;
                proptest::prop_assert!(kind.id() == "http" || String::from_utf8(bytes).is_ok());
            }
            for kind in ManyExporter::all() {
                let mut rows = many(kind, options(redact));
                let all = [rows.start(), rows.row(&request), rows.row(&request), rows.end()].concat();
                proptest::prop_assert!(String::from_utf8(all).is_ok());
            }
        }
    }
}
