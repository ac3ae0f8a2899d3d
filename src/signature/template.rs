//! Templates of what is signed: `{timestamp}.{body}`, `{method}\n{path_query}\n{body|sha256|hex}`.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

use super::filter::{self, BytesFilter, Parsed, Reduction};
use super::missing::Missing;
use super::request::View;
use super::sink::Sink;
use super::source::Source;

/// What a placeholder is replaced by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Body,
    Method,
    Url,
    UrlNoQuery,
    UrlNoPort,
    UrlWithPort,
    Path,
    PathQuery,
    Secret,
    /// The query's pairs, some left out, made one text.
    Query(Vec<String>, Reduction),
    /// The form's pairs, some left out, made one text.
    Form(Vec<String>, Reduction),
    /// A value captured from the signature text or named in `vars`.
    Var(String),
    Source(Source),
    Config(String),
}

impl Value {
    /// Whether it is all of the body: its bytes, or every pair of the form.
    pub(crate) const fn is_body(&self) -> bool {
        matches!(self, Self::Body | Self::Form(..))
    }

    /// Whether it is of the URL.
    pub(crate) const fn is_of_address(&self) -> bool {
        matches!(
            self,
            Self::Url | Self::UrlNoQuery | Self::UrlNoPort | Self::UrlWithPort | Self::Path | Self::PathQuery
        )
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Literal(String),
    Placeholder { value: Value, filters: Vec<BytesFilter>, optional: bool },
}

/// A template, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: String,
    pieces: Vec<Piece>,
    /// `sha256(…)`: what is signed is the hash of it all.
    is_hashed: bool,
}

/// Placeholders in one template; the known schemes need eight.
const MAX_PLACEHOLDERS: usize = 32;
/// Filters of one placeholder that make bytes of bytes; the known schemes need two. Each may double them.
const MAX_FILTERS: usize = 3;

/// The values by name: those of the whole request and those of one group of the signature text, which come first.
#[derive(Clone, Copy, Default)]
pub(crate) struct Vars<'c> {
    pub(crate) shared: &'c [(&'c str, Cow<'c, [u8]>)],
    pub(crate) group: &'c [(&'c str, &'c str)],
}

impl<'c> Vars<'c> {
    pub(crate) fn get(&self, name: &str) -> Option<&'c [u8]> {
        let in_group = self.group.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value.as_bytes());
        in_group.or_else(|| self.shared.iter().find(|(known, _)| *known == name).map(|(_, value)| &**value))
    }
}

/// All inputs of a template.
pub(crate) struct Context<'c> {
    pub(crate) view: &'c View<'c>,
    pub(crate) vars: Vars<'c>,
    /// The secret's text, for schemes that hash it with the message.
    pub(crate) secret: Option<&'c str>,
}

impl Template {
    /// `{body}` alone.
    pub(crate) fn body() -> Self {
        let body = Piece::Placeholder { value: Value::Body, filters: Vec::new(), optional: false };
        Self { text: "{body}".to_owned(), pieces: vec![body], is_hashed: false }
    }

    /// Reads a template.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut literal = String::new();
        let hashed = text.strip_prefix("sha256(").and_then(|rest| rest.strip_suffix(')'));
        let mut rest = hashed.unwrap_or(text);
        while let Some(open) = rest.find('{') {
            let after = &rest[open + 1..];
            let close = after.find(['{', '}']).filter(|&at| at > 0 && after.as_bytes()[at] == b'}');
            let Some(close) = close else {
                literal.push_str(&rest[..=open]);
                rest = after;
                continue;
            };
            literal.push_str(&rest[..open]);
            if !literal.is_empty() {
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
            }
            pieces.push(placeholder(&after[..close])?);
            rest = &after[close + 1..];
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        if pieces.iter().filter(|piece| matches!(piece, Piece::Placeholder { .. })).count() > MAX_PLACEHOLDERS {
            return Err(format!("more than {MAX_PLACEHOLDERS} placeholders"));
        }
        Ok(Self { text: text.to_owned(), pieces, is_hashed: hashed.is_some() })
    }

    /// The text it was read from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Replaces the sources of some values.
    pub(crate) fn replace_sources(&mut self, elsewhere: impl Fn(&Source) -> Option<Source>) {
        for piece in &mut self.pieces {
            if let Piece::Placeholder { value: Value::Source(source), .. } = piece
                && let Some(other) = elsewhere(source)
            {
                *source = other;
            }
        }
    }

    /// The values in it, in order.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Value> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Placeholder { value, .. } => Some(value),
            Piece::Literal(_) => None,
        })
    }

    /// Passes the signed bytes on, piece by piece; the body is not copied.
    pub(crate) fn render(&self, context: &Context<'_>, sink: &mut Sink<'_>) -> Result<(), Missing> {
        if self.is_hashed {
            let mut hash = Sha256::new();
            self.render_pieces(context, &mut |piece| hash.update(piece))?;
            sink(&hash.finalize());
            return Ok(());
        }
        self.render_pieces(context, sink)
    }

    fn render_pieces(&self, context: &Context<'_>, sink: &mut Sink<'_>) -> Result<(), Missing> {
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => sink(text.as_bytes()),
                Piece::Placeholder { value, filters, optional } => {
                    let mut bytes = match value.resolve(context) {
                        // An absent optional part has no hash and no line.
                        Err(_) if *optional => continue,
                        Ok(bytes) if *optional && bytes.is_empty() && *value == Value::Body => continue,
                        Ok(bytes) => bytes,
                        Err(missing) => return Err(missing),
                    };
                    for filter in filters {
                        bytes = Cow::Owned(filter.apply(&bytes, context.view)?);
                    }
                    sink(&bytes);
                }
            }
        }
        Ok(())
    }

    /// The signed bytes as one text.
    pub(crate) fn to_bytes(&self, context: &Context<'_>) -> Result<Vec<u8>, Missing> {
        let mut out = Vec::new();
        self.render(context, &mut |piece| out.extend_from_slice(piece))?;
        Ok(out)
    }
}

fn placeholder(text: &str) -> Result<Piece, String> {
    let mut parts = text.split('|');
    let named = parts.next().unwrap_or_default();
    let name = named.strip_suffix('?').unwrap_or(named);
    let optional = name.len() < named.len();
    let mut excepted = Vec::new();
    let mut reduction = None;
    let mut filters = Vec::new();
    let takes_pairs = matches!(name, "query" | "form");
    for part in parts {
        match filter::parse(part)? {
            Parsed::Except(keys) if takes_pairs && reduction.is_none() => excepted.extend(keys),
            Parsed::Reduce(one) if takes_pairs && reduction.is_none() => reduction = Some(one),
            Parsed::Bytes(filter) if !takes_pairs || reduction.is_some() => filters.push(filter),
            Parsed::Except(_) | Parsed::Reduce(_) | Parsed::Bytes(_) => {
                return Err(format!("filter `{part}` does not fit in `{{{text}}}`"));
            }
        }
    }
    if filters.len() > MAX_FILTERS {
        return Err(format!("`{{{text}}}` has more than {MAX_FILTERS} filters"));
    }
    let pairs = |reduction: Option<Reduction>| {
        reduction
            .ok_or_else(|| format!("`{{{text}}}` needs a filter such as sort_pairs that makes one text of its pairs"))
    };
    let value = match name {
        "body" => Value::Body,
        "method" => Value::Method,
        "url" => Value::Url,
        "url_no_query" => Value::UrlNoQuery,
        "url_no_port" => Value::UrlNoPort,
        "url_with_port" => Value::UrlWithPort,
        "path" => Value::Path,
        "path_query" => Value::PathQuery,
        "secret" => Value::Secret,
        "query" => Value::Query(excepted, pairs(reduction)?),
        "form" => Value::Form(excepted, pairs(reduction)?),
        "" => return Err("a placeholder has no name".to_owned()),
        _ => match name.split_once(':') {
            Some(("config", key)) => Value::Config(key.to_owned()),
            Some(_) => Value::Source(Source::parse(name)?),
            None => Value::Var(name.to_owned()),
        },
    };
    Ok(Piece::Placeholder { value, filters, optional })
}

/// Names that a captured or named value must not have: they name parts of the request.
pub(crate) const RESERVED: [&str; 11] = [
    "body",
    "method",
    "url",
    "url_no_query",
    "url_no_port",
    "url_with_port",
    "path",
    "path_query",
    "secret",
    "query",
    "form",
];

impl Value {
    fn resolve<'c>(&self, context: &Context<'c>) -> Result<Cow<'c, [u8]>, Missing> {
        let view = context.view;
        let request = view.request;
        let owned = |text: String| Cow::Owned(text.into_bytes());
        Ok(match self {
            Self::Body => Cow::Borrowed(request.body),
            Self::Method => Cow::Borrowed(request.method.as_bytes()),
            Self::Url => Cow::Borrowed(request.url.as_bytes()),
            Self::UrlNoQuery => {
                let url = view.url();
                owned(format!("{}://{}{}", url.scheme, url.authority, url.path))
            }
            Self::UrlNoPort => owned(view.url().without_port()),
            Self::UrlWithPort => owned(view.url().with_port(request.url)),
            Self::Path => Cow::Borrowed(view.url().path.as_bytes()),
            Self::PathQuery => {
                let url = view.url();
                if url.query.is_empty() {
                    Cow::Borrowed(url.path.as_bytes())
                } else {
                    owned(format!("{}?{}", url.path, url.query))
                }
            }
            Self::Secret => Cow::Borrowed(context.secret.ok_or(Missing::Secret)?.as_bytes()),
            Self::Query(excepted, reduction) => Cow::Owned(reduction.apply(filter::except(view.query(), excepted))),
            Self::Form(excepted, reduction) => Cow::Owned(reduction.apply(filter::except(view.form(), excepted))),
            Self::Var(name) => Cow::Borrowed(context.vars.get(name).ok_or_else(|| Missing::Var(name.clone()))?),
            Self::Source(source) => source.first(view).ok_or_else(|| Missing::Source(source.clone()))?,
            Self::Config(name) => {
                let set = view.config.get(name).ok_or_else(|| Missing::Config(name.clone()))?;
                Cow::Borrowed(set.as_bytes())
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Headers;
    use crate::model::Timestamp;
    use crate::signature::request::{Config, SignedRequest};

    fn rendered(template: &str) -> Result<String, Missing> {
        let headers: Headers =
            [("X-A", "one"), ("X-B", " two "), ("Content-Type", "application/x-www-form-urlencoded")]
                .into_iter()
                .collect();
        let request = SignedRequest {
            method: "POST",
            url: "https://h.example:8443/p/q?b=2&a=1+1&sig=x",
            headers: &headers,
            body: b"k=v&j=%C3%A9",
            received_at: Timestamp::default(),
        };
        let config: Config = [("app_key".to_owned(), "APP".to_owned())].into();
        let view = View::new(&request, &config);
        let shared = [("id", Cow::Borrowed(&b"shared"[..])), ("list", Cow::Borrowed(&b"x-a, X-B"[..]))];
        let context = Context {
            view: &view,
            vars: Vars { shared: &shared, group: &[("timestamp", "1"), ("id", "group")] },
            secret: Some("s3"),
        };
        let bytes = Template::parse(template).unwrap().to_bytes(&context)?;
        Ok(String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn every_placeholder_and_filter() {
        for (template, expected) in [
            ("{timestamp}.{body}", "1.k=v&j=%C3%A9"),
            ("{id}", "group"),
            ("{method}\n{path}\n{path_query}", "POST\n/p/q\n/p/q?b=2&a=1+1&sig=x"),
            ("{url}", "https://h.example:8443/p/q?b=2&a=1+1&sig=x"),
            ("{url_no_query}", "https://h.example:8443/p/q"),
            ("{url_no_port}", "https://h.example/p/q?b=2&a=1+1&sig=x"),
            ("{url_with_port}", "https://h.example:8443/p/q?b=2&a=1+1&sig=x"),
            ("{query|except(sig)|sort_pairs}", "a=1 1&b=2"),
            ("{query|except(sig)|sort_pairs_enc}", "a=1+1&b=2"),
            ("{query|except(sig, b)|sort_group}", "a=1 1"),
            ("{form|sort_concat}", "jékv"),
            ("{form|sort_concat|upper}", "JÉKV"),
            ("{form:j}{query:b}", "é2"),
            ("{header:x-a}{header:x-none?}", "one"),
            ("{nonce?}", ""),
            ("{list|header_values(.)}", "one. two "),
            ("{list|header_pairs(:,;)}", "x-a:one;X-B:two"),
            ("{secret}{config:app_key}", "s3APP"),
            ("{body|md5|base64}", "ZY4TVILiXPH8SHIl/yQDuQ=="),
            ("{not closed {method} } {}", "{not closed POST } {}"),
            ("", ""),
        ] {
            assert_eq!(rendered(template).as_deref(), Ok(expected), "{template}");
        }
    }

    #[test]
    fn what_may_be_absent_has_no_hash_either_but_what_is_empty_has_one() {
        let headers: Headers = [("X-Empty", "")].into_iter().collect();
        let received_at = Timestamp::default();
        let request = SignedRequest { method: "GET", url: "https://h/", headers: &headers, body: b"", received_at };
        let config = Config::new();
        let view = View::new(&request, &config);
        let context = Context { view: &view, vars: Vars::default(), secret: None };
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        for (template, expected) in [
            ("{body|sha256|hex}", empty),
            ("{body?|sha256|hex}", ""),
            ("{header:x-empty|sha256|hex}", empty),
            ("{header:x-empty?|sha256|hex}", empty),
            ("{header:x-none?|sha256|hex}", ""),
        ] {
            let bytes = Template::parse(template).unwrap().to_bytes(&context).unwrap();
            assert_eq!(String::from_utf8(bytes).unwrap(), expected, "{template}");
        }
        let secret = Template::parse("{secret}").unwrap().to_bytes(&context);
        assert_eq!(secret, Err(Missing::Secret));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(rendered("{nonce}"), Err(Missing::Var("nonce".into())));
        assert_eq!(rendered("{header:x-none}"), Err(Missing::Source(Source::Header("x-none".into()))));
        assert_eq!(rendered("{config:other}"), Err(Missing::Config("other".into())));
        assert_eq!(
            rendered("{header:content-type|header_values}"),
            Err(Missing::SignedHeader("application/x-www-form-urlencoded".into()))
        );
    }

    #[test]
    fn wrong_templates_are_refused() {
        for wrong in [
            "{query}",
            "{form|hex}",
            "{body|sort_pairs}",
            "{body|sha3}",
            "{cookie:a}",
            "{json:a}",
            "{|hex}",
            "{?}",
            // What to leave out is said before what makes one text, and one text is made once.
            "{body|except(a)}",
            "{query|sort_pairs|except(a)}",
            "{query|sort_pairs|sort_concat}",
            "{query|hex|sort_pairs}",
        ] {
            assert!(Template::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Template::parse(&"{body}".repeat(32)).is_ok());
        assert!(Template::parse(&"{body}".repeat(33)).is_err());
        assert!(Template::parse("{body|sha256|hex|upper}").is_ok());
        assert!(Template::parse("{query|except(a)|except(b)|sort_pairs|sha256|hex|upper}").is_ok());
        assert!(Template::parse("{body|hex|hex|hex|hex}").is_err());
    }
}
