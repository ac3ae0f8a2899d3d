//! Creel, a local webhook inspector: catches HTTP requests on bin URLs, keeps exactly what was sent, says whether the
//! signature is right and why not, and shows everything live.
//!
//! # The parts
//!
//! | part | what it is |
//! |---|---|
//! | [`http`] | HTTP as sent: one lenient reader each for heads, targets, media types, codings, forms, multipart. Pure |
//! | [`json`] | JSON as written: outline, pointers, picking a few values, printing as other languages print. Pure |
//! | [`model`] | the domain: bins, captured requests, verdicts, the filter language, time. Plain data |
//! | [`signature`] | schemes as data, verdicts, diagnosis, signing, handshakes. Pure |
//! | [`provider`] | what a platform's events mean. Pure |
//! | [`view`], [`export`], [`diff`] | bodies for people, exporters and importers, comparison. Pure |
//! | [`shapes`] | the JSON shapes that API, stream and command line share |
//! | [`store`] | the only place that knows SQL |
//! | [`live`] | the hub that streams what was committed |
//! | [`capture`] | the product's verb: judge, store, choose the response. Free of any framework |
//! | [`deliver`] | what Creel sends: the engine, replays, forwards, matches, simulated senders, the receiver check. On separate threads |
//! | [`server`] | the only place that knows actix and askama: the capture listener and the console |
//! | [`client`] | what command line and agents use to talk to a running server |
//! | [`mcp`] | the tools of coding agents, over [`client`] |
//! | [`cli`], [`config`], [`telemetry`] | the command line, its settings, the log |
//!
//! Imports only go down: `main → cli → { server, mcp, client }`, `mcp → client`, `server → { mcp (for /mcp only),
//! capture, deliver, live } → store → model → { http, json }`; the pure parts import `model`, `http` and `json` alone
//! (`export` and `diff` also `view`); `capture` judges by `signature` and `provider`; `live` and `client` speak in
//! `shapes`; the engine of `deliver` knows `http` and `model` alone. `tests/it/tidy.rs` checks this.
//!
//! # The words
//!
//! One word for one thing, in code, API, console and documents alike.
//!
//! | word | means | not |
//! |---|---|---|
//! | bin | a URL to hand out, and what arrives there | basket, token, channel |
//! | head | request line and header fields, the bytes as sent | – |
//! | response | what a bin gives to a sender, or the console to a client; of an attempt, what the target sent | reply |
//! | answer | what a target gives to Creel, or a person to a held sender; as a verb also what a bin does | reply |
//! | rejected | a request that the listener does not accept (too large, too slow, not HTTP); its head is kept where there is room and a bin | refused |
//! | verdict | whether a signature is right | result, check |
//! | freshness | how old the signed timestamp was on arrival | – |
//! | reverify | compute verdict and event facts of stored requests again | judge again, rederive |
//! | scheme | how a provider signs, as a record of the catalogue | algorithm |
//! | trigger | what a handshake is recognised by | sign |
//! | change | a committed write; it has a cursor | event (that is the provider's) |
//! | cursor, `seq` | a change's place in the order of commits | number |
//! | target | a URL that Creel sends to | destination, upstream |
//! | attempt | one try to send a request to a target, and its outcome | delivery log |
//! | replay | sending a captured request again on demand | resend |
//! | hold | keeping a sender waiting for an answer by hand | pause |
//! | lease | answering a bin's senders from elsewhere, for as long as the connection is open | – |
//! | compose | making a request by hand, from nothing or from a captured one | craft |
//! | forward | sending on what a bin captures, automatically | relay |
//! | sample | what a platform's sender would send, made up or the user's own | fixture |
//! | step | one event of what a simulated sender sends, with the wait before it | – |
//! | battery, case, shot | what a receiver is tried with; one duty of it; one request of that | suite, test |
//! | origin | what a request counts as: sent over the network, or by Creel itself | source |
//! | job | deliveries that run in the background | task |
//! | problem | an error for a client: code, sentence, field (RFC 9457) | – |
//!
//! # The life of a request
//!
//! A sender calls a bin URL. The capture listener's recorder (`server/capture`) keeps the head's bytes as they arrive;
//! the handler streams the body under its limits. [`capture::Capture::receive`] computes the verdict and the event's
//! facts and hands everything to [`store::Store::capture`]; the writing thread commits a batch, publishes it to
//! [`live::Hub`] and wakes the requests that wait for it. Only then does the sender get the bin's response: a 200 means
//! stored, and what the console announces can be opened.
//!
//! The hub's thread serialises each change once and hands the batch to the WebSockets of the bin's subscribers
//! (`server/console/live`). In the browser `static/live.js` follows the cursor; `static/list.js` takes a message as a
//! hint that something changed, and fetches the new rows from `/bins/{bin}/rows`. They are rendered by the row template
//! that the whole page uses (`templates/parts/row.html`), so that the page and a live row cannot differ.
//!
//! # From outside
//!
//! The crate is a program: [`run`] is what `main` calls, [`Application`] what the tests start. Everything else is
//! private, so that the compiler shows what is dead; [`inside`] opens what tests, benchmarks and fuzz targets reach
//! for.
// The table above links private items: `cargo doc --document-private-items`.
#![allow(rustdoc::private_intra_doc_links)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub(crate) mod capture;
pub(crate) mod cli;
pub(crate) mod client;
pub(crate) mod config;
pub(crate) mod deliver;
pub(crate) mod diff;
pub(crate) mod export;
pub(crate) mod http;
pub(crate) mod json;
pub(crate) mod live;
pub(crate) mod mcp;
pub(crate) mod model;
pub(crate) mod provider;
pub(crate) mod server;
pub(crate) mod shapes;
pub(crate) mod signature;
pub(crate) mod store;
pub(crate) mod telemetry;
pub(crate) mod view;

pub use cli::run;
pub use config::{Config, Database, DeliveryConfig, Setup};
pub use server::{Application, Started};

/// What tests, benchmarks and fuzz targets reach for. No stable interface.
pub mod inside {
    pub use crate::capture::template::PLACEHOLDERS;
    pub use crate::export::import::{Imported, har as read_har, line as read_jsonl};
    pub use crate::export::{ExportOptions, ManyExporter, SingleExporter, many, message, single};
    pub use crate::http::multipart::{Part, Parts};
    pub use crate::http::{Head, Headers};
    pub use crate::json::{NodeKind, Outline, Pointer, scan, unescape};
    pub use crate::model::filter::{Filter, Node};
    pub use crate::model::{
        BinId, BinSettings, CapturedRequest, Client, Clock, Derived, FreshnessStatus, HeadSource, Marks, NewRequest,
        Origin, Rejection, RequestId, RequestSummary, Secret, SecretValue, SentResponse, SignatureStatus, Timestamp,
    };
    pub use crate::server::capture::inside::{Recorded, RecordedMessage, record};
    pub use crate::server::console::problem::Code;
    pub use crate::signature::{Catalogue, Config, Scheme, SignInput, SignedRequest, Verifier, sign};
    pub use crate::store::{Durability, Kept, Store};
    pub use crate::view::{Body, BodyInput, RenderOptions, ViewKind};
}
