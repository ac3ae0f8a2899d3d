use serde_json::{Value, json};

use super::*;

fn read(provider: &str, json: &[u8], page: Page) -> Content {
    super::read(provider, json, &crate::json::scan(json), page)
}

const WHOLE: Page = Page { from: 0, limit: 1_000 };

fn event(transcript: &Value) -> Vec<u8> {
    json!({"event": "session.ended", "timestamp": "2026-05-28T12:35:24.102Z", "data": {"transcript": transcript}})
        .to_string()
        .into_bytes()
}

fn transcript() -> Value {
    json!([
        {"role": "assistant", "content": "Hello", "timestamp": 1_779_954_672_417_u64},
        {"role": "user", "content": "Où est *ma* commande ? 📦\n# urgent", "timestamp": 1_779_954_679_847_u64},
        {"role": "tool", "content": "", "timestamp": 1_779_954_681_000_u64,
         "toolCall": {"name": "order_status", "arguments": {"order": "A-1"}, "error": "no `such` order"}},
        {"role": "assistant", "content": "Done.", "timestamp": 1_779_954_740_000_u64,
         "files": [{"gcsUri": "gs://b/i.pdf", "mimeType": "application/pdf", "filename": "i.pdf"}]},
    ])
}

#[test]
fn a_conversation_has_roles_offsets_pauses_tools_and_files() {
    let content = read("callaider", &event(&transcript()), WHOLE);
    let found = content.transcript.unwrap();
    assert_eq!((found.total, found.lasted_ms), (4, Some(67_583)));
    let roles: Vec<_> =
        found.messages.iter().map(|one| (one.role.as_str(), one.offset_ms.unwrap(), one.pause_ms)).collect();
    assert_eq!(
        roles,
        [
            ("assistant", 0, None),
            ("user", 7_430, Some(7_430)),
            ("tool", 8_583, None),
            ("assistant", 67_583, Some(59_000))
        ]
    );
    let tool = found.messages[2].tool.clone().unwrap();
    assert_eq!(tool.name.as_deref(), Some("order_status"));
    assert_eq!(
        (tool.arguments.unwrap().replace(['\n', ' '], ""), tool.result),
        ("{\"order\":\"A-1\"}".to_owned(), None)
    );
    assert_eq!(tool.error.as_deref(), Some("no `such` order"));
    assert_eq!(found.messages[3].files[0].name, "i.pdf");
    assert_eq!(content.sent_at, "2026-05-28T12:35:24.102Z".parse().ok());
}

#[test]
fn a_page_of_a_conversation_knows_its_place() {
    let body = event(&transcript());
    let found = read("callaider", &body, Page { from: 1, limit: 2 }).transcript.unwrap();
    let places: Vec<_> = found.messages.iter().map(|one| (one.index, one.pause_ms)).collect();
    assert_eq!((found.total, found.from, places), (4, 1, vec![(1, Some(7_430)), (2, None)]));
    assert!(read("callaider", &body, Page { from: 9, limit: 2 }).transcript.unwrap().messages.is_empty());
}

#[test]
fn a_long_message_is_cut_and_an_odd_one_is_read_as_far_as_it_goes() {
    let odd = json!([{"role": 5, "content": "é".repeat(10_000), "timestamp": "now", "toolCall": [], "files": {}}, "text", {}]);
    let found = read("callaider", &event(&odd), WHOLE).transcript.unwrap();
    assert_eq!((found.total, found.messages[0].role.as_str(), found.messages[0].cut), (3, "5", true));
    assert!(found.messages[0].content.chars().count() <= 4_001);
    assert_eq!((found.messages[0].offset_ms, found.messages[2].tool.clone()), (None, None));
    assert_eq!(read("callaider", &event(&json!("none")), WHOLE).transcript, None);
    assert_eq!(read("github", &event(&transcript()), WHOLE), Content::default());
}

#[test]
fn a_transcript_is_exported_whole_in_three_forms() {
    let body = event(&transcript());
    let exported = |form| String::from_utf8(export("callaider", &body, form).unwrap()).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&exported(TranscriptForm::Json)).unwrap(), transcript());
    let text = exported(TranscriptForm::Text);
    assert!(text.starts_with("[00:00] assistant: Hello\n[00:07] user: Où est *ma* commande ? 📦\n"), "{text}");
    assert!(
        text.contains(
            "[00:08] tool: \n    call of order_status\n    arguments: {\"order\":\"A-1\"}\n    error: no `such` order\n"
        ),
        "{text}"
    );
    assert!(text.ends_with("[01:07] assistant: Done.\n    file i.pdf gs://b/i.pdf\n"), "{text}");
    let markdown = exported(TranscriptForm::Md);
    assert!(markdown.contains("**user** 00:07\n\n> Où est \\*ma\\* commande ? 📦\n> \\# urgent\n"), "{markdown}");
    assert!(markdown.contains("- error: `no 'such' order`"), "{markdown}");
    assert_eq!(export("callaider", b"{}", TranscriptForm::Text), None);
    assert_eq!((export::clock(3_723_000), export::clock(-5_000)), ("1:02:03".to_owned(), "-00:05".to_owned()));
}

#[test]
fn no_line_of_a_message_looks_like_an_entry_of_its_own_or_moves_a_terminal() {
    let forged = "yes\n[00:09] assistant: refund 900\r\n    call of refund\u{1b}[2J\u{9b}31m\u{7f}";
    let items = json!([
        {"role": forged, "content": forged, "timestamp": 1_779_971_635_000_u64,
         "toolCall": {"name": forged, "arguments": forged, "result": forged, "error": forged},
         "files": [{"filename": forged, "gcsUri": forged}]},
        {"role": "user", "content": "ok", "timestamp": 1_779_971_636_000_u64},
    ]);
    let text = String::from_utf8(export("callaider", &event(&items), TranscriptForm::Text).unwrap()).unwrap();
    let entries: Vec<&str> = text.lines().filter(|line| line.starts_with('[')).collect();
    assert_eq!(entries, ["[00:00] yes", "[00:01] user: ok"], "{text}");
    assert!(text.lines().all(|line| line.starts_with('[') || line.starts_with("    ")), "{text}");
    assert_eq!(text.chars().find(|c| c.is_control() && *c != '\n' && *c != '\t'), None, "{text:?}");
}

#[test]
fn a_signed_url_tells_when_it_runs_out() {
    let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
    for (url, expected) in [
        (
            "https://b.s3.amazonaws.com/r?X-Amz-Date=20260528T124100Z&X-Amz-Expires=900&X-Amz-Signature=a",
            at("2026-05-28T12:56:00Z"),
        ),
        ("https://storage.googleapis.com/r?x-goog-expires=60&X-Goog-Date=20260528T124100Z", at("2026-05-28T12:42:00Z")),
        ("https://d.cloudfront.net/r?Expires=1779972060&Signature=x#t", at("2026-05-28T12:41:00Z")),
        ("https://a.blob.core.windows.net/r?se=2026-05-28T12%3A41%3A00Z&sig=x", at("2026-05-28T12:41:00Z")),
        ("https://storage.example/rec/1.mp3?expires=600", None),
        ("https://b.s3.amazonaws.com/r?X-Amz-Date=2026-05-28&X-Amz-Expires=900", None),
        ("https://b.s3.amazonaws.com/r?X-Amz-Date=20261328T124100Z&X-Amz-Expires=-1", None),
        ("https://x.example/r", None),
        ("", None),
    ] {
        assert_eq!(expiry(url).map(|expiry| expiry.at), expected, "{url}");
    }
}

#[test]
fn variables_and_the_recording_of_pathors_are_read() {
    let body = json!({"event": "session.finalized", "extractedVariables": {"name": "Ada", "age": 36, "tags": ["a"]}});
    let content = read("pathors", body.to_string().as_bytes(), WHOLE);
    let expected =
        [("age", "36"), ("name", "Ada"), ("tags", "[\"a\"]")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut found = content.variables;
    found.sort();
    assert_eq!((found.as_slice(), content.more_variables), (&expected[..], 0));
    let many: serde_json::Map<String, Value> = (0..150).map(|number| (format!("v{number}"), json!(number))).collect();
    let content = read("pathors", json!({"extractedVariables": many}).to_string().as_bytes(), WHOLE);
    assert_eq!((content.variables.len(), content.more_variables), (100, 50));
    let content = read("pathors", br#"{"recordingUrl": "https://x/r?Expires=1779972060"}"#, WHOLE);
    assert_eq!(content.recording.unwrap().expiry.unwrap().by, "Expires");
}

proptest::proptest! {
    #[test]
    fn any_body_is_read_and_exported_without_panic(body: Vec<u8>, url: String) {
        for provider in ["callaider", "pathors"] {
            let _ = read(provider, &body, WHOLE);
            let _ = export(provider, &body, TranscriptForm::Md);
        }
        let _ = expiry(&url);
    }
}
