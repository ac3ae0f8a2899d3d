//! Two requests side by side: what differs in line, headers, query and body.

use askama::Template;

use super::super::format::Seen;

/// A request to compare with.
#[derive(Debug)]
pub struct Choice {
    /// Its id.
    pub id: String,
    /// What it is, in a line.
    pub label: String,
    /// Whether it is the chosen one.
    pub chosen: bool,
}

/// A difference.
#[derive(Debug)]
pub struct DiffRow {
    /// Where: a header's name, a JSON pointer, a line.
    pub place: String,
    /// In the other request.
    pub was: Option<String>,
    /// In the open one.
    pub is: Option<String>,
}

/// The differences of one part.
#[derive(Debug)]
pub struct DiffSection {
    /// Which part.
    pub title: &'static str,
    /// What the differences come to.
    pub summary: String,
    /// The differences.
    pub rows: Vec<DiffRow>,
}

/// The comparison.
#[derive(Debug, Template)]
#[template(path = "tabs/compare.html")]
pub struct CompareTab {
    /// The tab's address.
    pub action: String,
    /// What the list shows stays as it is: names and values for hidden fields.
    pub hidden: Vec<(&'static str, String)>,
    /// What it can be compared with.
    pub choices: Vec<Choice>,
    /// The other's address, once chosen.
    pub other_href: Option<String>,
    /// The differences.
    pub sections: Vec<DiffSection>,
    /// Whether the bytes are the same.
    pub identical: bool,
}
