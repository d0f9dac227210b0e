# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""Tables of plain text that fit a terminal of 100 columns whatever is in them.

This module util is **private** to the collection.
"""

from __future__ import annotations

import typing as t
import unicodedata
from dataclasses import dataclass

COLUMNS = 100
_GAP = 2
_NARROWEST = 6  # a column is never squeezed below this
_FAVOUR = 16  # by how much the first column may be wider than the others before it has to give
_WRAPS = 6


@dataclass(frozen=True)
class Cell:
    """The text of one cell; `colour` is an SGR code, `cut` ends a long text with `...` instead of wrapping it."""

    text: str
    colour: str = ""
    right: bool = False
    cut: bool = False


def width(text: str) -> int:
    """How many columns a terminal uses: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    return sum(_columns(one) for one in text)


def _columns(one: str) -> int:
    if unicodedata.combining(one) or unicodedata.category(one) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(one) in "WF" else 1


def wrap(text: str, limit: int) -> list[str]:
    """Lines of at most `limit` columns, broken at spaces, a word that is too long anywhere; never an empty list."""
    lines: list[str] = []
    current = ""
    for word in text.split():
        joined = f"{current} {word}" if current else word
        if width(joined) <= limit:
            current = joined
            continue
        if current:
            lines.append(current)
        *full, current = _chop(word, limit)
        lines += full
    return [*lines, current] if current or not lines else lines


def _chop(word: str, limit: int) -> list[str]:
    """A word in pieces of at most `limit` columns, after a `/`, `.`, `:`, `,` or `-` where one is near the end."""
    pieces: list[str] = []
    while width(word) > limit:
        end = _fitting(word, limit)
        nice = max(word.rfind(one, 0, end) for one in "/.:,-") + 1
        if nice > end // 2:
            end = nice
        pieces.append(word[:end])
        word = word[end:]
    return [*pieces, word]


def _fitting(word: str, limit: int) -> int:
    """How many characters of `word` fit into `limit` columns, at least one."""
    used = 0
    for index, one in enumerate(word):
        used += _columns(one)
        if used > limit:
            return max(index, 1)
    return len(word)


def table(heads: t.Sequence[str], rows: t.Sequence[t.Sequence[Cell]], paint: t.Callable[..., str]) -> list[str]:
    """Rows under their headings; what does not fit is wrapped inside its column, or cut where the cell says so."""
    widths = _fit([max(width(head), *(width(row[at].text) for row in rows)) for at, head in enumerate(heads)])
    aligned = [Cell(head, "2", right=any(row[at].right for row in rows)) for at, head in enumerate(heads)]
    return [text for row in (aligned, *rows) for text in _row(row, widths, paint)]


def _fit(natural: t.Sequence[int]) -> list[int]:
    """Column widths that fit.

    The widest column gives first, the one that names the row later than the others, and one that has to wrap anyway
    rather than one that does not.
    """
    widths = [min(one, 2 * COLUMNS) for one in natural]
    surplus = sum(widths) + _GAP * (len(widths) - 1) - COLUMNS

    def ease(at: int) -> int:
        return widths[at] - (_FAVOUR if at == 0 else 0) + (_WRAPS if widths[at] < natural[at] else 0)

    while surplus > 0 and max(widths) > _NARROWEST:
        widths[max((at for at in range(len(widths)) if widths[at] > _NARROWEST), key=ease)] -= 1
        surplus -= 1
    return widths


def _row(row: t.Sequence[Cell], widths: list[int], paint: t.Callable[..., str]) -> list[str]:
    stacks = [_stack(cell, size) for cell, size in zip(row, widths, strict=True)]
    lines = []
    for at in range(max(len(stack) for stack in stacks)):
        parts = []
        for cell, stack, size in zip(row, stacks, widths, strict=True):
            text = stack[at] if at < len(stack) else ""
            pad = " " * (size - width(text))
            shown = paint(text, cell.colour) if cell.colour and text else text
            parts.append(pad + shown if cell.right else shown + pad)
        lines.append((" " * _GAP).join(parts).rstrip())
    return lines


def _stack(cell: Cell, size: int) -> list[str]:
    lines = wrap(cell.text, size)
    if not cell.cut or len(lines) == 1:
        return lines
    room = size - 3
    return [cell.text[: _fitting(cell.text, room)].rstrip() + "..."]
