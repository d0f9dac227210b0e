# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Debian's chromium, installed when it is absent, and reports in it, opened from disk."""

from __future__ import annotations

import shutil
import typing as t
from pathlib import Path

import pytest
from ansible_collections.meshed.cassandra.plugins.module_utils._verify.report_html import to_html
from ansible_collections.meshed.cassandra.tests.browser.cases import CASES
from playwright.sync_api import Browser
from playwright.sync_api import ConsoleMessage
from playwright.sync_api import Page
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]

# The fonts are those of the widest letters that are usual: what fits with them fits with others.
PACKAGES = {"chromium": "chromium", "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf": "fonts-dejavu-core"}
DESKTOP, PHONE = 1280, 360


class Opener(t.Protocol):
    """Opens the report of a case in a window of its own; options are those of a browser context."""

    def __call__(self, case: str, width: int = DESKTOP, **options: t.Any) -> Page: ...


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The file of each case."""
    folder = tmp_path_factory.mktemp("reports")
    files = {case: folder / f"{case}.html" for case in CASES}
    for case, file in files.items():
        file.write_text(to_html(CASES[case]), encoding="utf-8")
    return files


@pytest.fixture(scope="session")
def browser() -> t.Iterator[Browser]:
    """Debian's chromium; Playwright's own browsers are not wanted."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        from lab.machine import install
    install(PACKAGES)
    program = shutil.which("chromium")
    assert program, "chromium is not on PATH"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program)
        yield chromium
        chromium.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser said or asked for that it should not have; a test that provokes something takes it out."""
    return []


@pytest.fixture
def report(browser: Browser, reports: dict[str, Path], complaints: list[str]) -> t.Iterator[Opener]:
    """Opens reports; fails when one of them wrote to the console, raised, asked for anything, or opened a dialog."""
    contexts = []

    def opened(case: str, width: int = DESKTOP, **options: t.Any) -> Page:
        # Scrolling that takes its time would be in the way of asking where something is.
        usual = {"viewport": {"width": width, "height": 800}, "offline": True, "reduced_motion": "reduce"}
        context = browser.new_context(**usual | options)
        contexts.append(context)
        address = reports[case].as_uri()
        page = context.new_page()
        page.on("console", lambda message: complaints.append(said(message)))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        context.on("request", lambda one: None if one.url == address else complaints.append(f"request: {one.url}"))
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def said(message: ConsoleMessage) -> str:
    """A line of the console."""
    return f"console {message.type}: {message.text}"
