# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The filter of the checks, with the mouse and with the keyboard, and what a screen reader is told of it."""

from __future__ import annotations

import re

import pytest
from ansible_collections.meshed.cassandra.tests.browser.cases import CASES
from ansible_collections.meshed.cassandra.tests.browser.conftest import Opener
from playwright.sync_api import Locator
from playwright.sync_api import Page
from playwright.sync_api import expect

SIX = CASES["six"].findings


def shown(page: Page) -> Locator:
    return page.locator(".check:visible")


def chip(page: Page, word: str) -> Locator:
    return page.get_by_role("search").get_by_role("button", name=re.compile(rf"^{word}"))


def test_a_click_on_a_state_shows_it_alone_and_a_second_click_all(report: Opener) -> None:
    page = report("six")
    chip(page, "failed").click()
    expect(shown(page)).to_have_count(2)
    expect(page.get_by_role("status")).to_have_text("2 of 42 shown")
    expect(chip(page, "failed")).to_have_attribute("aria-pressed", "true")
    expect(chip(page, "passed")).to_have_attribute("aria-pressed", "false")
    chip(page, "warned").click()
    expect(shown(page)).to_have_count(3)
    chip(page, "warned").click()
    chip(page, "failed").click()
    expect(shown(page)).to_have_count(42)
    expect(page.get_by_role("status")).to_have_text("all 42 shown")


def test_a_group_shows_its_checks_and_no_other_heading(report: Opener) -> None:
    page = report("six")
    page.get_by_label("Group").select_option("ring")
    expect(shown(page)).to_have_count(sum(one.group == "ring" for one in SIX))
    expect(page.locator(".group h3:visible")).to_have_count(1)
    chip(page, "failed").click()
    expect(shown(page)).to_have_count(1)
    page.get_by_label("Group").select_option("all groups")
    expect(shown(page)).to_have_count(2)


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        ("ring-up-normal", {one.id for one in SIX if "ring-up-normal" in f"{one.id} {one.message}"}),
        ("METRICS-exception  permissive", {"mesh-strict"}),
        ("logs istio-proxy", {"mesh-certificates"}),
    ],
)
def test_text_is_looked_for_in_name_message_and_remedy(typed: str, ids: set[str], report: Opener) -> None:
    page = report("six")
    page.get_by_label("Text in a check").fill(typed)
    expect(shown(page)).to_have_count(len(ids))
    for one in ids:
        expect(shown(page).locator("dt:text-is('Check') + dd").get_by_text(one, exact=True)).to_have_count(1)


def test_what_finds_nothing_says_so_and_escape_shows_all_again(report: Opener) -> None:
    page = report("six")
    field = page.get_by_label("Text in a check")
    chip(page, "failed").click()
    field.fill("<b>no such words</b>")
    expect(shown(page)).to_have_count(0)
    expect(page.get_by_text("No check has these words and states.")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("0 of 42 shown")
    field.press("Escape")
    expect(shown(page)).to_have_count(42)
    expect(page.get_by_text("No check has these words and states.")).to_be_hidden()
    expect(field).to_have_value("")


def test_the_filter_without_a_mouse(report: Opener) -> None:
    page = report("six")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the checks")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Checks", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(chip(page, "failed")).to_be_focused()
    page.keyboard.press("Space")
    expect(shown(page)).to_have_count(2)
    page.keyboard.press("Tab")
    expect(chip(page, "warned")).to_be_focused()
    page.keyboard.press("Enter")
    expect(shown(page)).to_have_count(3)
    for _state in ("not judged", "passed", "skipped"):
        page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Group")).to_be_focused()
    page.keyboard.type("mesh")
    expect(shown(page)).to_have_count(2)
    page.keyboard.press("Tab")
    expect(page.get_by_label("Text in a check")).to_be_focused()
    page.keyboard.type("certificate")
    expect(shown(page)).to_have_count(1)
    expect(page.get_by_role("status")).to_have_text("1 of 42 shown")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(shown(page).locator("summary").first).to_be_focused()
    expect(shown(page)).to_have_attribute("open", "")
    page.keyboard.press("Enter")
    expect(shown(page)).not_to_have_attribute("open", "")


def test_evidence_opens_for_one_check_and_for_all_that_are_shown(report: Opener) -> None:
    page = report("three")
    first = shown(page).first
    expect(first.locator(".check-body")).to_be_hidden()
    first.locator("summary").click()
    expect(first.locator(".check-body")).to_be_visible()
    page.get_by_label("Group").select_option("data")
    page.get_by_role("button", name="Open all").click()
    expect(page.locator(".check[open]:visible")).to_have_count(shown(page).count())
    page.get_by_label("Group").select_option("all groups")
    expect(page.locator(".check:not([open])").first).to_be_visible()
    page.get_by_role("button", name="Close all").click()


def test_a_link_to_evidence_leads_to_it_whatever_the_filter_hides(report: Opener) -> None:
    page = report("six")
    page.get_by_label("Text in a check").fill("disruption budget")
    page.get_by_role("link", name="evidence of mesh-strict").click()
    number = next(at for at, one in enumerate(SIX, 1) if one.id == "mesh-strict")
    check = page.locator(f"#check-{number}")
    expect(check).to_be_visible()
    expect(check.locator("summary").first).to_be_focused()
    expect(check.locator("summary").first).to_be_in_viewport()
    expect(check.locator(".check-body")).to_be_in_viewport()


def test_a_report_can_be_opened_at_a_check(report: Opener) -> None:
    page = report("three")
    page.goto(f"{page.url}#check-7")
    expect(page.locator("#check-7")).to_have_attribute("open", "")
    page.reload()
    expect(page.locator("#check-7 > summary")).to_be_in_viewport()
