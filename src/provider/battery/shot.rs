//! A request of the battery: its body, and the sender's proof.

use crate::json::print::{Style, print};
use crate::json::tree;
use crate::provider::samples::{Language, Made, Mode, SampleError, Sender, Story, cut_in_the_middle, tamper};

/// A request, as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shot {
    pub event: &'static str,
    /// The language that people speak in it.
    pub language: Language,
    /// A call or a chat.
    pub mode: Mode,
    pub body: Body,
    /// How the sender proves itself.
    pub proof: Proof,
    /// How often it is sent, one after the other.
    pub copies: u8,
    /// How many are sent at once, each for its own session; 1 for a single one.
    pub at_once: u8,
    /// Whether the body is sent slowly.
    pub slowly: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// The event's.
    Usual,
    /// The event's, with this many bytes.
    Sized(usize),
    /// The event's, indented.
    Indented,
    /// The event's, indented, with the line ends of Windows and one at the end.
    Spaced,
    /// The event's, with everything beyond ASCII escaped and with blanks, as Python writes it.
    Escaped,
    /// An event that the platform does not have.
    Unknown,
    /// JSON that ends in the middle.
    Malformed,
    /// Nothing.
    Empty,
}

/// The sender's proof: its signature, or the user's own header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Right.
    Right,
    /// None.
    Absent,
    /// With another secret.
    Other,
    /// Right, but then a byte of the body is changed.
    Tampered,
    /// For the body as JavaScript's `JSON.stringify` writes it.
    OfStringified,
    /// For the body as Python's `json.dumps` writes it.
    OfDumped,
    /// Right, in upper-case hexadecimal digits.
    UpperCase,
    /// The first half of the right one.
    Half,
    /// With the name of the hash, and no digits.
    NameOnly,
    /// The right one with an additional character.
    Longer,
    /// With a text of the right length that has a byte over 7F.
    NotAscii,
}

/// A shot's request before the proof is added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prepared {
    /// Fields without the proof, and the body.
    pub made: Made,
    /// The bytes that the proof is made of.
    pub signed: Vec<u8>,
    /// The request in words.
    pub about: String,
}

impl Shot {
    /// Another body.
    pub(crate) const fn with(self, body: Body) -> Self {
        Self { body, ..self }
    }

    /// Another proof.
    pub(crate) const fn by(self, proof: Proof) -> Self {
        Self { proof, ..self }
    }

    /// Another language.
    pub(crate) const fn spoken(self, language: Language) -> Self {
        Self { language, ..self }
    }

    /// Of a chat.
    pub(crate) const fn written(self) -> Self {
        Self { mode: Mode::Text, ..self }
    }

    /// An event as it usually is.
    pub(crate) const fn of(event: &'static str) -> Self {
        Self {
            event,
            language: Language::En,
            mode: Mode::Voice,
            body: Body::Usual,
            proof: Proof::Right,
            copies: 1,
            at_once: 1,
            slowly: false,
        }
    }

    /// Makes head and body.
    ///
    /// # Errors
    /// When the platform has no such event.
    pub(crate) fn prepare(&self, sender: &Sender, story: &Story) -> Result<Prepared, SampleError> {
        let mut story = Story { language: self.language, mode: self.mode, ..story.clone() };
        if let Body::Sized(size) = self.body {
            story.size = Some(size);
        }
        let mut made = match self.body {
            Body::Unknown => sender.make_unknown(&story)?,
            _ => sender.make(self.event, &story, &[])?,
        };
        made.body = match self.body {
            Body::Indented => printed(&made.body, Style::JAVASCRIPT.indented("  ")),
            Body::Spaced => {
                let indented = printed(&made.body, Style::JAVASCRIPT.indented("  "));
                let mut lines = String::from_utf8_lossy(&indented).replace('\n', "\r\n");
                lines.push_str("\r\n");
                lines.into_bytes()
            }
            Body::Escaped => printed(&made.body, Style::PYTHON),
            Body::Empty => Vec::new(),
            Body::Malformed => {
                cut_in_the_middle(&mut made.body);
                made.body
            }
            Body::Usual | Body::Sized(_) | Body::Unknown => made.body,
        };
        let signed = match self.proof {
            Proof::OfStringified => printed(&made.body, Style::JAVASCRIPT),
            Proof::OfDumped => printed(&made.body, Style::PYTHON),
            _ => made.body.clone(),
        };
        if self.proof == Proof::Tampered {
            tamper(&mut made.body);
        }
        let about = self.about(made.body.len());
        Ok(Prepared { made, signed, about })
    }

    fn about(&self, size: usize) -> String {
        let what = match self.body {
            Body::Usual | Body::Sized(_) => self.event.to_owned(),
            Body::Indented => format!("{} in indented JSON", self.event),
            Body::Spaced => format!("{} in indented JSON, with a line end after it", self.event),
            Body::Escaped => format!("{} with escaped characters", self.event),
            Body::Unknown => "an unknown event".to_owned(),
            Body::Malformed => format!("{} cut in the middle", self.event),
            Body::Empty => "an empty body".to_owned(),
        };
        let proof = match self.proof {
            Proof::Right => "",
            Proof::Absent => ", without proof",
            Proof::Other => ", proven with another secret",
            Proof::Tampered => ", changed after signing",
            Proof::OfStringified => ", signed as JSON.stringify writes it",
            Proof::OfDumped => ", signed as json.dumps writes it",
            Proof::UpperCase => ", signature in upper case",
            Proof::Half => ", only the first half of its proof",
            Proof::NameOnly => ", a signature without digits",
            Proof::Longer => ", a character more in its proof",
            Proof::NotAscii => ", a byte over 7F in its signature",
        };
        let how = match (self.slowly, self.at_once) {
            (true, _) => ", sent slowly".to_owned(),
            (false, 1) => String::new(),
            (false, many) => format!(", {many} at once"),
        };
        let size = crate::model::size_text(size as u64);
        format!("{what}{proof}{how} ({size})")
    }
}

/// JSON as a library prints it; what is no JSON stays.
fn printed(text: &[u8], style: Style) -> Vec<u8> {
    let tree = tree::parse(text);
    tree.and_then(|tree| print(&tree, style, text.len())).map_or_else(|| text.to_vec(), String::into_bytes)
}
