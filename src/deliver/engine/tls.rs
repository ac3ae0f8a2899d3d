//! TLS towards targets: rustls with the system's roots, the user's own CA, or no check at all.

use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// How certificates are checked.
#[derive(Debug, Clone, Default)]
pub struct TlsOptions {
    /// Certificates that are trusted beside the system's.
    pub extra: Vec<CertificateDer<'static>>,
    /// Trust every certificate.
    pub insecure: bool,
}

impl TlsOptions {
    /// Reads the certificates of a PEM text.
    ///
    /// # Errors
    /// When it is not PEM or holds no certificate.
    pub fn with_pem(mut self, pem: &[u8]) -> Result<Self, String> {
        let certificates =
            CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
        if certificates.is_empty() {
            return Err("there is no certificate in it".to_owned());
        }
        self.extra.extend(certificates);
        Ok(self)
    }
}

/// The TLS client, made at first use: reading the system's roots takes tens of milliseconds.
pub(super) struct Tls {
    options: TlsOptions,
    config: OnceLock<Result<Arc<ClientConfig>, String>>,
}

impl Tls {
    pub(super) const fn new(options: TlsOptions) -> Self {
        Self { options, config: OnceLock::new() }
    }

    /// The configuration.
    ///
    /// # Errors
    /// When there are no roots to trust.
    pub(super) fn config(&self) -> Result<Arc<ClientConfig>, String> {
        self.config.get_or_init(|| config(&self.options)).clone()
    }
}

fn config(options: &TlsOptions) -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    if options.insecure {
        let verifier = Arc::new(Anybody(provider));
        return Ok(Arc::new(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()));
    }
    let mut roots = RootCertStore::empty();
    // The system's certificates that cannot be parsed are skipped.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for certificate in &options.extra {
        roots.add(certificate.clone()).map_err(|error| error.to_string())?;
    }
    if roots.is_empty() {
        return Err("the system has no certificates to trust; give --cacert FILE".to_owned());
    }
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

/// Accepts any certificate, for `--insecure`; handshake signatures must still be right.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
