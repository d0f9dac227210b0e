# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What is read of a sidecar's configuration: chains, ways out, certificates."""

from __future__ import annotations

import base64
import copy
import datetime
import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.certificates import CertificateError
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.certificates import workload_certificate
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.filter_chains import Accepts
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.filter_chains import InboundChain
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.filter_chains import accepted
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.filter_chains import inbound_chains
from ansible_collections.meshed.cassandra.plugins.module_utils._istio.outbound import outbound_view
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_proxy import DumpError
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.facts_proxy import proxy_view
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

FIXTURE = Path(__file__).parents[4] / "fixtures" / "verify" / "config_dump.json"
PORTS = (9042, 7000, 7001, 7199)
HOST = "cassandra.cassandra.svc.cluster.local"
OWN, PEERS = "10.244.2.2", ("10.244.1.3", "10.244.2.2", "10.244.3.2")


@pytest.fixture
def dump() -> t.Any:
    return json.loads(FIXTURE.read_text(encoding="utf-8"))


def is_ours(host: str) -> bool:
    return host == HOST


def section(dump: t.Any, kind: str) -> t.Any:
    return next(one for one in dump["configs"] if one["@type"].endswith(kind))


def listener(dump: t.Any, name: str) -> t.Any:
    every = section(dump, "ListenersConfigDump")["dynamic_listeners"]
    return next(one["active_state"]["listener"] for one in every if one["name"] == name)


def chain(port: int | None, kind: str) -> InboundChain:
    """A chain as istiod makes it for each mode."""
    mutual = kind == "mutual"
    transport = {"mutual": "tls", "tls": "tls", "passed on": "tls", "plain": "raw_buffer"}[kind]
    return InboundChain(f"0.0.0.0_{port}", port, transport, mutual or kind == "tls", mutual)


# ---------------------------------------------------------------------------------------------------------- inbound


def test_a_recorded_sidecar_accepts_nothing_but_mutual_tls(dump: t.Any) -> None:
    chains = inbound_chains(dump)
    assert chains is not None
    assert {port: accepted(chains, port) for port in PORTS} == dict.fromkeys(PORTS, Accepts.STRICT)
    assert accepted(chains, 12345) is Accepts.STRICT  # a port of no Service
    assert "virtualInbound-blackhole" not in {one.name for one in chains}


@pytest.mark.parametrize(
    ("chains", "mode"),
    [
        ([chain(7000, "mutual")], Accepts.STRICT),
        ([chain(7000, "mutual"), chain(7000, "passed on"), chain(7000, "plain")], Accepts.PERMISSIVE),
        ([chain(7000, "plain")], Accepts.DISABLE),
        ([chain(7000, "tls")], Accepts.TLS),
        ([chain(7000, "tls"), chain(7000, "plain")], Accepts.DISABLE),
        ([chain(7000, "mutual"), chain(7000, "tls")], Accepts.TLS),
        ([chain(None, "mutual")], Accepts.STRICT),
        ([chain(None, "plain"), chain(7000, "mutual")], Accepts.STRICT),
        ([chain(None, "mutual"), chain(7000, "plain")], Accepts.DISABLE),
        ([chain(9042, "mutual")], Accepts.NOTHING),
        ([], Accepts.NOTHING),
    ],
)
def test_what_chains_accept(chains: list[InboundChain], mode: Accepts) -> None:
    assert accepted(chains, 7000) is mode


def test_a_certificate_that_is_checked_against_no_root_proves_nothing(dump: t.Any) -> None:
    for one in listener(dump, "virtualInbound")["filter_chains"]:
        if (one.get("filter_chain_match") or {}).get("destination_port") == 7000:
            del one["transport_socket"]["typed_config"]["common_tls_context"]["combined_validation_context"]
    chains = inbound_chains(dump)
    assert chains is not None
    assert accepted(chains, 7000) is Accepts.TLS


def test_a_default_chain_counts_for_all_ports(dump: t.Any) -> None:
    inbound = listener(dump, "virtualInbound")
    inbound["filter_chains"] = []
    inbound["default_filter_chain"] = {"filters": []}
    chains = inbound_chains(dump)
    assert chains is not None
    assert accepted(chains, 7000) is Accepts.DISABLE


def test_no_inbound_listener_is_not_an_empty_one(dump: t.Any) -> None:
    section(dump, "ListenersConfigDump")["dynamic_listeners"] = []
    assert inbound_chains(dump) is None


# --------------------------------------------------------------------------------------------------------- outbound


def test_a_recorded_sidecar_speaks_mutual_tls_to_every_peer(dump: t.Any) -> None:
    view = outbound_view(dump, is_ours, OWN)
    assert [one.port for one in view.clusters] == sorted(PORTS)
    assert all(one.mutual for one in view.clusters)
    assert {one.identities for one in view.clusters} == {("spiffe://cluster.local/ns/cassandra/sa/default",)}
    assert view.addresses == dict.fromkeys(sorted(PORTS), PEERS)
    assert view.strangers == {}


def test_sidecars_that_agree_have_equal_views(dump: t.Any) -> None:
    other = copy.deepcopy(dump)
    for one in section(other, "ListenersConfigDump")["dynamic_listeners"]:
        place = one["active_state"]["listener"]["address"]["socket_address"]
        if place["address"] == "10.244.1.3":
            place["address"] = OWN
    assert outbound_view(other, is_ours, "10.244.1.3") == outbound_view(dump, is_ours, OWN)


def test_a_cluster_without_tls(dump: t.Any) -> None:
    for one in section(dump, "ClustersConfigDump")["dynamic_active_clusters"]:
        if one["cluster"]["name"].startswith("outbound|7000|"):
            del one["cluster"]["transport_socket"]
    assert {one.port: one.mutual for one in outbound_view(dump, is_ours, OWN).clusters}[7000] is False


def test_a_listener_that_leads_elsewhere(dump: t.Any) -> None:
    filters = listener(dump, "10.244.3.2_7000")["filter_chains"][0]["filters"]
    filters[0]["typed_config"]["cluster"] = "outbound|7000||taken.shop.svc.cluster.local"
    view = outbound_view(dump, is_ours, OWN)
    assert view.addresses[7000] == ("10.244.1.3", "10.244.2.2")
    assert view.strangers == {"10.244.3.2:7000": "outbound|7000||taken.shop.svc.cluster.local"}


# ----------------------------------------------------------------------------------------------------- certificates


def test_a_recorded_certificate(dump: t.Any) -> None:
    found = workload_certificate(dump)
    assert found.identity == "spiffe://cluster.local/ns/cassandra/sa/default"
    assert found.issuer == "O=cluster.local"
    assert found.trusted
    assert len(found.root_fingerprint) == 64
    assert 86000 < found.not_after - found.not_before < 87000


class Signer:
    """A certificate authority, or one below another."""

    def __init__(self, name: str, above: Signer | None = None) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, name)])
        self.certificate = (above or self).sign(self.name, self.key, authority=True)

    def sign(self, subject: x509.Name, key: t.Any, *, uri: str = "", authority: bool = False) -> x509.Certificate:
        start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(7)
            .not_valid_before(start)
            .not_valid_after(start + datetime.timedelta(hours=24))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if uri:
            names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)])
            builder = builder.add_extension(names, critical=True)
        return builder.sign(self.key, hashes.SHA256())

    def workload(self, uri: str) -> x509.Certificate:
        return self.sign(x509.Name([]), ec.generate_private_key(ec.SECP256R1()), uri=uri)


def secrets(chain: list[x509.Certificate], roots: list[x509.Certificate]) -> t.Any:
    def pem(certificates: list[x509.Certificate]) -> dict[str, str]:
        text = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates)
        return {"inline_bytes": base64.b64encode(text).decode()}

    active = [
        {"name": "default", "secret": {"tls_certificate": {"certificate_chain": pem(chain)}}},
        {"name": "ROOTCA", "secret": {"validation_context": {"trusted_ca": pem(roots)}}},
    ]
    return {"configs": [{"@type": "x.SecretsConfigDump", "dynamic_active_secrets": active}]}


URI = "spiffe://cluster.local/ns/cassandra/sa/cassandra"


def test_a_chain_through_an_intermediate_is_trusted_in_any_order() -> None:
    root = Signer("root")
    middle = Signer("middle", root)
    lower = Signer("lower", middle)
    chain = [lower.workload(URI), middle.certificate, lower.certificate]
    found = workload_certificate(secrets(chain, [root.certificate]))
    assert (found.identity, found.trusted, found.issuer) == (URI, True, "O=lower")
    assert found.root_fingerprint == root.certificate.fingerprint(hashes.SHA256()).hex()


def test_a_root_of_the_same_name_and_another_key_does_not_vouch() -> None:
    found = workload_certificate(secrets([Signer("root").workload(URI)], [Signer("root").certificate]))
    assert (found.trusted, found.root_fingerprint) == (False, "")


def test_one_of_several_roots_is_enough() -> None:
    root = Signer("new")
    assert workload_certificate(secrets([root.workload(URI)], [Signer("old").certificate, root.certificate])).trusted


def test_a_certificate_without_identity() -> None:
    root = Signer("root")
    assert workload_certificate(secrets([root.workload("")], [root.certificate])).identity == ""


@pytest.mark.parametrize(
    ("place", "says"),
    [({}, "no active workload"), ({"inline_bytes": "%"}, "not base64"), ({"inline_string": "x"}, "not PEM")],
)
def test_a_certificate_that_cannot_be_read(place: t.Any, says: str) -> None:
    found = secrets([], [])
    found["configs"][0]["dynamic_active_secrets"][0]["secret"]["tls_certificate"]["certificate_chain"] = place
    with pytest.raises(CertificateError, match=says):
        workload_certificate(found)


# ----------------------------------------------------------------------------------------------------- all together


def test_a_recorded_sidecar(dump: t.Any) -> None:
    found = proxy_view(dump, PORTS, is_ours)
    assert (found.address, found.istio_version, found.envoy_version, found.interception) == (
        OWN, "1.31.0", "1.39.3", "REDIRECT",
    )  # fmt: skip
    assert found.rejected == ()
    assert found.certificate_error == ""


def test_what_envoy_refused_is_named(dump: t.Any) -> None:
    every = section(dump, "ListenersConfigDump")["dynamic_listeners"]
    every[0]["error_state"] = {"details": "unknown filter"}
    assert proxy_view(dump, PORTS, is_ours).rejected == (f"{every[0]['name']}: unknown filter",)


def test_a_sidecar_without_certificate_is_read_all_the_same(dump: t.Any) -> None:
    section(dump, "SecretsConfigDump")["dynamic_active_secrets"] = []
    found = proxy_view(dump, PORTS, is_ours)
    assert found.certificate is None
    assert found.certificate_error == "the sidecar holds no active workload certificate"


@pytest.mark.parametrize("answer", [{}, {"configs": []}, {"configs": [None, {"@type": "x.BootstrapConfigDump"}]}])
def test_another_answer_is_refused(answer: t.Any) -> None:
    with pytest.raises(DumpError):
        proxy_view(answer, PORTS, is_ours)
