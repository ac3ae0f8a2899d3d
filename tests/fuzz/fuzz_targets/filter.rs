//! Any text is read or refused at a place in it; what is read means what its words say, alone and put together.
#![no_main]

use creel::inside::{CapturedRequest, Filter, Head, Node};
use creel_fuzz::captured;
use libfuzzer_sys::fuzz_target;

thread_local!(static REQUESTS: [CapturedRequest; 2] = [
    captured(
        Head::new("POST /b/a/x?a=1&b=%20 HTTP/1.1\r\nHost: h\r\nX-Foo: bar\r\n\r\n".into()),
        r#"{"a":{"b":"c"},"event":"x.ended"}"#,
    ),
    captured(Head::new("GET /b HTTP/1.0\r\n\r\n".into()), ""),
]);

fuzz_target!(|text: &str| {
    let filter = match Filter::parse(text) {
        Ok(filter) => filter,
        Err(error) => {
            assert!(text.is_char_boundary(error.at), "{error}");
            assert!(!error.message.is_empty());
            return;
        }
    };
    let Some(root) = filter.root() else {
        assert!(text.trim().is_empty());
        return;
    };
    // In parentheses it means the same, and turned round the reverse; but for what is nested or long to the limit.
    let negated = Filter::parse(&format!("-({text})"));
    if let Ok(negated) = &negated {
        assert!(matches!(negated.root(), Some(Node::Not(inner)) if **inner == *root));
    }
    REQUESTS.with(|requests| {
        for request in requests {
            let matches = filter.matches(request);
            if let Some(decided) = filter.matches_summary(&request.summary) {
                assert_eq!(decided, matches, "the summary decides otherwise");
            }
            assert_eq!(matches, evaluate(root, request));
            if let Ok(negated) = &negated {
                assert_ne!(negated.matches(request), matches);
            }
        }
    });
});

/// The tree's meaning, leaf by leaf.
fn evaluate(node: &Node, request: &CapturedRequest) -> bool {
    match node {
        Node::All(parts) => !parts.iter().any(|part| !evaluate(part, request)),
        Node::Any(parts) => parts.iter().filter(|part| evaluate(part, request)).count() > 0,
        Node::Not(part) => !evaluate(part, request),
        Node::Leaf(leaf) => {
            let content = leaf.content(request.head.raw(), &request.body);
            leaf.decide(&request.summary).unwrap_or(content)
        }
    }
}
