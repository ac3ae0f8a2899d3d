//! Detects which schemes a request seems to use. Several share a header, so the result is a ranking.

use std::cmp::Reverse;
use std::sync::Arc;

use smallvec::SmallVec;

use super::algorithm::Algorithm;
use super::catalogue::Catalogue;
use super::examine_token;
use super::index::Index;
use super::jws;
use super::member::MAX_ITEMS;
use super::pattern::Pattern;
use super::received::{groups, shared_vars, texts};
use super::record::Evidence;
use super::request::{Config, SignedRequest, View};
use super::rules::share_a_place;
use super::scheme::Scheme;
use super::source::Source;
use super::template::{Context, Template, Value, Vars};

/// A scheme that a request may use.
#[derive(Debug, Clone)]
pub struct Detected<'c> {
    /// The scheme.
    pub scheme: &'c Arc<Scheme>,
    /// Whether the hint is strong enough to call a request signed. Weak hints count only if they verify.
    pub is_strong: bool,
    /// One sentence.
    pub why: String,
}

/// A scheme by its place in the catalogue.
pub(crate) struct Candidate {
    pub(crate) index: usize,
    pub(crate) is_strong: bool,
    /// Its signature is in a header with its name, or one that only its provider uses.
    is_own: bool,
    rank: Rank,
}

impl Candidate {
    pub(crate) const fn fit(&self) -> Fit {
        self.rank.fit
    }

    /// Whether another candidate of the same place fits better: by the version that the request names, or by required
    /// parts.
    pub(crate) const fn is_outdone_by(&self, other: &Self) -> bool {
        other.rank.asked_for > self.rank.asked_for
    }

    /// Whether there is certainly a signature: a text of the algorithm's length, or any text in the scheme's own
    /// header.
    pub(crate) const fn is_recognised(&self) -> bool {
        self.is_strong && (matches!(self.rank.fit, Fit::Length) || self.is_own)
    }

    /// Whether there is a text in the scheme's form.
    pub(crate) const fn has_text(&self) -> bool {
        self.rank.has_text
    }
}

/// Compared field by field; larger is likelier.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::struct_excessive_bools, reason = "each is a step of the comparison, in this order")]
struct Rank {
    fit: Fit,
    /// How many other parts are typical of this scheme: a header with its version, required parts.
    own_marks: usize,
    /// Of these, those that decide between two readings of one signature: a version, a required part.
    asked_for: usize,
    /// All parts that the scheme signs are present.
    is_complete: bool,
    /// How many headers hint at it.
    hints: usize,
    /// There is a text in the scheme's form, of any length.
    has_text: bool,
    /// A hinting header carries the scheme's own name.
    is_named: bool,
    /// It signs the body if and only if there is one.
    suits_body: bool,
    evidence: Reverse<Option<Evidence>>,
}

/// How well a text fits as a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fit {
    /// None in the scheme's form.
    None,
    /// In the scheme's form (`v1=…`; a bare text has none), but of another length than the algorithm's.
    Form,
    /// Also of the algorithm's length.
    Length,
}

/// Candidates examined for one request: the largest family that shares a header has eight.
const MAX_CANDIDATES: usize = 16;

impl Catalogue {
    /// The schemes that the request may use, likeliest first.
    #[must_use]
    pub fn detect(&self, request: &SignedRequest<'_>) -> Vec<Detected<'_>> {
        let config = Config::new();
        let view = View::new(request, &config);
        let described = |candidate: Candidate| {
            let scheme = self.schemes().get(candidate.index)?;
            Some(Detected { scheme, is_strong: candidate.is_strong, why: why(scheme, &candidate) })
        };
        self.ranked(&self.hinted(&view), &view).into_iter().filter_map(described).collect()
    }

    /// The candidates, likeliest first. `hinted` are the schemes that headers hint at.
    pub(crate) fn ranked(&self, hinted: &[usize], view: &View<'_>) -> Vec<Candidate> {
        let mut found: Vec<Candidate> = if hinted.is_empty() {
            self.by_shape(view)
        } else {
            let candidate = |&index: &usize| {
                let scheme = self.schemes().get(index)?;
                let rank = rank(scheme, view);
                let is_own = rank.is_named || self.index().own.get(index).copied().unwrap_or_default();
                Some(Candidate { index, is_strong: true, is_own, rank })
            };
            hinted.iter().filter_map(candidate).collect()
        };
        // A stable sort: equal ranks stay in the catalogue's order.
        found.sort_by(|a, b| b.rank.cmp(&a.rank));
        // If one scheme's form matches, schemes of the same place whose form does not match are dropped.
        let scheme = |candidate: &Candidate| self.schemes().get(candidate.index);
        let met: SmallVec<[usize; 8]> =
            found.iter().filter(|candidate| candidate.rank.fit > Fit::None).map(|candidate| candidate.index).collect();
        let is_outdone = |candidate: &Candidate| {
            met.iter()
                .filter_map(|&at| self.schemes().get(at))
                .any(|better| scheme(candidate).is_some_and(|own| share_a_place(own, better) || !candidate.is_own))
        };
        found.retain(|candidate| candidate.rank.fit > Fit::None || !is_outdone(candidate));
        found.truncate(MAX_CANDIDATES);
        found
    }

    /// The schemes whose hinting headers are all there, in the catalogue's order.
    pub(crate) fn hinted(&self, view: &View<'_>) -> SmallVec<[usize; 8]> {
        let index = self.index();
        let headers = view.request.headers;
        let mut found: SmallVec<[usize; 8]> = SmallVec::new();
        for field in headers {
            found.extend(index.headers.get(&field.name).copied());
            for (prefix, at) in &index.prefixes {
                if field.name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes())) {
                    found.push(*at);
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found.retain(|&mut at| {
            self.schemes()
                .get(at)
                .is_some_and(|scheme| scheme.detect.iter().all(|hint| hint.is_prefix || headers.contains(&hint.name)))
        });
        found
    }

    /// The schemes that no header hints at, by a signature in their place and form.
    fn by_shape(&self, view: &View<'_>) -> Vec<Candidate> {
        let places = places_of(self.index(), view);
        if places == 0 {
            return Vec::new();
        }
        let candidate = |&index: &usize| {
            let scheme = self.schemes().get(index)?;
            // A batch may begin with an item that is not signed.
            if let Some(list) = scheme.list().filter(|_| holds_members(places)) {
                let count = view.items(list).len().min(MAX_ITEMS);
                let signed = (0..count).find(|&item| {
                    view.look_at(item);
                    !texts(scheme, view).is_empty()
                });
                view.look_at(signed.unwrap_or_default());
            }
            if !scheme.from.iter().any(|source| places & kind(source) != 0 && may_hold(source, view))
                || texts(scheme, view).is_empty()
            {
                return None;
            }
            let rank = rank(scheme, view);
            // A bare Authorization header or a member with a token is a weak hint. So is a token without claims about
            // the request.
            let says_nothing =
                scheme.algorithm == Algorithm::Equal || scheme.algorithm.is_token() && scheme.require.is_empty();
            let telling = !says_nothing && rank.is_complete;
            (rank.fit == Fit::Length).then_some(Candidate { index, is_strong: telling, is_own: false, rank })
        };
        self.index().unhinted.iter().filter_map(candidate).collect()
    }
}

fn why(scheme: &Scheme, candidate: &Candidate) -> String {
    let place = scheme.signature_place();
    match candidate.rank.fit {
        Fit::None if !candidate.rank.has_text => {
            return format!("The {place} is there, without a signature in the scheme's form.");
        }
        Fit::None | Fit::Form => {
            return format!("The {place} is there, with a signature that has not the scheme's length.");
        }
        Fit::Length => {}
    }
    if !candidate.rank.is_complete {
        return format!("The {place} fits the scheme; another part that it signs is missing.");
    }
    if candidate.is_strong {
        format!("The {place} fits the scheme.")
    } else {
        format!("The {place} may be the scheme's.")
    }
}

/// Kinds of places, as bits.
fn kind(source: &Source) -> u8 {
    match source {
        Source::Header(_) | Source::HeaderPrefix(_) | Source::HeaderJson(..) => 1,
        Source::Query(_) => 2,
        Source::Form(_) | Source::FormJson(..) => 4,
        Source::Json(_) | Source::Each(..) => 8,
        Source::Body => 16,
        Source::Claim(place, _) => kind(place),
    }
}

/// Whether a member of the body can be a signature.
fn holds_members(places: u8) -> bool {
    places & 8 != 0
}

/// The kinds of places in which the request can hold a signature without a hinting header: a cheap test before parsing,
/// because it runs for every request.
fn places_of(index: &Index, view: &View<'_>) -> u8 {
    let request = view.request;
    let content_type = request.headers.get("content-type").map(|value| &value[..]).unwrap_or_default();
    let is = |kind: &[u8]| content_type.get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind));
    let named = || request.headers.iter().any(|field| index.sources.get(&field.name).next().is_some());
    let header = index.any_header || named();
    let query = memchr::memchr(b'?', request.url.as_bytes()).is_some();
    let form = is(b"application/x-www-form-urlencoded") || is(b"multipart/form-data");
    let structured = matches!(request.body.trim_ascii_start().first(), Some(b'{' | b'['));
    // One search for the members of all schemes: most bodies have none of them.
    let json = structured && index.members.as_ref().is_none_or(|names| names.is_match(request.body));
    // A body that is a token.
    let token = request.body.trim_ascii_start().starts_with(b"eyJ");
    [header, query, form, json, token].iter().rev().fold(0, |bits, there| bits << 1 | u8::from(*there))
}

/// Whether the name is in the request at all.
fn may_hold(source: &Source, view: &View<'_>) -> bool {
    let in_body = |name: &str| memchr::memmem::find(view.request.body, name.as_bytes()).is_some();
    match source {
        Source::Header(name) | Source::HeaderJson(name, _) => view.request.headers.contains(name),
        Source::HeaderPrefix(_) | Source::Body => true,
        Source::Claim(place, _) => may_hold(place, view),
        Source::Query(name) => view.request.url.contains(name.as_str()),
        Source::Form(name) | Source::FormJson(name, _) => in_body(name),
        Source::Json(rest) | Source::Each(_, rest) => {
            // A name written with escapes is not found; no provider escapes it.
            let mut names = rest.steps().iter().filter(|step| step.parse::<usize>().is_err());
            names.all(|name| in_body(name))
        }
    }
}

fn rank(scheme: &Scheme, view: &View<'_>) -> Rank {
    let texts = texts(scheme, view);
    let groups = groups(scheme, &texts);
    let fits_length = |text: &&str| {
        if scheme.algorithm.is_token() {
            jws::looks_like(text) && examine_token::read(scheme, text).is_ok()
        } else {
            scheme.encoding.decode(text).is_some_and(|bytes| scheme.algorithm.fits_length(bytes.len()))
        }
    };
    let fit = match &groups[..] {
        [] => Fit::None,
        groups if groups.iter().any(|group| group.signatures.iter().any(fits_length)) => Fit::Length,
        // Every text has the bare form, so it is no hint.
        _ if scheme.items.iter().all(Pattern::is_bare) => Fit::None,
        _ => Fit::Form,
    };
    let shared = shared_vars(scheme, view);
    let group = groups.first().map(|group| &group.vars[..]).unwrap_or_default();
    let context = Context { view, vars: Vars { shared: &shared, group }, secret: Some("") };
    let signed =
        scheme.signed.is_empty() || scheme.signed.iter().any(|template| template.render(&context, &mut |_| {}).is_ok());
    let required = scheme.require.iter().map(|pair| required(pair, &context)).min();
    let timed = scheme.timestamp.is_none_or(|rule| {
        let text = context.vars.get("timestamp").and_then(|text| std::str::from_utf8(text).ok());
        text.is_some_and(|text| rule.unit.parse(text).is_some())
    });
    let signs_body = scheme.signed.iter().any(|template| template.values().any(|value| *value == Value::Body));
    let own_name = scheme.id.split('-').next().unwrap_or(&scheme.id);
    let asked_for = usize::from(is_version(scheme, view)) + usize::from(required >= Some(Required::There));
    Rank {
        fit,
        own_marks: asked_for + scheme.marks.iter().filter(|mark| mark.first(view).is_some()).count(),
        asked_for,
        is_complete: signed && required.is_none_or(|required| required == Required::Met) && timed,
        hints: scheme.detect.len(),
        has_text: !groups.is_empty(),
        is_named: scheme.detect.iter().any(|hint| hint.name.contains(own_name)),
        suits_body: signs_body != view.request.body.is_empty(),
        evidence: Reverse(scheme.evidence),
    }
}

/// How well a request meets one of a scheme's conditions.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Required {
    No,
    /// Its parts are present, which makes schemes without such a condition less likely.
    There,
    Met,
}

fn required((left, right): &(Template, Template), context: &Context<'_>) -> Required {
    let (Ok(one), Ok(other)) = (left.to_bytes(context), right.to_bytes(context)) else { return Required::No };
    if one == other {
        return Required::Met;
    }
    // A different hash means a changed body; a different literal means another scheme.
    let is_literal = [left, right].iter().any(|template| template.values().next().is_none());
    if is_literal { Required::No } else { Required::There }
}

/// Whether there is a header such as `X-Signature-Version: v2` next to `X-Signature` that names the last word of the
/// scheme's id.
fn is_version(scheme: &Scheme, view: &View<'_>) -> bool {
    let Some((_, version)) = scheme.id.rsplit_once('-') else { return false };
    let says = |name: &str| {
        let name = format!("{name}-version");
        view.request.headers.get_str(&name).is_some_and(|value| value.trim().eq_ignore_ascii_case(version))
    };
    scheme.detect.iter().any(|hint| !hint.is_prefix && says(&hint.name))
}
