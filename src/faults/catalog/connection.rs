//! Handshakes: what is wrong before anything is asked. Nobody is known yet, so these fit no client and no person.

use super::kind::{FaultKind, reject};
use crate::faults::effect::Effect::Handshake;
use crate::faults::effect::TlsFlaw;

const VALIDATION: &str = "https://www.rfc-editor.org/rfc/rfc5280#section-6";
const NAMES: &str = "https://www.rfc-editor.org/rfc/rfc9525#section-6";
const OLD: &str = "https://www.rfc-editor.org/rfc/rfc8996";
const SNI: &str = "https://www.rfc-editor.org/rfc/rfc6066#section-3";

pub(super) const FAULTS: &[FaultKind] = &[
    reject(
        "net.tls.untrusted",
        "The certificate is by an authority that nobody was told of.",
        &["connection"],
        (VALIDATION, &[Handshake(TlsFlaw::Untrusted)]),
    )
    .so("does not connect, and says why"),
    reject(
        "net.tls.expired",
        "The certificate was good until an hour ago.",
        &["connection"],
        (VALIDATION, &[Handshake(TlsFlaw::Expired)]),
    )
    .so("does not connect, and says why"),
    reject(
        "net.tls.wrong_host",
        "The certificate is for elsewhere.test.",
        &["connection"],
        (NAMES, &[Handshake(TlsFlaw::WrongHost)]),
    )
    .so("does not connect, and says why"),
    reject(
        "net.tls.old_version",
        "The server speaks TLS 1.0 and nothing newer.",
        &["connection"],
        (OLD, &[Handshake(TlsFlaw::OldVersion)]),
    )
    .so("does not connect, and says why"),
    reject(
        "net.tls.sni",
        "The server says that it knows no host of this name.",
        &["connection"],
        (SNI, &[Handshake(TlsFlaw::UnknownName)]),
    )
    .so("does not connect, and says why"),
];
