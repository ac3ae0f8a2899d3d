//! The scalars of JSON: each function skips one, or reports the position of an error.

use super::scan::{Failure, Scanner};

impl Scanner<'_> {
    pub(super) fn literal(&mut self, word: &[u8]) -> Result<(), Failure> {
        let rest = &self.bytes[self.at..];
        if rest.starts_with(word) {
            self.at += word.len();
            return Ok(());
        }
        if word.starts_with(rest) {
            self.at = self.bytes.len();
            return Err((self.at, self.end_error));
        }
        Err((self.at, "expected a value"))
    }

    fn digits(&mut self) -> Result<(), Failure> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at > start {
            return Ok(());
        }
        Err((self.at, if self.at == self.bytes.len() { self.end_error } else { "expected a digit" }))
    }

    pub(super) fn number(&mut self) -> Result<(), Failure> {
        if self.bytes[self.at] == b'-' {
            self.at += 1;
        }
        if self.bytes.get(self.at) == Some(&b'0') {
            self.at += 1;
            if self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
                return Err((self.at, "a number has no leading zeros"));
            }
        } else {
            self.digits()?;
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.bytes.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    /// Steps over the string whose opening quote is at `at`.
    pub(super) fn string(&mut self) -> Result<(), Failure> {
        self.at += 1;
        loop {
            let rest = &self.bytes[self.at..];
            let length = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
            if let Some(control) = rest[..length].iter().position(|&byte| byte < 0x20) {
                return Err((self.at + control, "a control character in a string must be escaped"));
            }
            self.at += length;
            match self.bytes.get(self.at) {
                None => return Err((self.at, self.end_error)),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => self.escape()?,
            }
        }
    }

    /// Steps over the escape whose backslash is at `at`.
    fn escape(&mut self) -> Result<(), Failure> {
        let start = self.at;
        self.at += 2;
        match self.bytes.get(start + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(()),
            Some(b'u') => {
                for _ in 0..4 {
                    match self.bytes.get(self.at) {
                        Some(digit) if digit.is_ascii_hexdigit() => self.at += 1,
                        Some(_) => return Err((self.at, "expected four hexadecimal digits after \\u")),
                        None => return Err((self.at, self.end_error)),
                    }
                }
                Ok(())
            }
            Some(_) => Err((start + 1, "no such escape")),
            None => {
                self.at = self.bytes.len();
                Err((self.at, self.end_error))
            }
        }
    }
}
