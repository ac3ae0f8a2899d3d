//! XML with line breaks and indentation. Entities are never expanded and nothing is ever fetched.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde::Serialize;

use super::{Body, Fit, Member, RenderOptions, ViewContent, ViewModel};
use crate::http::text::without_mark;

pub(super) const MEMBER: Member = Member { id: "xml", label: "XML", fit, render };

/// Levels that are indented; deeper ones stay at this margin.
const MAX_INDENT: usize = 64;
/// Bytes read per byte of output: white space is removed, so more is read than shown.
const INPUT_FACTOR: usize = 4;

/// An XML text set out in lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct XmlView {
    /// The text. Use [`super::visible`] to show it.
    pub pretty: String,
    /// Why it is not well-formed, as far as it was read; the text ends there.
    pub error: Option<String>,
}

fn fit(body: &Body<'_>) -> Option<Fit> {
    let declared = body
        .content_type
        .as_ref()
        .is_some_and(|declared| declared.subtype() == "xml" || declared.subtype().ends_with("+xml"));
    if declared {
        return Some(Fit::Declared);
    }
    let bytes = body.bytes();
    let start = without_mark(bytes).trim_ascii_start();
    start.starts_with(b"<?xml").then_some(Fit::Sniffed)
}

fn render(body: &Body<'_>, options: &RenderOptions) -> ViewModel {
    let read = super::text::read(body, options.text_bytes.saturating_mul(INPUT_FACTOR));
    let mut model = ViewModel::new(&MEMBER);
    let (pretty, ended) = pretty(&read.view.text, options.text_bytes);
    let error = match ended {
        Ended::Whole => None,
        Ended::Limit => {
            model.truncated = true;
            None
        }
        // An error at a cut is only due to the cut.
        Ended::Wrong(_) if read.truncated => {
            model.truncated = true;
            None
        }
        Ended::Wrong(error) => Some(error),
    };
    if let Some(error) = &error {
        model.notes.push(format!("Not well-formed XML: {error}."));
    }
    model.truncated |= read.truncated;
    model.content = ViewContent::Xml(XmlView { pretty, error });
    model
}

enum Ended {
    Whole,
    Limit,
    Wrong(String),
}

/// The output and what decides about its lines.
struct Lines {
    out: String,
    depth: usize,
    /// Whether the line goes on: after text, or after a start tag whose text may follow.
    inline: bool,
    /// Whether the last thing was a start tag.
    just_opened: bool,
}

impl Lines {
    fn line(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        for _ in 0..self.depth.min(MAX_INDENT) {
            self.out.push_str("  ");
        }
    }

    /// Something that gets its own line unless it is in the middle of text.
    fn block(&mut self, parts: &[&str]) {
        if !self.inline {
            self.line();
        }
        self.out.extend(parts.iter().copied());
        self.just_opened = false;
    }

    fn text(&mut self, parts: &[&str]) {
        if !self.inline && !self.just_opened {
            self.line();
        }
        self.out.extend(parts.iter().copied());
        self.inline = true;
        self.just_opened = false;
    }
}

fn pretty(text: &str, max_bytes: usize) -> (String, Ended) {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut lines = Lines { out: String::new(), depth: 0, inline: false, just_opened: false };
    let ended = loop {
        if lines.out.len() > max_bytes {
            break Ended::Limit;
        }
        match reader.read_event() {
            Ok(Event::Eof) if lines.depth > 0 => break Ended::Wrong("it ends inside an element".to_owned()),
            Ok(Event::Eof) => break Ended::Whole,
            Ok(Event::Start(tag)) => {
                lines.block(&["<", &tag, ">"]);
                lines.depth += 1;
                lines.just_opened = true;
            }
            Ok(Event::End(tag)) => {
                lines.depth = lines.depth.saturating_sub(1);
                if !lines.inline && !lines.just_opened {
                    lines.line();
                }
                lines.out.extend(["</", &*tag, ">"]);
                lines.inline = false;
                lines.just_opened = false;
            }
            Ok(Event::Empty(tag)) => lines.block(&["<", &tag, "/>"]),
            // White space between tags is only layout; next to text it belongs to the text.
            Ok(Event::Text(text)) if text.trim().is_empty() && !lines.inline => {}
            Ok(Event::Text(text)) => lines.text(&[&text]),
            Ok(Event::GeneralRef(name)) => lines.text(&["&", &name, ";"]),
            Ok(Event::CData(data)) => lines.text(&["<![CDATA[", &data, "]]>"]),
            Ok(Event::Comment(comment)) => lines.block(&["<!--", &comment, "-->"]),
            Ok(Event::Decl(declaration)) => lines.block(&["<?", &declaration, "?>"]),
            Ok(Event::PI(instruction)) => lines.block(&["<?", &instruction, "?>"]),
            Ok(Event::DocType(doctype)) => lines.block(&["<!DOCTYPE ", doctype.trim_start(), ">"]),
            Err(error) => break Ended::Wrong(crate::http::text::cut(&error.to_string(), 200).0.to_owned()),
        }
    };
    let (kept, cut) = crate::http::text::cut(&lines.out, max_bytes);
    let length = kept.len();
    lines.out.truncate(length);
    (lines.out, if cut { Ended::Limit } else { ended })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{BodyInput, ViewKind};

    fn xml(text: &str, limit: usize) -> (XmlView, bool) {
        let body =
            Body::open(BodyInput { content_type: Some("text/xml"), content_encoding: None, bytes: text.as_bytes() });
        let model = body.render(ViewKind(&MEMBER), &RenderOptions { text_bytes: limit, ..RenderOptions::default() });
        match model.content {
            ViewContent::Xml(view) => (view, model.truncated),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn elements_get_lines_and_text_stays_whole() {
        let text = "<?xml version=\"1.0\"?><!DOCTYPE a><a x='1'>\n <b>one &amp; &lt;two</b><c/><!-- n --><d></d>\n<e><![CDATA[<&>]]></e></a>";
        let wanted = "<?xml version=\"1.0\"?>\n<!DOCTYPE a>\n<a x='1'>\n  <b>one &amp; &lt;two</b>\n  <c/>\n  <!-- n -->\n  <d></d>\n  <e><![CDATA[<&>]]></e>\n</a>";
        assert_eq!(xml(text, 10_000), (XmlView { pretty: wanted.to_owned(), error: None }, false));
    }

    #[test]
    fn entities_are_not_expanded() {
        let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\"><!ENTITY c SYSTEM \"file:///etc/passwd\">]><x>&b;&c;</x>";
        let (view, _) = xml(bomb, 10_000);
        assert!(view.pretty.ends_with("<x>&b;&c;</x>"), "{}", view.pretty);
    }

    #[test]
    fn what_is_not_well_formed_is_shown_up_to_the_fault() {
        let (view, _) = xml("<a><b></a>", 1_000);
        assert!(view.pretty.starts_with("<a>\n  <b>") && view.error.is_some(), "{view:?}");
        assert!(xml("<a>", 1_000).0.error.is_some());
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let (view, truncated) = xml(&"<a>".repeat(100_000), 50_000);
        assert!(truncated && view.pretty.len() <= 50_000 && view.error.is_none());
        let (view, truncated) = xml(&format!("<a>{}</a>", "x".repeat(100_000)), 1_000);
        assert!(truncated && view.pretty.len() <= 1_000);
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_shown(text in "[<>/!?\\[\\]\\-&;a-c=\"' \\n]{0,60}") {
            xml(&text, 100);
        }
    }
}
