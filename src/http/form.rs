//! `application/x-www-form-urlencoded`: the pairs of a query or a form.

/// The pairs in order, decoded: `+` is a space, invalid escapes stay as written, invalid UTF-8 is replaced. A pair without
/// `=` has an empty value; empty pairs are left out.
pub fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

/// The decoded value of the first pair of that name. The rest of the form is not decoded.
pub fn first(encoded: &[u8], name: &str) -> Option<String> {
    form_urlencoded::parse(encoded).find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}
