//! URLs as proxies report them, and with one mistake; and the words for a URL.

use super::super::proxies::told;
use super::super::url_slips::slips;
use super::super::urls;
use super::made::searched;
use super::*;

/// What proxies' headers say of a URL: code, URL, header.
fn told_by(url: &str, fields: &[(&str, &str)]) -> Vec<(&'static str, String, &'static str)> {
    let headers: Headers = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let request =
        SignedRequest { method: "POST", url, headers: &headers, body: b"", received_at: Timestamp::default() };
    told(&request).into_iter().map(|told| (told.code, told.url, told.header)).collect()
}

#[test]
fn a_url_is_told_by_the_headers_of_proxies() {
    let own = "http://in.example:80/a?q=1";
    for (fields, code, url, header) in [
        (&[("Host", "h.example")][..], "url_host", "http://h.example/a?q=1", "host"),
        (&[("X-Forwarded-Host", "h.example, second")], "url_host", "http://h.example/a?q=1", "x-forwarded-host"),
        (
            &[("Forwarded", "for=x; Host=\"h.example\";proto=https, host=b")],
            "url_host",
            "http://h.example/a?q=1",
            "forwarded",
        ),
        (&[("Forwarded", "for=x;proto=https")], "url_scheme", "https://in.example:80/a?q=1", "forwarded"),
        (&[("X-Forwarded-Proto", "https,http")], "url_scheme", "https://in.example:80/a?q=1", "x-forwarded-proto"),
        (&[("X-Forwarded-Port", "8443")], "url_port", "http://in.example:8443/a?q=1", "x-forwarded-port"),
        (
            &[("X-Forwarded-Port", "8443"), ("X-Forwarded-Host", "h.example:1")],
            "url_port",
            "http://h.example:8443/a?q=1",
            "x-forwarded-port",
        ),
        (&[("X-Forwarded-Prefix", "/app/")], "url_path", "http://in.example:80/app/a?q=1", "x-forwarded-prefix"),
        (&[("X-Forwarded-Prefix", "app")], "url_path", "http://in.example:80/app/a?q=1", "x-forwarded-prefix"),
        (&[("X-Original-URI", "/b?z=2")], "url_path", "http://in.example:80/b?z=2", "x-original-uri"),
        (&[("X-Original-URI", "/b")], "url_path", "http://in.example:80/b", "x-original-uri"),
        // A path without a query may have had the request's.
        (&[("X-Original-URI", "/b")], "url_path", "http://in.example:80/b?q=1", "x-original-uri"),
        (&[("X-Original-URL", "https://all.example/c")], "url_path", "https://all.example/c", "x-original-url"),
        (
            &[("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "h.example"), ("X-Original-URI", "/b?z=2")],
            "url_path",
            "https://h.example/b?z=2",
            "x-original-uri",
        ),
    ] {
        let all = told_by(own, fields);
        assert!(all.contains(&(code, url.to_owned(), header)), "{fields:?}: {all:#?}");
    }
    for (url, fields, never) in [
        (own, &[("X-Forwarded-Port", "84x")][..], "http://in.example:84x/a?q=1"),
        (own, &[("X-Original-URI", "/b?z=2")], "http://in.example:80/b?z=2?q=1"),
        ("http://in.example/a", &[("X-Original-URI", "/b")], "http://in.example/b?"),
        (own, &[("X-Original-URI", "b")], "http://in.example:80b"),
        (own, &[("Host", "two words")], "http://two words/a?q=1"),
        (own, &[("Host", "")], "http:///a?q=1"),
        (own, &[("Host", "in.example:80")], own),
    ] {
        let all = told_by(url, fields);
        assert!(all.iter().all(|(_, told, _)| told != never), "{fields:?}: {all:#?}");
    }
    // The address of a host may contain colons too.
    let six = told_by("http://[::1]/a", &[("X-Forwarded-Port", "8443")]);
    assert_eq!(six, [("url_port", "http://[::1]:8443/a".to_owned(), "x-forwarded-port")]);
    // One thing at a time comes first, nothing comes twice, and there are not too many.
    let both =
        told_by(own, &[("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "h.example"), ("Host", "h.example")]);
    let urls: Vec<&str> = both.iter().map(|(_, url, _)| url.as_str()).collect();
    assert_eq!(urls, ["http://h.example/a?q=1", "https://in.example:80/a?q=1", "https://h.example/a?q=1"]);
    let names = ["Host", "X-Forwarded-Host", "X-Original-Host", "X-Forwarded-Server", "X-Real-Host"];
    let hosts: Vec<String> = (0..names.len()).map(|at| format!("h{at}.example")).collect();
    let mut fields: Vec<(&str, &str)> = names.into_iter().zip(hosts.iter().map(String::as_str)).collect();
    fields.extend([
        ("X-Forwarded-Port", "1"),
        ("X-Forwarded-Proto", "https"),
        ("X-Original-URI", "/b"),
        ("X-Forwarded-Prefix", "/p"),
    ]);
    assert_eq!(told_by(own, &fields).len(), 64);
}

#[test]
fn a_url_has_one_slip() {
    for (url, code, expected) in [
        ("https://u@www.My.example:8443/a?q=1", "url_host", "https://www.My.example.:8443/a?q=1"),
        ("https://u@www.My.example:8443/a?q=1", "url_host", "https://www.my.example:8443/a?q=1"),
        ("https://u@www.My.example:8443/a?q=1", "url_host", "https://My.example:8443/a?q=1"),
        ("https://u@www.My.example:8443/a?q=1", "url_userinfo", "https://www.My.example:8443/a?q=1"),
        ("https://u@www.My.example:8443/a?q=1", "url_port", "https://www.My.example:3000/a?q=1"),
        ("https://my.example/a", "url_host", "https://My.Example/a"),
        ("https://my.example/a", "url_host", "https://My.example/a"),
        ("https://my.example/a", "url_host", "https://www.my.example/a"),
        ("https://my.example/a", "url_host", "https://MY.EXAMPLE/a"),
        ("https://bücher.example/a", "url_host", "https://xn--bcher-kva.example/a"),
        ("https://xn--bcher-kva.example/a", "url_host", "https://bücher.example/a"),
        ("https://[::1]:x/a", "url_port", "https://[::1]:x:8080/a"),
        ("https://my.example/a/b", "url_path", "https://my.example//a/b"),
        ("https://my.example/a/b", "url_path", "https://my.example/api/a/b"),
        ("https://my.example/a/b/", "url_path", "https://my.example/a/b/index.php"),
        ("https://my.example/a.php", "url_path", "https://my.example/a"),
        ("https://my.example/a/b/c", "url_path", "https://my.example/b/c"),
        ("https://my.example/a/b/c", "url_path", "https://my.example/c"),
        ("https://my.example/a/b/c", "url_path", "https://my.example/a/b"),
        ("https://my.example/a/b/c", "url_path", "https://my.example/a"),
        ("https://my.example/a%20b", "url_path", "https://my.example/a+b"),
        ("https://my.example/a?x=1&y=2&z=3", "url_query_missing", "https://my.example/a?x=1&z=3"),
        ("https://my.example/a?x=1&y=2&z=3", "url_query_missing", "https://my.example/a?x=1"),
        ("https://my.example/a?x=1&y=2&z=3", "url_query_missing", "https://my.example/a?x=1&y=2"),
        ("https://my.example/a?x=1&utm_a=2&z=3&gclid=4", "url_query_missing", "https://my.example/a?x=1&z=3"),
        ("https://my.example/a?x=1&x=1&y=2&y=2", "url_query_missing", "https://my.example/a?x=1&y=2"),
        ("https://my.example/a?x=1", "url_query_missing", "https://my.example/a"),
        ("https://my.example/a?x=&y", "url_query", "https://my.example/a?x&y"),
        ("https://my.example/a?x=&y", "url_query", "https://my.example/a?x=&y="),
        ("https://my.example/a?x=1", "url_query", "https://my.example/a?x=1&"),
        ("https://my.example/a?x=1", "url_scheme", "HTTPS://my.example/a?x=1"),
        ("https://my.example/a?x=1", "url_scheme", "my.example/a?x=1"),
        ("https://my.example/a?x=1#f", "url_fragment", "https://my.example/a?x=1"),
        ("https://my.example/a?x=1", "url_host", "/a?x=1"),
        // As JavaScript's encodeURIComponent writes it.
        ("https://my.example/a?x=~", "url_escapes", "https%3A%2F%2Fmy.example%2Fa%3Fx%3D~"),
    ] {
        let all = slips(url);
        assert!(all.contains(&(code, expected.to_owned())), "{url} {expected}: {all:#?}");
    }
    // A URL without a query gets no other query.
    assert!(slips("https://my.example/a").iter().all(|(code, _)| !code.starts_with("url_query")));
    assert!(slips("https://my.example/a").iter().all(|(_, url)| !url.ends_with('?')));
}

#[test]
fn a_url_has_several_forms_those_with_the_fewest_changes_first() {
    let forms = |url: &str, body: &[u8]| {
        let got = Got { scheme: "square", secret: "key".into(), headers: Headers::new(), url, body };
        searched(scheme("square"), &got, |search| {
            urls::forms(search).into_iter().map(|form| (form.code, form.url)).collect::<Vec<_>>()
        })
    };
    let url = "https://My.example:8443/a//b%2Fc/?b=x%20y&a=1+2%26";
    for (code, expected) in [
        ("url_scheme", "http://My.example:8443/a//b%2Fc/?b=x%20y&a=1+2%26"),
        ("url_port", "https://My.example/a//b%2Fc/?b=x%20y&a=1+2%26"),
        ("url_port", "https://My.example:443/a//b%2Fc/?b=x%20y&a=1+2%26"),
        ("url_host", "https://my.example:8443/a//b%2Fc/?b=x%20y&a=1+2%26"),
        ("url_trailing_slash", "https://My.example:8443/a//b%2Fc?b=x%20y&a=1+2%26"),
        ("url_escapes", "https://My.example:8443/a//b/c/?b=x%20y&a=1+2%26"),
        ("url_path", "https://My.example:8443/a/b%2Fc/?b=x%20y&a=1+2%26"),
        ("url_path", "https://My.example:8443/?b=x%20y&a=1+2%26"),
        ("url_query_missing", "https://My.example:8443/a//b%2Fc/"),
        ("url_query_order", "https://My.example:8443/a//b%2Fc/?a=1+2%26&b=x%20y"),
        ("url_escapes", "https://My.example:8443/a//b%2Fc/?b=x%20y&a=1%202%26"),
        ("url_escapes", "https://My.example:8443/a//b%2Fc/?b=x+y&a=1+2%26"),
        ("url_escapes", "https://My.example:8443/a//b%2Fc/?b=x y&a=1 2&"),
        ("url_escapes", "https://My.example:8443/a//b%2Fc/%3Fb=x%20y&a=1+2%26"),
        ("url_escapes", "https://My.example:8443/a//b%2Fc/?b=x%20y&amp;a=1+2%26"),
    ] {
        let all = forms(url, b"{}");
        assert!(all.contains(&(code, expected.to_owned())), "{expected}: {:#?}", &all[..60]);
    }
    // Of many pairs not every order is tried.
    let many = forms("https://my.example/?c=1&a=x%2fy&g=2&f=3&e=4&d=5&b=6", b"{}");
    for query in ["a=x%2fy&b=6&c=1&d=5&e=4&f=3&g=2", "b=6&d=5&e=4&f=3&g=2&a=x%2fy&c=1"] {
        let form = ("url_query_order", format!("https://my.example/?{query}"));
        assert!(many.contains(&form), "{query}: {many:#?}");
    }
    // The escapes in either case.
    for query in ["a=%c3%bc", "a=%C3%BC"] {
        let cased = forms("https://my.example/?a=%C3%bc", b"{}");
        assert!(cased.contains(&("url_escapes", format!("https://my.example/?{query}"))), "{query}: {cased:#?}");
    }
    // Only escapes of what need not be escaped are resolved.
    let partly = forms("https://my.example/?a=%41%7E%26%zz%C3", b"{}");
    assert!(partly.contains(&("url_escapes", "https://my.example/?a=A~%26%zz%C3".to_owned())), "{partly:#?}");
    let bare = forms("https://my.example/a", b"{}");
    assert!(bare.contains(&("url_query", "https://my.example/a?".to_owned())), "{bare:#?}");
    assert!(bare.contains(&("url_trailing_slash", "https://my.example/a/".to_owned())), "{bare:#?}");
    assert!(bare.iter().all(|(_, url)| !url.ends_with("??")), "{bare:#?}");
    assert!(all_differ(&bare) && all_differ(&forms(url, b"{}")));
    // More are tried for small bodies.
    assert_eq!(forms(url, &vec![b'x'; (16 << 10) + 1]).len(), 256);
    assert!(forms(url, b"{}").len() > 256);
}

fn all_differ(forms: &[(&str, String)]) -> bool {
    let urls: std::collections::HashSet<&str> = forms.iter().map(|(_, url)| url.as_str()).collect();
    urls.len() == forms.len()
}

#[test]
fn the_public_url_that_helps_is_named_or_why_none_does() {
    let plain = "0f3a9c5e7b1d2f4a6c8e";
    let fix = |signed: &str, below: &'static str, query: Option<&'static str>, url: &str| {
        let sent = Sent { signed_url: signed.into(), ..Sent::new("square", plain.as_bytes(), b"{}") };
        let mut headers = sent.headers();
        headers.push("Host", "public.example");
        let got = Got { scheme: "square", secret: plain.into(), headers, url, body: b"{}" };
        let found = got.diagnose_with(|case| {
            case.below = below;
            case.query = query;
        });
        assert!(found[0].verifies && found[0].code.starts_with("url_"), "{signed}: {found:#?}");
        found[0].fix.clone()
    };
    let set = |url: &str| format!("Set the bin's public URL to `{url}`.");
    let url = "https://hook.example/in/sub?a=1";
    for (signed, below, query, expected) in [
        ("https://public.example/in/sub?a=1", "/sub", Some("a=1"), set("https://public.example/in")),
        ("https://public.example/in/sub?a=1", "", Some("a=1"), set("https://public.example/in/sub")),
        ("https://public.example/in/sub?a=1", "", None, set("https://public.example/in/sub?a=1")),
    ] {
        assert_eq!(fix(signed, below, query, url), expected, "{signed} {below}");
    }
    for (signed, below, query, why) in [
        (
            "https://hook.example/in/sub?a=1 ",
            "",
            Some("a=1"),
            "the signed URL has characters that no public URL may have",
        ),
        ("/in/sub?a=1", "", Some("a=1"), "the signed URL has no scheme or no host"),
        ("//hook.example/in/sub?a=1", "", Some("a=1"), "the signed URL has no scheme or no host"),
        ("hook.example/in/sub?a=1", "", Some("a=1"), "the signed URL has no scheme or no host"),
        ("https://hook.example/in/sub", "", Some("a=1"), "the query arrived in another form than the signed one"),
        (
            "https://hook.example/in/sub/?a=1",
            "/sub",
            Some("a=1"),
            "the request arrived below the bin with the path `/sub`",
        ),
    ] {
        let fix = fix(signed, below, query, url);
        assert!(fix.starts_with(&format!("No setting of the bin can help: {why}")), "{signed}: {fix}");
    }
    // What is seen of a URL with white space tells where it is.
    let spaced = "https://hook.example/in/sub?a=1 ";
    let headers = Sent { signed_url: spaced.into(), ..Sent::new("square", plain.as_bytes(), b"{}") }.headers();
    let found = Got { scheme: "square", secret: plain.into(), headers, url, body: b"{}" }.diagnose();
    assert!(found[0].sentence.contains(&format!("\"{spaced}\"")), "{found:#?}");
    // Where the public URL and the path are joined, one of two slashes is left out: the public URL keeps one more.
    let slashes = fix("https://public.example//sub?a=1", "/sub", Some("a=1"), "https://hook.example//sub?a=1");
    assert_eq!(slashes, set("https://public.example//"));
}
