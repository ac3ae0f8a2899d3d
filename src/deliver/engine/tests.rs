//! Tests the engine against misbehaving targets, on a network that reaches nothing else.

use std::net::{Ipv4Addr, Ipv6Addr};

use parking_lot::Mutex;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::network::Busy;
use super::*;
use crate::model::Origin;

/// Names that resolve to something else each time, and connections that are only noted.
#[derive(Default)]
struct Fake {
    answers: Mutex<Vec<Vec<IpAddr>>>,
    dialled: Mutex<Vec<SocketAddr>>,
}

impl Network for Fake {
    fn resolve<'a>(&'a self, _: &'a str) -> Busy<'a, Vec<IpAddr>> {
        let mut answers = self.answers.lock();
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers.first().cloned().unwrap_or_default() };
        Box::pin(std::future::ready(Ok(answer)))
    }
    fn connect(&self, to: SocketAddr) -> Busy<'_, TcpStream> {
        self.dialled.lock().push(to);
        Box::pin(std::future::ready(Err(std::io::ErrorKind::ConnectionRefused.into())))
    }
}

fn engine_with(network: Arc<dyn Network>, rules: &[&str], tls: TlsOptions) -> Engine {
    let rules = rules.iter().map(|rule| rule.parse().unwrap()).collect();
    let policy = TargetPolicy::new(true, rules, "127.0.0.1:4666".parse().unwrap());
    Engine::new(network, policy, tls, OwnSockets::default(), Clock::system())
}

fn engine() -> Engine {
    engine_with(Arc::new(System), &[], TlsOptions::default())
}

fn parcel(url: &str) -> Parcel {
    let target = TargetUrl::parse(url).unwrap();
    Parcel {
        url: url.to_owned(),
        hidden: Cover::default(),
        head: Bytes::from(format!("POST / HTTP/1.1\r\nHost: {}\r\nContent-Length: 2\r\n\r\n", target.authority())),
        body: Bytes::from_static(b"hi"),
        to_head: false,
        timeout: Duration::from_secs(10),
        own: OwnSocket { origin: Origin::Replayed, hops: 1 },
        spread: Duration::ZERO,
        to_self: false,
        target,
    }
}

/// A target that takes one connection, reads the request, and does something with it.
async fn target<F, W>(does: F) -> u16
where
    F: FnOnce(TcpStream) -> W + Send + 'static,
    W: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4 << 10];
        let mut read = 0;
        while !request[..read].ends_with(b"hi") {
            read += stream.read(&mut request[read..]).await.unwrap();
        }
        does(stream).await;
    });
    port
}

/// The result for a target that sends these bytes and closes.
async fn sends(bytes: Vec<u8>) -> Delivered {
    let port = target(|mut stream| async move {
        // The engine may have had enough.
        let _ = stream.write_all(&bytes).await;
    })
    .await;
    engine().deliver(&parcel(&format!("http://127.0.0.1:{port}/"))).await
}

#[tokio::test]
async fn a_response_comes_back_whole_with_its_times() {
    let delivered = sends(
        b"HTTP/1.1 100 C\r\n\r\nHTTP/1.1 201 Made\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
            .to_vec(),
    )
    .await;
    let response = delivered.response.clone().unwrap();
    assert_eq!((delivered.outcome, delivered.status(), &response.body[..]), (Outcome::Answered, Some(201), &b"ok"[..]));
    assert_eq!(&response.head[..], b"HTTP/1.1 201 Made\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n");
    let times = delivered.times;
    assert!(times.resolve.is_some() && times.connect.is_some() && times.tls.is_none() && times.first_byte.is_some());
    assert!(times.total >= times.first_byte.unwrap());
}

#[tokio::test]
async fn every_way_to_fail_has_its_outcome_and_a_sentence() {
    for (bytes, outcome, sentence) in [
        (&b""[..], Outcome::Cut, "closed the connection without a response"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", Outcome::Cut, "before its response was whole"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", Outcome::Malformed, "no HTTP/1 response"),
        (b"\x15\x03\x01\x00\x02\x02\x46", Outcome::Malformed, "does it speak https"),
    ] {
        let delivered = sends(bytes.to_vec()).await;
        assert_eq!(delivered.outcome, outcome, "{delivered:?}");
        assert!(delivered.sentence.contains(sentence), "{}", delivered.sentence);
    }
    let cut = sends(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf".to_vec()).await;
    assert_eq!((cut.status(), &cut.response.unwrap().body[..]), (None, &b"half"[..]));

    let port = target(|stream| async move {
        socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    })
    .await;
    let reset = engine().deliver(&parcel(&format!("http://127.0.0.1:{port}/"))).await;
    assert_eq!(reset.outcome, Outcome::Reset, "{}", reset.sentence);

    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let nobody = engine().deliver(&parcel(&format!("http://127.0.0.1:{free}/"))).await;
    assert_eq!((nobody.outcome, nobody.sentence), (Outcome::Connect, format!("Nothing listens on 127.0.0.1:{free}.")));
    let nobody = engine().deliver(&parcel(&format!("http://localhost:{free}/"))).await;
    assert_eq!(nobody.sentence, format!("Nothing listens on [::1]:{free} or 127.0.0.1:{free}."));

    let unknown = engine_with(Arc::new(Fake::default()), &["hooks.example"], TlsOptions::default());
    let delivered = unknown.deliver(&parcel("http://hooks.example/")).await;
    assert_eq!(
        (delivered.outcome, delivered.sentence.as_str()),
        (Outcome::Dns, "hooks.example has no address; check the name.")
    );
}

#[tokio::test]
async fn a_slow_and_an_endless_target_are_left_in_time_and_what_came_is_kept() {
    let port = target(|stream| async move {
        tokio::time::sleep(Duration::from_mins(1)).await;
        drop(stream);
    })
    .await;
    let quick = |port| Parcel { timeout: Duration::from_millis(300), ..parcel(&format!("http://127.0.0.1:{port}/")) };
    let silent = engine().deliver(&quick(port)).await;
    assert_eq!(silent.outcome, Outcome::Timeout);
    assert!(silent.sentence.ends_with("did not answer within 300 ms."), "{}", silent.sentence);
    assert!((300_000..3_000_000).contains(&silent.times.total));

    let port = target(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(b"drip").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let dripping = engine().deliver(&quick(port)).await;
    assert_eq!((dripping.outcome, dripping.status()), (Outcome::Timeout, None));
    assert!(dripping.response.unwrap().body.starts_with(b"dripdrip"));

    let port = target(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        let piece = vec![b'x'; 1 << 20];
        while stream.write_all(&piece).await.is_ok() {}
    })
    .await;
    let endless = engine().deliver(&parcel(&format!("http://127.0.0.1:{port}/"))).await;
    let response = endless.response.unwrap();
    assert_eq!(
        (endless.outcome, response.body.len(), response.body_cut),
        (Outcome::Answered, response::MAX_KEPT, true)
    );
}

#[tokio::test]
async fn an_answer_before_the_request_was_read_counts() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let held = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        // Not closed: the rest of the request is never read.
        tokio::time::sleep(Duration::from_mins(1)).await;
    });
    let large = Parcel { body: vec![0; 32 << 20].into(), ..parcel(&format!("http://127.0.0.1:{port}/")) };
    let delivered = engine().deliver(&large).await;
    assert_eq!(delivered.status(), Some(413), "{}", delivered.sentence);
    held.abort();
}

#[tokio::test]
async fn localhost_is_found_on_whichever_family_listens() {
    for ip in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
        let listener = TcpListener::bind((ip, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 256];
            let _ = stream.read(&mut request).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            let _ = stream.read(&mut request).await;
        });
        let delivered = engine().deliver(&parcel(&format!("http://localhost:{port}/"))).await;
        assert_eq!(delivered.status(), Some(200), "{ip}: {}", delivered.sentence);
    }
}

#[tokio::test]
async fn no_address_that_is_not_allowed_is_ever_dialled() {
    let names = |ips: &[&str]| -> Vec<IpAddr> { ips.iter().map(|ip| ip.parse().unwrap()).collect() };
    for (url, answers) in [
        ("http://10.0.0.1/", vec![]),
        ("http://169.254.169.254/latest/meta-data/", vec![]),
        ("http://2852039166/", vec![]),
        ("http://0xa9.0xfe.0xa9.0xfe/", vec![]),
        ("http://0251.0376.0251.0376/", vec![]),
        ("http://[::ffff:169.254.169.254]/", vec![]),
        ("http://[64:ff9b::a9fe:a9fe]/", vec![]),
        ("http://[fe80::1]/", vec![]),
        ("http://0.0.0.0:3000/", vec![]),
        ("http://127.0.0.1:4666/", vec![]),
        ("http://localhost:4666/", vec![]),
        ("http://public.example/", names(&["203.0.113.7"])),
        ("http://metadata.example/", names(&["169.254.169.254"])),
        // One good address does not make up for a bad one.
        ("http://both.example/", names(&["127.0.0.1", "10.0.0.1"])),
        ("http://mapped.example/", names(&["::ffff:10.0.0.1"])),
        ("http://a.corp.example/", names(&["169.254.169.254"])),
        ("http://listed.example/", names(&["100.100.100.200"])),
        ("http://console.example:4666/", names(&["127.0.0.1"])),
    ] {
        let network = Arc::new(Fake::default());
        network.answers.lock().push(answers);
        let engine =
            engine_with(Arc::clone(&network) as _, &["*.corp.example", "listed.example"], TlsOptions::default());
        let target = TargetUrl::parse(url).unwrap();
        assert!(engine.check(&target).await.is_err(), "{url}");
        assert_eq!(engine.deliver(&parcel(url)).await.outcome, Outcome::RefusedTarget, "{url}");
        assert!(!engine.reaches(&target).await, "{url}");
        assert_eq!(network.dialled.lock().len(), 0, "{url}");
    }
}

#[tokio::test]
async fn a_name_that_moves_between_check_and_connect_is_refused_and_what_was_checked_is_what_is_dialled() {
    let network = Arc::new(Fake::default());
    network.answers.lock().extend([vec!["127.0.0.1".parse().unwrap()], vec!["169.254.169.254".parse().unwrap()]]);
    let engine = engine_with(Arc::clone(&network) as _, &[], TlsOptions::default());
    assert!(engine.check(&TargetUrl::parse("http://moving.example:81/").unwrap()).await.is_ok());
    let delivered = engine.deliver(&parcel("http://moving.example:81/")).await;
    assert_eq!(delivered.outcome, Outcome::RefusedTarget);
    assert!(delivered.sentence.contains("--allow-target 169.254.169.254"), "{}", delivered.sentence);
    assert!(network.dialled.lock().is_empty());

    *network.answers.lock() = vec![vec!["::ffff:127.0.0.1".parse().unwrap()], vec!["10.0.0.1".parse().unwrap()]];
    assert_eq!(engine.deliver(&parcel("http://moving.example:81/")).await.outcome, Outcome::Connect);
    assert_eq!(*network.dialled.lock(), ["127.0.0.1:81".parse().unwrap()]);
}

#[tokio::test]
async fn a_listed_name_may_be_set_while_it_does_not_resolve_and_no_other() {
    let engine = engine_with(Arc::new(Fake::default()), &["later.example"], TlsOptions::default());
    assert!(engine.check(&TargetUrl::parse("http://later.example/").unwrap()).await.is_ok());
    let refusal = engine.check(&TargetUrl::parse("http://typo.example/").unwrap()).await.unwrap_err();
    assert!(refusal.0.contains("does not resolve") && refusal.0.contains("--allow-target typo.example"));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let delivered =
        sends(b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n".to_vec()).await;
    assert_eq!((delivered.outcome, delivered.status()), (Outcome::Answered, Some(302)));
}

/// A TLS target with a certificate for a name or an address, that answers with the requested name.
async fn tls_target(name: &str) -> (u16, TlsOptions) {
    let certified = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let certificate = certified.cert.der().clone();
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let name = stream.get_ref().1.server_name().unwrap_or_default().to_owned();
            let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{name}", name.len());
            stream.write_all(text.as_bytes()).await.unwrap();
            let _ = stream.shutdown().await;
        }
    });
    (port, TlsOptions { extra: vec![certificate], insecure: false })
}

#[tokio::test]
async fn tls_is_checked_by_the_systems_roots_and_those_that_are_added() {
    let (port, trusting) = tls_target("localhost").await;
    let url = format!("https://localhost:{port}/");
    let trusted = engine_with(Arc::new(System), &[], trusting.clone()).deliver(&parcel(&url)).await;
    assert_eq!(trusted.status(), Some(200), "{}", trusted.sentence);
    assert_eq!(&trusted.response.unwrap().body[..], b"localhost");
    assert!(trusted.times.tls.is_some());

    let strange = engine().deliver(&parcel(&url)).await;
    assert_eq!((strange.outcome, strange.response.is_none()), (Outcome::Tls, true), "{}", strange.sentence);
    // The certificate is of another name.
    let elsewhere =
        engine_with(Arc::new(System), &[], trusting).deliver(&parcel(&format!("https://127.0.0.1:{port}/"))).await;
    assert_eq!(elsewhere.outcome, Outcome::Tls, "{}", elsewhere.sentence);
    let insecure = TlsOptions { insecure: true, ..TlsOptions::default() };
    let any =
        engine_with(Arc::new(System), &[], insecure).deliver(&parcel(&format!("https://127.0.0.1:{port}/"))).await;
    assert_eq!(any.status(), Some(200), "{}", any.sentence);

    // The certificate is checked for an address too; only names are sent in SNI (RFC 6066, section 3).
    let (port, trusting) = tls_target("127.0.0.1").await;
    let by_address = engine_with(Arc::new(System), &[], trusting.clone())
        .deliver(&parcel(&format!("https://127.0.0.1:{port}/")))
        .await;
    assert_eq!(by_address.status(), Some(200), "{}", by_address.sentence);
    assert!(by_address.response.unwrap().body.is_empty(), "no server name goes along");
    let by_name =
        engine_with(Arc::new(System), &[], trusting).deliver(&parcel(&format!("https://localhost:{port}/"))).await;
    assert_eq!(by_name.outcome, Outcome::Tls, "{}", by_name.sentence);

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    });
    let plain = engine().deliver(&parcel(&format!("https://127.0.0.1:{port}/"))).await;
    assert_eq!(plain.outcome, Outcome::Tls, "{}", plain.sentence);
    assert!(plain.sentence.contains("plain http"), "{}", plain.sentence);
}
