# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""HTML and SVG as function calls that escape everything which is not already markup.

This module util is **private** to the collection.
Names come from clusters that may be hostile; with these functions the easy way of writing is the safe one.
"""

from __future__ import annotations

import html
import typing as t

from ansible_collections.meshed.cassandra.plugins.module_utils._verify._report_text import clean

_VOID = {"br", "hr", "input", "link", "meta", "wbr"}
_INLINE = {"a", "b", "button", "code", "option", "small", "span", "strong", "time", "tspan", "wbr"}


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


Child: t.TypeAlias = "str | int | t.Iterable[Child] | None"
Attribute: t.TypeAlias = "str | float | bool | None"


def escape(value: object) -> Markup:
    """Text as markup, with quotes escaped as well, so that it is safe in attributes too."""
    return Markup(html.escape(clean(value), quote=True))


def join(*children: Child) -> Markup:
    """Children one after another: markup as it is, text escaped, None left out, iterables unfolded."""
    parts: list[str] = []
    for one in children:
        if one is None:
            continue
        if isinstance(one, Markup):
            parts.append(one)
        elif isinstance(one, (str, int)):
            parts.append(escape(one))
        else:
            parts.append(join(*one))
    return Markup("".join(parts))


def el(tag: str, /, *children: Child, **attributes: Attribute) -> Markup:
    """An element.

    In attribute names `_` is written for `-`, and one at the end (`class_`) avoids Python's keywords.
    True gives an attribute without a value; False and None leave it out.
    """
    opening = "".join([f"<{tag}", *(_attribute(key, value) for key, value in attributes.items()), ">"])
    end = "" if tag in _INLINE else "\n"
    if tag in _VOID:
        return Markup(opening + end)
    return Markup(f"{opening}{join(*children)}</{tag}>{end}")


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    return f' {name}="{escape(number(value) if isinstance(value, float) else value)}"'


def number(value: float) -> str:
    """A coordinate with at most two decimals."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
