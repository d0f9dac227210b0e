# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The report as it opens from disk. That it asks for nothing and says nothing is watched in every test here."""

from __future__ import annotations

import pytest
from ansible_collections.meshed.cassandra.tests.browser.cases import ATTACK
from ansible_collections.meshed.cassandra.tests.browser.cases import CASES
from ansible_collections.meshed.cassandra.tests.browser.conftest import Opener
from playwright.sync_api import Error
from playwright.sync_api import expect


@pytest.mark.parametrize("case", CASES)
def test_it_opens_with_verdict_and_time(case: str, report: Opener) -> None:
    page = report(case)
    verdict = page.get_by_role("banner").get_by_text("PASS" if case in ("three", "hundred-judged") else "FAIL")
    expect(verdict.first).to_be_in_viewport()
    expect(page.locator("header time")).to_be_in_viewport()
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport()
    assert page.evaluate("document.compatMode") == "CSS1Compat"
    expect(page.locator(".check:visible")).to_have_count(len(CASES[case].findings))


def test_sections_stand_in_the_order_in_which_one_reads(report: Opener) -> None:
    page = report("six")
    headings = page.get_by_role("heading", level=2).all_inner_texts()
    wanted = ["Ring", "Mesh", "Mutual TLS", "Certificates", "Checks", "Time", "Versions"]
    assert headings == ["What is wrong, and what to do", *wanted]
    tops = [page.locator(f"h2:text-is('{one}')").evaluate("one => one.getBoundingClientRect().top") for one in wanted]
    assert tops == sorted(tops)


@pytest.mark.parametrize("kind", ["inline script", "image", "handler"])
def test_what_got_in_all_the_same_could_do_nothing(kind: str, report: Opener, complaints: list[str]) -> None:
    """Were a name of the cluster not escaped, the page's own policy would still stop it."""
    page = report("three")
    if kind == "inline script":
        with pytest.raises(Error):
            page.add_script_tag(content="window.broken = true")
    elif kind == "image":
        page.evaluate("document.body.append(Object.assign(new Image(), {src: 'https://192.0.2.1/x.png'}))")
    else:
        page.evaluate("document.body.setAttribute('onclick', 'window.broken = true')")
        page.locator("h1").click()
    assert page.evaluate("window.broken") is None
    assert any("violates the following Content Security Policy" in one for one in complaints)
    complaints.clear()


def test_names_that_are_attacks_are_shown_as_they_are(report: Opener) -> None:
    page = report("hostile")
    expect(page.get_by_role("heading", level=1)).to_contain_text(ATTACK)
    assert page.locator("main img, main script, [autofocus], [onfocus]").count() == 0


@pytest.mark.parametrize("case", ["three", "hundred"])
def test_without_its_script_it_shows_the_same(case: str, report: Opener) -> None:
    page = report(case, java_script_enabled=False)
    expect(page.locator(".check:visible")).to_have_count(len(CASES[case].findings))
    expect(page.get_by_role("search")).to_have_count(0)
    expect(page.locator("svg.ring")).to_be_visible()
    check = page.locator(".check").last
    check.locator("> summary").click()
    expect(check.locator(".check-body")).to_be_visible()
