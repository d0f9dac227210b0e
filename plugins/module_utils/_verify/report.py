# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Reports as files: every format drawn first, then each file put in place in one step.

This module util is **private** to the collection.
"""

from __future__ import annotations

import os
import tempfile
import typing as t
from pathlib import Path

from ansible_collections.meshed.cassandra.plugins.module_utils._verify.model import Result
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.report_html import to_html
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.report_json import to_json
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.report_junit import to_junit
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.report_markdown import to_markdown
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.report_terminal import to_terminal

# Format, as a user names it: the name of its file and the function that draws it.
FORMATS: dict[str, tuple[str, t.Callable[[Result], str]]] = {
    "json": ("result.json", to_json),
    "html": ("report.html", to_html),
    "markdown": ("report.md", to_markdown),
    "junit": ("junit.xml", to_junit),
    "terminal": ("report.txt", to_terminal),
}


class ReportError(Exception):
    """Reports could not be written; the message says which, where, why and what to do."""


def write_reports(result: Result, directory: Path, formats: t.Iterable[str]) -> dict[str, str]:
    """Write the wanted formats below `directory`, which is created, and return their paths by format.

    A reader never meets half a file: the old one stays until the new one is whole. Raises ReportError.
    """
    wanted = list(dict.fromkeys(formats))
    unknown = [one for one in wanted if one not in FORMATS]
    if unknown:
        raise ReportError(f"no such report format: {', '.join(unknown)}; choose from {', '.join(FORMATS)}")
    texts = {one: FORMATS[one][1](result) for one in wanted}
    paths = {one: directory / FORMATS[one][0] for one in wanted}
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for one, path in paths.items():
            _replace(path, texts[one])
    except OSError as exc:
        raise ReportError(
            f"cannot write the reports to {directory}: {exc.strerror or exc}; "
            "choose a directory that this user may write to and that has room",
        ) from exc
    return {one: str(path) for one, path in paths.items()}


def _replace(path: Path, text: str) -> None:
    """Put `text` at `path` in one step, readable for all: a report is made to be shown and holds no secret."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="\n") as stream:
            stream.write(text)
            os.fchmod(stream.fileno(), 0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
