# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Whether the report can be read: on every width, with every number of nodes, in the dark and on paper."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
from ansible_collections.meshed.cassandra.tests.browser.cases import CASES
from ansible_collections.meshed.cassandra.tests.browser.conftest import DESKTOP
from ansible_collections.meshed.cassandra.tests.browser.conftest import PHONE
from ansible_collections.meshed.cassandra.tests.browser.conftest import Opener
from playwright.sync_api import Page
from playwright.sync_api import expect

WIDTHS = (PHONE, 640, 641, 820, 880, 881, 1060, 1061, DESKTOP, 1920)
A4 = 688  # pixels between the margins
SMALLEST = 9.5  # pixels of a letter in a drawing

# Texts of drawings that are smaller than they may be, cut off, or on top of each other.
TEXTS = """(smallest) => {
  const wrong = [];
  for (const svg of document.querySelectorAll('svg.ring, svg.mesh')) {
    if (!svg.checkVisibility()) { continue; }
    const frame = svg.getBoundingClientRect();
    const window = svg.closest('.picture').getBoundingClientRect();
    const scale = frame.width / svg.viewBox.baseVal.width;
    const texts = Array.from(svg.querySelectorAll('text')).filter((one) => one.getBoundingClientRect().width)
      .flatMap((one) => (one.children.length ? Array.from(one.children) : [one]));
    const boxes = texts.map((one) => one.getBoundingClientRect());
    texts.forEach((one, at) => {
      const box = boxes[at];
      const name = one.textContent;
      const size = parseFloat(getComputedStyle(one).fontSize) * scale;
      if (size < smallest) { wrong.push(name + ' is ' + size.toFixed(1) + ' px'); }
      if (box.left < Math.max(frame.left, window.left) || box.right > Math.min(frame.right, window.right)
          || box.top < frame.top || box.bottom > frame.bottom) { wrong.push(name + ' is cut off'); }
      for (let other = at + 1; other < texts.length; other += 1) {
        const side = Math.min(box.right, boxes[other].right) - Math.max(box.left, boxes[other].left);
        const height = Math.min(box.bottom, boxes[other].bottom) - Math.max(box.top, boxes[other].top);
        // Boxes of letters have room above and below, so that lines may touch.
        if (side > 1 && height > 0.35 * Math.min(box.height, boxes[other].height)) {
          wrong.push(name + ' covers ' + texts[other].textContent);
        }
      }
    });
    const ring = svg.querySelectorAll('.arc');
    if (ring.length) {
      const middle = [frame.left - svg.viewBox.baseVal.x * scale, frame.top - svg.viewBox.baseVal.y * scale];
      for (const one of svg.querySelectorAll('.label text')) {
        const box = one.getBoundingClientRect();
        const near = [Math.max(box.left - middle[0], 0, middle[0] - box.right),
          Math.max(box.top - middle[1], 0, middle[1] - box.bottom)];
        if (box.width && Math.hypot(...near) < 148 * scale) { wrong.push(one.textContent + ' is on the ring'); }
      }
    }
    for (const box of svg.querySelectorAll('rect.box')) {
      const edge = box.getBoundingClientRect();
      for (const one of box.parentNode.querySelectorAll('text, tspan')) {
        const inner = one.getBoundingClientRect();
        if (inner.right > edge.right || inner.left < edge.left || inner.top < edge.top || inner.bottom > edge.bottom) {
          wrong.push(one.textContent + ' leaves its box');
        }
      }
    }
  }
  return wrong;
}"""


def too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_wider_than_the_window(case: str, report: Opener) -> None:
    page = report(case)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert not too_wide(page), width
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert not too_wide(page), f"{width}, with all evidence"


@pytest.mark.parametrize("case", CASES)
def test_every_word_of_the_drawings_can_be_read(case: str, report: Opener) -> None:
    page = report(case)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(TEXTS, SMALLEST) == [], width


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_each_drawing_is_there_once(width: int, report: Opener) -> None:
    page = report("nine", width)
    expect(page.locator("svg.ring:visible")).to_have_count(1)
    expect(page.locator("svg.mesh:visible")).to_have_count(1)
    expect(page.locator(".arc:visible")).to_have_count(9)
    assert page.locator(".arc.is-fail").count() == 1
    assert page.locator(".arc.is-warn").count() == 1
    expect(page.locator(".rack-name:visible")).to_have_text(["rack1", "rack2", "rack3"])


def test_a_table_that_goes_on_can_be_moved_by_the_keyboard(report: Opener) -> None:
    page = report("six", PHONE)
    frame = page.get_by_role("region", name="Nodes")
    frame.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("one => one.scrollLeft > 0", arg=frame.element_handle())


def test_a_hundred_nodes_show_what_is_wrong_without_a_click(report: Opener) -> None:
    page = report("hundred")
    for name in ("cassandra-17", "cassandra-18", "cassandra-rack3-77"):
        expect(page.get_by_role("row", name=re.compile(f"^{name} "))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^cassandra-16 "))).to_have_count(0)
    page.get_by_text("All 100 nodes").click()
    expect(page.get_by_role("row", name=re.compile("^cassandra-16 .*UN"))).to_be_visible()
    expect(page.locator(".arc")).to_have_count(100)


def test_the_dark_is_dark_and_follows_the_system(report: Opener) -> None:
    page = report("six", color_scheme="dark")
    colour = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(colour)
    page.emulate_media(color_scheme="light")
    light = page.evaluate(colour)
    assert max(map(int, re.findall(r"\d+", dark)[:3])) < 64
    assert min(map(int, re.findall(r"\d+", light)[:3])) > 192


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("case", CASES)
def test_paper_is_white_and_holds_everything_but_what_one_clicks(case: str, scheme: t.Any, report: Opener) -> None:
    page = report(case, A4)
    page.emulate_media(media="print", color_scheme=scheme)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    expect(page.get_by_role("navigation")).to_have_count(0)
    expect(page.get_by_role("search")).to_have_count(0)
    expect(page.locator("svg.mesh:visible")).to_have_count(1)
    assert page.evaluate(TEXTS, 0.0) == []
    if case != "hostile":
        assert not too_wide(page)


@pytest.mark.parametrize(("case", "most"), [("three", 6), ("six", 8), ("nine", 8), ("hundred", 16)])
def test_it_prints_with_every_table_and_folds_again(case: str, most: int, report: Opener, tmp_path: Path) -> None:
    page = report(case)
    folds = page.locator("section > .fold")
    page.evaluate(
        """() => addEventListener('beforeprint', () => {
          window.printed = document.querySelectorAll('section > .fold[open]').length;
        })"""
    )
    paper = page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert page.evaluate("window.printed") == folds.count() > 0
    assert page.locator("section > .fold[open]").count() == 0
    pages = len(re.findall(rb"/Type\s*/Page\b", paper))
    assert 2 <= pages <= most
