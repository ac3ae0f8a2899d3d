//! The fields that most clients write themselves: where the request goes, and how its body is delimited.

use super::field::{Field, is_own};
use super::outgoing::Outgoing;
use super::wire::Framing;

/// A field to send, by the source of its value.
#[derive(Clone, Copy)]
pub(super) enum Line<'a> {
    /// One with the value that it had.
    Given(&'a Field),
    /// The host that it goes to.
    Host(&'a Field),
    /// What delimits the body.
    Framing(&'a Field),
}

impl Line<'_> {
    const fn at(&self) -> usize {
        match self {
            Self::Given(field) | Self::Host(field) | Self::Framing(field) => field.at,
        }
    }
}

impl Outgoing<'_> {
    /// All fields in the order in which they came.
    pub(super) fn lines(&self) -> Vec<Line<'_>> {
        let own = self.host.iter().map(Line::Host).chain(self.framed.iter().map(Line::Framing));
        let mut lines: Vec<Line<'_>> = self.headers.iter().map(Line::Given).chain(own).collect();
        lines.sort_by_key(Line::at);
        lines
    }

    /// Whether what delimits the body has the value that every client would write.
    pub(super) fn has_plain_framing(&self) -> bool {
        let plain = match self.framing {
            Framing::Chunked => b"chunked".to_vec(),
            Framing::None | Framing::Length => self.body.len().to_string().into_bytes(),
        };
        self.framed.as_ref().is_none_or(|field| field.value == plain)
    }

    /// Whether it comes after all that is given, written as every client writes it.
    pub(super) fn has_usual_framing(&self) -> bool {
        let is_usual = |field: &Field| {
            matches!(&*field.name, "Content-Length" | "Transfer-Encoding")
                && self.headers.iter().all(|given| given.at < field.at)
        };
        self.has_plain_framing() && self.framed.as_ref().is_none_or(is_usual)
    }

    /// Whether `Host` comes before all others, written as every client writes it.
    pub(super) fn has_usual_host(&self) -> bool {
        let first = self.lines().first().is_some_and(|line| matches!(line, Line::Host(field) if field.name == "Host"));
        first || self.host.is_none()
    }

    /// Notes for a client that sends these fields in this order; `writes_value` if what delimits the body has a value
    /// of its own making. What is not sent at all is said elsewhere.
    pub(super) fn note_own(&self, client: &str, sent: &[&str], writes_value: bool, notes: &mut Vec<String>) {
        let place = |name: &str| sent.iter().position(|sent| sent.eq_ignore_ascii_case(name));
        // A field that the sender did not send has no required position.
        let framed = self.framed.as_ref().filter(|field| field.at != usize::MAX);
        let both = self.host.as_ref().zip(framed);
        let swapped = both.is_some_and(|(host, framed)| {
            place(&host.name).zip(place(&framed.name)).is_some_and(|(h, f)| (h < f) != (host.at < framed.at))
        });
        let mut own = Vec::new();
        for (field, is_host) in self.host.iter().map(|field| (field, true)).chain(framed.map(|field| (field, false))) {
            let Some(at) = place(&field.name) else { continue };
            let before = sent[..at].iter().filter(|name| !is_own(name)).count();
            let is_sent = |other: &&Field| sent.iter().any(|name| name.eq_ignore_ascii_case(&other.name));
            let was_before = self.headers.iter().filter(is_sent).filter(|other| other.at < field.at).count();
            let other = [
                (before != was_before || swapped && !is_host, "place"),
                (sent[at] != field.name, "spelling"),
                (!is_host && writes_value && !self.has_plain_framing(), "value"),
            ];
            let other: Vec<&str> = other.into_iter().filter_map(|(differs, what)| differs.then_some(what)).collect();
            if !other.is_empty() {
                own.push(format!("{} itself (another {})", field.name, other.join(", another ")));
            }
        }
        if !own.is_empty() {
            notes.push(format!("{client} writes {}", own.join(" and ")));
        }
        if self.host.is_none() {
            notes.push("Host is added, which the sender left out".to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{options, request};
    use super::*;

    fn notes(head: &str, sent: &[&str]) -> Vec<String> {
        let request = request(format!("POST /b HTTP/1.1\r\n{head}\r\n").as_bytes(), b"xy");
        let mut notes = Vec::new();
        Outgoing::new(&request, &options(true)).note_own("curl", sent, true, &mut notes);
        notes
    }

    #[test]
    fn what_is_in_its_place_is_no_matter_and_what_is_not_is_named() {
        let usual = ["Host", "X-A", "Content-Length"];
        assert!(notes("Host: h\r\nX-A: 1\r\nContent-Length: 2\r\n", &usual).is_empty());
        for (head, wanted) in [
            ("Host: h\r\nContent-Length: 2\r\nX-A: 1\r\n", "curl writes Content-Length itself (another place)"),
            ("X-A: 1\r\nHost: h\r\nContent-Length: 2\r\n", "curl writes Host itself (another place)"),
            ("host: h\r\nX-A: 1\r\nContent-Length: 2\r\n", "curl writes host itself (another spelling)"),
            ("Host: h\r\nX-A: 1\r\nContent-Length: 002\r\n", "curl writes Content-Length itself (another value)"),
            (
                "x-a: 1\r\nhost: h\r\ncontent-length: 2\r\n",
                "curl writes host itself (another place, another spelling) and content-length itself (another spelling)",
            ),
            ("X-A: 1\r\nContent-Length: 2\r\n", "Host is added, which the sender left out"),
        ] {
            assert_eq!(notes(head, &usual), [wanted], "{head}");
        }
        let without = notes("Content-Length: 2\r\nHost: h\r\n", &["Host", "Content-Length"]);
        assert_eq!(without, ["curl writes Content-Length itself (another place)"]);
    }
}
