# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Whether people with a keyboard, a screen reader or weak eyes can use the report, as far as a machine can tell."""

from __future__ import annotations

import itertools
import re
import typing as t

import pytest
from ansible_collections.meshed.cassandra.tests.browser.cases import CASES
from ansible_collections.meshed.cassandra.tests.browser.conftest import DESKTOP
from ansible_collections.meshed.cassandra.tests.browser.conftest import PHONE
from ansible_collections.meshed.cassandra.tests.browser.conftest import Opener
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from playwright.sync_api import expect

# Contrast of every text of the drawings against both grounds that it may stand on; axe leaves SVG out.
CONTRASTS = """() => {
  const light = (colour) => {
    const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((one) => one / 255)
      .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const ground = (name) => {
    const probe = document.querySelector('main').appendChild(document.createElement('i'));
    probe.className = name;
    const found = getComputedStyle(probe).backgroundColor;
    probe.remove();
    return light(found === 'rgba(0, 0, 0, 0)' ? getComputedStyle(document.body).backgroundColor : found);
  };
  const grounds = [ground(''), ground('skip-link')];
  return Array.from(document.querySelectorAll('main svg text')).filter((one) => one.checkVisibility()).map((one) => {
    const own = light(getComputedStyle(one).fill);
    const worst = Math.min(...grounds.map((other) =>
      (Math.max(own, other) + 0.05) / (Math.min(own, other) + 0.05)));
    return [one.textContent, worst];
  });
}"""


def opened(page: Page) -> Page:
    """The page with everything unfolded, as someone who reads all of it sees it."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    return page


@pytest.mark.parametrize(
    ("width", "scheme"), [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light")], ids=["light", "dark", "phone"]
)
@pytest.mark.parametrize("case", ["three", "six", "nine", "hostile"])
def test_axe_finds_nothing(case: str, width: int, scheme: t.Any, report: Opener) -> None:
    page = opened(report(case, width, color_scheme=scheme))
    found = Axe().run(page)
    assert not found.violations_count, found.generate_report()


def test_axe_would_find_something(report: Opener) -> None:
    """The test above can fail."""
    page = report("three")
    page.evaluate(
        "document.getElementById('filter-text').closest('label').replaceWith(document.createElement('input'))"
    )
    assert Axe().run(page).violations_count


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_in_drawings_stands_out(scheme: t.Any, report: Opener) -> None:
    for case in CASES:
        found = report(case, color_scheme=scheme).evaluate(CONTRASTS)
        assert len(found) >= 8
        assert [text for text, contrast in found if contrast < 4.5] == []


def test_landmarks_and_headings_tell_the_page(report: Opener) -> None:
    page = report("six")
    for role in ("banner", "navigation", "main", "contentinfo", "search", "status"):
        assert page.get_by_role(role).count() == 1, role
    tags = page.locator("h1, h2, h3, h4").evaluate_all("all => all.map((one) => one.tagName)")
    levels = [int(tag[1]) for tag in tags]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    for name in ("Ring", "Mesh", "Mutual TLS", "Certificates", "Checks", "Time", "Versions"):
        expect(page.get_by_role("region", name=name, exact=True)).to_have_count(1)
        page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_in_viewport()


def test_a_screen_reader_is_told_what_is_drawn(report: Opener) -> None:
    page = report("six")
    expect(page.get_by_role("img", name="Ring of datacenter dc1: 6 nodes, 5 up, normal and ready")).to_have_count(1)
    expect(page.get_by_role("img", name=re.compile(r"^3 sources, 4 ports of the ring"))).to_have_count(1)
    expect(page.get_by_role("table", name="Nodes")).to_have_count(1)
    page.get_by_text("The same in words").click()
    words = page.get_by_role("table", name="Who speaks to whom")
    expect(words.get_by_role("row", name=re.compile("a pod outside the mesh 7000 plaintext served"))).to_have_count(1)
    tls = page.get_by_role("table", name="Mutual TLS per host and port")
    assert tls.get_by_role("columnheader").all_inner_texts()[0] == "HOST:PORT"
    expect(tls.get_by_role("row")).to_have_count(len(CASES["six"].tls) + 1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_stop_of_the_keyboard_is_seen(scheme: t.Any, report: Opener) -> None:
    page = report("six", color_scheme=scheme)
    stops = 0
    while True:
        page.keyboard.press("Tab")
        seen = page.evaluate(
            """() => {
              const one = document.activeElement;
              const style = getComputedStyle(one);
              const box = one.getBoundingClientRect();
              return { name: one.outerHTML.slice(0, 80), end: one === document.body,
                width: parseFloat(style.outlineWidth), style: style.outlineStyle,
                inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 };
            }"""
        )
        if seen["end"]:
            break
        stops += 1
        assert seen["style"] != "none", seen
        assert seen["width"] >= 2, seen
        assert seen["inside"], seen
    assert stops > len(CASES["six"].findings)
