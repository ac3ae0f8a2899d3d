//! The parts of any body lie in it, in order, each before its delimiter; what a form's writer wrote is read back.
#![no_main]

use creel::inside::Parts;
use libfuzzer_sys::fuzz_target;

const BOUNDARY: &str = "-b";
const DELIMITER: &[u8] = b"---b";

fuzz_target!(|data: &[u8]| {
    any_body(data);
    written(data);
});

fn any_body(body: &[u8]) {
    let mut parts = Parts::new(body, BOUNDARY);
    let mut end = 0;
    while let Some(part) = parts.next() {
        let content = &part.content;
        assert!(end <= content.start && content.start <= content.end && content.end <= body.len());
        // A part begins after a delimiter and its line end.
        assert!(find(&body[end..content.start], DELIMITER).is_some());
        let rest = &body[content.end..];
        let delimiter = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).unwrap_or(rest);
        assert!(rest.is_empty() || delimiter.starts_with(DELIMITER));
        // No delimiter that ends the part is inside it: such a line would begin with it.
        let inside = &body[content.clone()];
        assert!(find(inside, b"\n---b\n").is_none() && find(inside, b"\n---b\r\n").is_none());
        assert!(find(inside, b"\n---b--").is_none());
        end = content.end;
    }
    assert_eq!(parts.next(), None);
}

/// Contents without the delimiter, put into a form, come back byte for byte.
fn written(data: &[u8]) {
    let contents: Vec<&[u8]> = data.split(|&byte| byte == 0xfe).collect();
    if find(data, DELIMITER).is_some() {
        return;
    }
    let mut body = Vec::new();
    for (number, content) in contents.iter().enumerate() {
        body.extend_from_slice(DELIMITER);
        body.extend_from_slice(format!("\r\nContent-Disposition: form-data; name=\"n{number}\"\r\n\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(DELIMITER);
    body.extend_from_slice(b"--\r\n");
    let mut parts = Parts::new(&body, BOUNDARY);
    for (number, content) in contents.iter().enumerate() {
        let part = parts.next().expect("as many parts as were written");
        assert_eq!(part.name.as_deref(), Some(&*format!("n{number}")));
        assert_eq!(&body[part.content], *content);
    }
    assert_eq!((parts.next(), parts.closed()), (None, true));
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
