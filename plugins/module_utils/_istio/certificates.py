# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The workload certificate that a sidecar presents, and whether the mesh's root vouches for it.

This module util is **private** to the collection.
"""

from __future__ import annotations

import base64
import binascii
import typing as t
from dataclasses import dataclass

from ansible_collections.meshed.cassandra.plugins.module_utils._istio.filter_chains import section

Raw = t.Mapping[str, t.Any]


class CertificateError(Exception):
    """The certificate could not be read; the message says what was missing."""


@dataclass(frozen=True)
class WorkloadCertificate:
    """What a peer gets to see of a workload, without its key."""

    identity: str  # the URI in its subject alternative names, "" where it has none
    issuer: str
    serial: str
    not_before: float  # Unix time
    not_after: float  # Unix time
    trusted: bool  # signed, through the chain it brings, by the root that the sidecar checks others against
    root_fingerprint: str  # SHA-256 of that root, so that two roots in one mesh show


def workload_certificate(config_dump: Raw) -> WorkloadCertificate:
    """The active certificate of a configuration dump. Raises CertificateError where there is none to read."""
    try:
        from cryptography import x509
    except ImportError as exc:
        raise CertificateError("the Python library cryptography is not installed beside ansible-core") from exc
    secrets = {
        str(one.get("name")): one.get("secret") or {}
        for one in section(config_dump, "SecretsConfigDump").get("dynamic_active_secrets") or ()
    }
    chain_pem = _pem(secrets.get("default", {}).get("tls_certificate", {}).get("certificate_chain"))
    roots_pem = _pem(secrets.get("ROOTCA", {}).get("validation_context", {}).get("trusted_ca"))
    if not chain_pem:
        raise CertificateError("the sidecar holds no active workload certificate")
    try:
        chain = x509.load_pem_x509_certificates(chain_pem)
        roots = x509.load_pem_x509_certificates(roots_pem) if roots_pem else []
    except ValueError as exc:
        raise CertificateError(f"the sidecar's certificates are not PEM: {exc}") from exc
    return _describe(chain, roots)


def _pem(source: t.Any) -> bytes:
    """The bytes of an Envoy data source."""
    raw = source or {}
    if raw.get("inline_string"):
        return str(raw["inline_string"]).encode()
    try:
        return base64.b64decode(raw.get("inline_bytes") or "", validate=True)
    except (binascii.Error, ValueError) as exc:
        raise CertificateError("the sidecar's certificate is not base64") from exc


def _describe(chain: list[t.Any], roots: list[t.Any]) -> WorkloadCertificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    leaf = chain[0]
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    except (x509.ExtensionNotFound, ValueError):
        uris = []
    root = _root_of(leaf, chain[1:], roots)
    return WorkloadCertificate(
        identity=str(uris[0]) if len(uris) == 1 else "",
        issuer=leaf.issuer.rfc4514_string(),
        serial=format(leaf.serial_number, "x"),
        not_before=leaf.not_valid_before_utc.timestamp(),
        not_after=leaf.not_valid_after_utc.timestamp(),
        trusted=root is not None,
        root_fingerprint=root.fingerprint(hashes.SHA256()).hex() if root is not None else "",
    )


def _root_of(leaf: t.Any, between: list[t.Any], roots: list[t.Any]) -> t.Any:
    """The root that vouches for `leaf`, through the certificates `between`; None where none does."""
    current, left = leaf, list(between)
    while True:
        root = next((one for one in roots if _issued(current, one)), None)
        if root is not None:
            return root
        step = next((one for one in left if _issued(current, one)), None)
        if step is None:
            return None
        left.remove(step)
        current = step


def _issued(certificate: t.Any, issuer: t.Any) -> bool:
    """Whether the signature on `certificate` is the issuer's."""
    from cryptography.exceptions import InvalidSignature

    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
