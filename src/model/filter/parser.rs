//! Parses words to a tree. `OR` binds weaker than adjacency; `-` binds to what follows it.

use super::fields;
use super::lexer::{self, Token};
use super::{FilterError, Leaf, Node};

/// Most conditions in one filter. Each costs time for every request.
const MAX_LEAVES: usize = 64;
/// Deepest nesting of parentheses and `-`: the tree is walked recursively.
const MAX_DEPTH: usize = 32;

pub(super) fn parse(text: &str) -> Result<Option<Node>, FilterError> {
    let mut parser = Parser { tokens: lexer::cut(text)?.into_iter().peekable(), leaves: 0, end: text.len() };
    if parser.tokens.peek().is_none() {
        return Ok(None);
    }
    let node = parser.any(0)?;
    match parser.tokens.next() {
        None => Ok(Some(node)),
        Some(token) => Err(FilterError { at: token.at(), message: "This ')' closes nothing.".to_owned() }),
    }
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    leaves: usize,
    end: usize,
}

impl Parser {
    fn any(&mut self, depth: usize) -> Result<Node, FilterError> {
        let mut parts = vec![self.all(depth)?];
        while matches!(self.tokens.peek(), Some(Token::Or { .. })) {
            self.tokens.next();
            parts.push(self.all(depth)?);
        }
        Ok(one_or(parts, Node::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Node, FilterError> {
        let mut parts = Vec::new();
        while let Some(token) = self.tokens.peek() {
            match token {
                Token::Or { .. } | Token::Close { .. } => break,
                Token::Open { .. } | Token::Minus { .. } | Token::Word(_) => parts.push(self.part(depth)?),
            }
        }
        if parts.is_empty() {
            let at = self.tokens.peek().map_or(self.end, Token::at);
            return Err(FilterError { at, message: "Something to look for is missing here.".to_owned() });
        }
        Ok(one_or(parts, Node::All))
    }

    fn part(&mut self, depth: usize) -> Result<Node, FilterError> {
        let Some(token) = self.tokens.next() else {
            return Err(FilterError { at: self.end, message: "Something to look for is missing here.".to_owned() });
        };
        if depth >= MAX_DEPTH {
            let message = format!("At most {MAX_DEPTH} parentheses and '-' can be inside each other.");
            return Err(FilterError { at: token.at(), message });
        }
        match token {
            Token::Minus { .. } => Ok(Node::Not(Box::new(self.part(depth + 1)?))),
            Token::Open { at } => {
                let node = self.any(depth + 1)?;
                match self.tokens.next() {
                    Some(Token::Close { .. }) => Ok(node),
                    Some(Token::Open { .. } | Token::Or { .. } | Token::Minus { .. } | Token::Word(_)) | None => {
                        Err(FilterError { at, message: "This parenthesis is not closed.".to_owned() })
                    }
                }
            }
            Token::Or { at } | Token::Close { at } => {
                Err(FilterError { at, message: "Something to look for is missing here.".to_owned() })
            }
            Token::Word(word) => {
                self.leaves += 1;
                if self.leaves > MAX_LEAVES {
                    let message = format!("A filter has at most {MAX_LEAVES} conditions.");
                    return Err(FilterError { at: word.at, message });
                }
                leaf(&word).map(Node::Leaf)
            }
        }
    }
}

fn one_or(mut parts: Vec<Node>, many: fn(Vec<Node>) -> Node) -> Node {
    if parts.len() == 1 { parts.remove(0) } else { many(parts) }
}

fn leaf(word: &lexer::Word) -> Result<Leaf, FilterError> {
    // A word with a colon is a field only if its name looks like one: a time of day and a port are words.
    if let Some((name, value)) = word.split(':')
        && !name.has_quotes()
        && !name.text.is_empty()
        && name.text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_' || byte == b'-')
    {
        return fields::read(&name, &value);
    }
    fields::text(word).map(Leaf::Text)
}
