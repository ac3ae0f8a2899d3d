//! Any archive is read or refused by its entry; each request of one that is read has exactly one head, and survives an
//! export.
#![no_main]

use creel::inside::{BinId, ExportOptions, Imported, SingleExporter, read_har, record, single};
use creel_fuzz::captured;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let bin: BinId = "zzzzzzzzzzzzzzzz".parse().expect("an id");
    let imported = match read_har(data, bin) {
        Ok(imported) => imported,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    for Imported { request, .. } in imported {
        // Nothing in a method, URL or header makes a second message or ends the head early.
        let recorded = record(request.head.raw(), &[usize::MAX]);
        assert_eq!(recorded.messages.len(), 1, "{:?}", request.head);
        assert_eq!(recorded.messages[0].head, request.head.raw());

        let options = ExportOptions { redact: false, origin: "http://127.0.0.1:4665".to_owned(), url: None };
        let har: SingleExporter = "har".parse().expect("an exporter");
        let exported = single(har, &captured(request.head.clone(), request.body.clone()), &options).bytes;
        let again = read_har(&exported, bin).expect("an exported archive is read");
        assert_eq!(again.len(), 1);
        let again = &again[0].request;
        assert_eq!(again.body, request.body);
        assert_eq!(again.head.method(), request.head.method());
        assert_eq!(again.head.headers(), request.head.headers());
    }
});
