//! Splits a filter's text into words and operators.

use super::FilterError;

/// The longest filter, in bytes; a longer one is a mistake.
pub(super) const MAX_TEXT: usize = 4_096;

/// A word or an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Open {
        at: usize,
    },
    Close {
        at: usize,
    },
    Or {
        at: usize,
    },
    /// A `-` right before a word or a parenthesis, or `NOT`.
    Minus {
        at: usize,
    },
    Word(Word),
}

impl Token {
    pub(super) const fn at(&self) -> usize {
        match self {
            Self::Open { at } | Self::Close { at } | Self::Or { at } | Self::Minus { at } => *at,
            Self::Word(word) => word.at,
        }
    }
}

/// A word without its quotes, and which of its bytes were in quotes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Word {
    pub(super) at: usize,
    pub(super) text: String,
    quoted: Vec<bool>,
    /// Whether there was a quote, even around nothing.
    pub(super) with_quotes: bool,
}

impl Word {
    /// Splits at the first such character outside quotes.
    pub(super) fn split(&self, sign: char) -> Option<(Self, Self)> {
        let at = self.text.char_indices().find(|&(at, found)| found == sign && !self.quoted[at])?.0;
        let part = |from: usize, to: usize| Self {
            at: self.at + from,
            text: self.text[from..to].to_owned(),
            quoted: self.quoted[from..to].to_vec(),
            with_quotes: self.with_quotes,
        };
        Some((part(0, at), part(at + 1, self.text.len())))
    }

    /// The offsets of stars outside quotes.
    pub(super) fn stars(&self) -> Vec<usize> {
        self.text.match_indices('*').map(|(at, _)| at).filter(|&at| !self.quoted[at]).collect()
    }

    /// Whether any of it was in quotes.
    pub(super) fn has_quotes(&self) -> bool {
        self.quoted.contains(&true)
    }

    fn push(&mut self, sign: char, quoted: bool) {
        self.text.push(sign);
        self.quoted.resize(self.text.len(), quoted);
    }
}

/// Splits the text.
pub(super) fn cut(text: &str) -> Result<Vec<Token>, FilterError> {
    if text.len() > MAX_TEXT {
        return Err(FilterError { at: MAX_TEXT, message: format!("A filter has at most {MAX_TEXT} bytes.") });
    }
    let mut tokens = Vec::new();
    let mut signs = text.char_indices().peekable();
    while let Some(&(at, sign)) = signs.peek() {
        match sign {
            _ if sign.is_whitespace() => {
                signs.next();
            }
            '(' => {
                signs.next();
                tokens.push(Token::Open { at });
            }
            ')' => {
                signs.next();
                tokens.push(Token::Close { at });
            }
            '-' if text[at + 1..].starts_with(|next: char| !next.is_whitespace() && next != ')') => {
                signs.next();
                tokens.push(Token::Minus { at });
            }
            _ => {
                let word = word(at, &mut signs)?;
                tokens.push(Token::Word(word));
            }
        }
    }
    Ok(signs_of_words(tokens))
}

/// Turns the words `or`, `and` and `NOT` into operators. In lower case, `or` and `and` are operators only between two
/// conditions, and `not` is always a word.
fn signs_of_words(tokens: Vec<Token>) -> Vec<Token> {
    let mut read: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        let Token::Word(word) = token else {
            read.push(token);
            continue;
        };
        let at = word.at;
        let bare = if word.with_quotes { "" } else { word.text.as_str() };
        let after = matches!(read.last(), Some(Token::Word(_) | Token::Close { .. }));
        let before = matches!(rest.peek(), Some(Token::Word(_) | Token::Open { .. } | Token::Minus { .. }));
        let joins = after && before;
        match bare {
            "OR" => read.push(Token::Or { at }),
            _ if joins && bare.eq_ignore_ascii_case("or") => read.push(Token::Or { at }),
            // Adjacent conditions are joined by AND anyway.
            _ if joins && bare.eq_ignore_ascii_case("and") => {}
            "NOT" if before => read.push(Token::Minus { at }),
            _ => read.push(Token::Word(word)),
        }
    }
    read
}

fn word(start: usize, signs: &mut std::iter::Peekable<std::str::CharIndices<'_>>) -> Result<Word, FilterError> {
    let mut word = Word { at: start, ..Word::default() };
    let mut open: Option<usize> = None;
    while let Some(&(at, sign)) = signs.peek() {
        if open.is_none() && (sign.is_whitespace() || matches!(sign, '(' | ')')) {
            break;
        }
        signs.next();
        if sign == '\0' {
            return Err(FilterError { at, message: "A filter cannot hold a NUL byte.".to_owned() });
        }
        match sign {
            '"' => {
                open = if open.is_some() { None } else { Some(at) };
                word.with_quotes = true;
            }
            '\\' if open.is_some() && matches!(signs.peek(), Some((_, '"' | '\\'))) => {
                if let Some((_, escaped)) = signs.next() {
                    word.push(escaped, true);
                }
            }
            _ => word.push(sign, open.is_some()),
        }
    }
    match open {
        Some(at) => Err(FilterError { at, message: "The quote is not closed: add a \" at its end.".to_owned() }),
        None => Ok(word),
    }
}
