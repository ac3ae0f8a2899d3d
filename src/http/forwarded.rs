//! `Forwarded` (RFC 7239): what each proxy on the way says of a request.

/// The value of a parameter in one element of the list, such as `for` or `host`, without the quotes around it.
pub(crate) fn parameter<'e>(element: &'e str, name: &str) -> Option<&'e str> {
    let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(found, _)| found.trim().eq_ignore_ascii_case(name))?;
    Some(value.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_found_in_any_case_and_place_and_read_without_quotes() {
        for (element, name, expected) in [
            ("for=192.0.2.60", "for", Some("192.0.2.60")),
            (" For=\"[2001:db8::17]:4711\";proto=https", "for", Some("[2001:db8::17]:4711")),
            ("for=192.0.2.60; PROTO = https ;host=a", "proto", Some("https")),
            ("for;by=x", "for", None),
            ("host=a;host=b", "host", Some("a")),
            ("xhost=a", "host", None),
            ("", "for", None),
        ] {
            assert_eq!(parameter(element, name), expected, "{element}");
        }
    }
}
