# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Requests to the API server as bytes in and out, with a time limit each, and failures as one sentence.

This module util is **private** to the collection.
It takes addresses, certificates and credentials from a configured client of the kubernetes library, but goes straight
to that client's connection pool: the generated classes above it cost a module 0.3 s and more just to be imported.
"""

from __future__ import annotations

import contextlib
import json
import re
import ssl
import threading
import typing as t
from dataclasses import dataclass
from urllib.parse import urlencode

from ansible_collections.meshed.cassandra.plugins.module_utils._cluster.errors import ClusterError

with contextlib.suppress(ImportError):  # comes with kubernetes, whose absence Cluster.from_module reports
    import urllib3

USER_AGENT = "meshed.cassandra"
CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0

Query = t.Sequence[tuple[str, str]]

# How urllib3 introduces a reason: an object, and where it leads to or only where it lies in memory.
_OBJECT = re.compile(r"^<[^>]*>: ")
_CONNECTION = re.compile(r"^HTTPS?Connection(?:Pool)?\(host='([^']*)', port=(\d+)\): ")


@dataclass(frozen=True)
class Reply:
    """What the API server answered."""

    status: int  # HTTP
    body: bytes

    def json(self) -> dict[str, t.Any]:
        """The answer's object; ClusterError where it is none (a proxy or a login page answered)."""
        try:
            value = json.loads(self.body)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise ClusterError(f"no Kubernetes API answers there: {self.body[:200]!r}", status=self.status)
        return value


class Rest:
    """The connection pool of one API server; usable from many threads."""

    def __init__(self, api_client: t.Any) -> None:
        """`api_client` is a kubernetes.client.ApiClient."""
        self._client = api_client
        self._lock = threading.Lock()
        self._tls: ssl.SSLContext | None = None
        self.configuration: t.Any = api_client.configuration
        self.server: str = api_client.configuration.host.rstrip("/")

    def headers(self) -> dict[str, str]:
        """Headers of any request: who is asking, on whose behalf.

        Impersonated groups are equal keys of one dict (kubernetes.core's trick), so pass it on without rebuilding it.
        """
        headers: dict[str, str] = dict(self._client.default_headers)
        headers["User-Agent"] = USER_AGENT
        with self._lock:  # may run the kubeconfig's credential plugin
            settings = self.configuration.auth_settings()
        for setting in settings.values():
            if setting.get("in") == "header" and setting.get("value"):
                headers[setting["key"]] = setting["value"]
        return headers

    def tls(self) -> ssl.SSLContext:
        """The TLS settings for connections that are not the pool's, made once."""
        with self._lock:
            if self._tls is None:
                self._tls = _tls_context(self.configuration)
            return self._tls

    def request(
        self, method: str, path: str, *, query: Query = (), body: bytes | None = None, content_type: str = ""
    ) -> Reply:
        """Send one request; raises ClusterError only where nothing answers.

        Tried again only when the API server says that it did not look at the request (429).
        """
        headers = self.headers()
        headers["Accept"] = "application/json, */*"
        if body is not None:
            headers["Content-Type"] = content_type or "application/json"
        url = self.server + path + ("?" + urlencode(query) if query else "")
        retry = urllib3.Retry(
            total=3, connect=0, read=0, redirect=0, status=3, status_forcelist=[429], allowed_methods=None,
            raise_on_status=False, raise_on_redirect=False, backoff_factor=0.5,  # where it does not say when
        )  # fmt: skip
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        try:
            response = self._client.rest_client.pool_manager.request(
                method, url, body=body, headers=headers, timeout=timeout, retries=retry
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise ClusterError(f"the API server {self.server} does not answer: {plain_reason(error)}") from error
        return Reply(response.status, response.data)


def refusal(what: str, reply: Reply) -> ClusterError:
    """The error for an answer other than 2xx: what was asked for, and the API server's own sentence."""
    message, reason = status_of(reply.body)
    text = message or reply.body[:200].decode(errors="replace").strip() or "no reason given"
    return ClusterError(f"{what}: {text} (HTTP {reply.status})", status=reply.status, reason=reason)


def status_of(body: bytes) -> tuple[str, str]:
    """Message and reason of a `Status` object, two empty strings where `body` is something else."""
    try:
        value = json.loads(body)
    except ValueError:
        return "", ""
    if not isinstance(value, dict):
        return "", ""
    return str(value.get("message") or ""), str(value.get("reason") or "")


def plain_reason(error: BaseException) -> str:
    """The innermost reason of an error of urllib3 or of the kubernetes library, as one line."""
    inner = getattr(error, "reason", None)
    while isinstance(inner, BaseException):
        error, inner = inner, getattr(inner, "reason", None)
    body = getattr(error, "body", None)
    if isinstance(body, (bytes, str)) and body:  # an answer that the kubernetes library turned into an exception
        message = status_of(body if isinstance(body, bytes) else body.encode())[0]
        if message:
            return message
    text = _OBJECT.sub("", " ".join(str(error).split()))
    return _CONNECTION.sub(r"\1:\2: ", text) or type(error).__name__


def _tls_context(configuration: t.Any) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=configuration.ssl_ca_cert or None) if configuration.verify_ssl else None
    if context is None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    authorities = getattr(configuration, "ca_cert_data", None)
    if authorities:
        context.load_verify_locations(cadata=authorities)
    if configuration.assert_hostname is False:
        context.check_hostname = False
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)
    return context


def segments(*parts: str) -> str:
    """A path of `parts`; a name with a slash in it would reach another object, so it is refused."""
    for part in parts:
        if not part or "/" in part or part in (".", ".."):
            raise ClusterError(f"{part!r} cannot be a part of an API path")
    return "/" + "/".join(parts)
