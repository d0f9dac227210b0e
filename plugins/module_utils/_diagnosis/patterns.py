# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""What looks like a secret in a text that anybody may have written: assignments, flags, URLs, tokens, keys.

This module util is **private** to the collection.
Where it is not sure, it hides: a bundle that says too little is made again, one that says too much cannot be taken
back. What readers of Cassandra and Istio need all the same stays: tokens of nodes, names of Secrets, paths.
Every pattern takes time in proportion to the text: the runs before and after a word are bounded.
"""

from __future__ import annotations

import enum
import re
import typing as t

HIDDEN = "[hidden]"

# A shell's own PWD is no password.
_HARD = r"pass(?:word|wd|phrase|code)|(?<=[_.\-])pwd"
_SOFT = r"secret|token|credential|cookie|pwd|(?:api|access|private|encryption|signing|shared|account)[_.-]?key"
_QUOTE = r"\\*[\"'`]"  # within JSON within JSON it has backslashes before it
# What is quoted ends at the same quote, which is not escaped and not doubled.
_QUOTED = (
    rf"(?P<quote>{_QUOTE})(?:\\.|(?!(?P=quote))[^\\\n]|(?P=quote)(?P=quote)){{0,4000}}?"
    r"(?<!\\)(?P=quote)(?!(?P=quote))"
)
_IGNORE = re.IGNORECASE

# password=x, "password": "x", password => 'x', \"password\":\"x\", ssl.keyStorePassword=x
_ASSIGNED = re.compile(
    rf"(?P<before>(?:(?P<hard>{_HARD})|{_SOFT})(?P<rest>[\w.\-/]{{0,60}})(?:{_QUOTE})?[ \t]*(?:=>|:=|[:=])[ \t]*)"
    rf"(?P<value>{_QUOTED}"
    r"|(?:null|true|false|-?\d[\d.]*)(?=[\s,;)}\]]|$)"
    rf"|{_QUOTE}.*"  # a quotation that was cut off
    r"|\S+)",
    _IGNORE,
)
# A line of a configuration file, where the value is all that follows.
_LINE = re.compile(
    rf"^(?P<before>[ \t]*(?:-[ \t]+)?[\"']?[\w.\-/]{{0,80}}?(?P<hard>{_HARD})(?P<rest>[\w.\-/]{{0,60}})[\"']?"
    r"[ \t]*[:=][ \t]*)"
    r"(?P<value>[^\s\"'`{\[|>\\][^\n]*?[ \t][^\n]*)$",
    _IGNORE | re.MULTILINE,
)
_BLOCK = re.compile(
    rf"^(?P<indent>[ \t]*)(?P<key>[\"']?[\w.\-/]{{0,80}}?(?:{_HARD}|{_SOFT})[\w.\-/]{{0,60}}[\"']?:"
    r"[ \t]*[|>][+-]?\d?)[ \t]*\n(?P<value>(?:(?P=indent)[ \t]+[^\n]*(?:\n|\Z)|[ \t]*\n)+)",
    _IGNORE | re.MULTILINE,
)
_BLOCK_SIGN = re.compile(r":[ \t]{0,9}[|>]")
# WITH PASSWORD 'x', the password is "x"
_SAID = re.compile(
    rf"(?P<before>(?:(?:{_HARD})[ \t]+(?:is[ \t]+|was[ \t]+|of[ \t]+)?|identified[ \t]+by[ \t]+))"
    rf"(?P<value>{_QUOTED})",
    _IGNORE,
)
_FLAG = re.compile(
    rf"(?P<before>(?<!\S)(?:-{{1,2}}[\w.\-]{{0,40}}?(?:{_HARD}|token|secret|api-?key|secret-?key)|-pw)[ \t]+)"
    r"(?P<value>[^\s-]\S*)",
    _IGNORE,
)
# ["--password", "x"] as text
_LISTED = re.compile(
    rf"(?P<before>[\"']-{{1,2}}[\w.\-]{{0,40}}?(?:{_HARD}|token|secret|api-?key|secret-?key)[\"']\s{{0,99}},\s{{0,99}}[\"'])"
    r"(?P<value>[^\"']+)",
    _IGNORE,
)
_CQLSH = re.compile(r"(?P<before>\bcqlsh\b[^\n|;]{0,300}?[ \t]-p[ \t]+)(?P<value>\S+)")
_ELEMENT = re.compile(
    r"(?P<before><[\w:.\-]{0,60}?(?:pass(?:word|wd|phrase)|secret|token)[\w:.\-]{0,60}>)(?P<value>[^<]+)", _IGNORE
)
_URL = re.compile(
    r"(?P<before>[a-z][a-z0-9+.\-]{1,20}://[^\s/:@\"']{0,200}:)(?P<value>[^\s/@\"']{1,300})(?=@)", _IGNORE
)
_HEADER = re.compile(
    r"(?P<before>\bauthorization[\"']?[ \t]*[:=][ \t]*[\"']?(?:(?:bearer|basic|digest|negotiate)[ \t]+)?)"
    r"(?P<value>[\w.~+/=-]{8,})",
    _IGNORE,
)
_BEARER = re.compile(r"(?P<before>\bbearer[ \t]+)(?P<value>[\w.~+/=-]{16,})", _IGNORE)
_AFTER = (_SAID, _FLAG, _CQLSH, _ELEMENT, _URL, _HEADER, _BEARER)
# What is a secret by its own form, whatever stands before it.
_FORMS = re.compile(
    r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"  # JSON web tokens
    r"|\b(?:sha256~|gh[posu]_|github_pat_|glpat-|xox[abpr]-|hvs\.|AKIA|ASIA)[\w.\-]{8,}"
    r"|\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}"  # bcrypt: Cassandra's salted_hash
)
# Certificates are no secret, but whoever looks for key material finds it between the same lines.
_PEM = re.compile(r"-----BEGIN (?P<what>[A-Z0-9 ]{1,60})-----.*?(?:-----END [A-Z0-9 ]{1,60}-----|\Z)", re.DOTALL)
# Keystores and keys in base64; digests in hexadecimal and paths are not of all three kinds of characters.
_BASE64 = re.compile(r"(?<![\w+/=.-])(?:[A-Za-z0-9+/]{64,}|[A-Za-z0-9_-]{80,})={0,2}(?![\w+/.-])")

# One of them stands in every line that one of the patterns above is for.
_WORDS = (
    "pass",
    "pwd",
    "secret",
    "token",
    "credential",
    "cookie",
    "key",
    "identified",
    "://",
    "authorization",
    "bearer",
    "cqlsh",
    "-pw ",
)

_NOTHING = frozenset({"", "null", "none", "nil", "true", "false", "yes", "no", "~", "-", "*", "undefined"})
_MASKED = re.compile(r"<[^<>]*>|\*+|\[hidden\]|\[?redacted\]?", _IGNORE)
_NUMBERS = re.compile(r"[\[({]?-?\d[\d.,:;+\-]*(?:ms|[smhd%])?(?:<\w+>)?[\])},;]*")
_PATH = re.compile(r"\.{0,2}(?:/[a-z.][\w.\-]*)+/?[,;]?")
_REFERENCE = re.compile(r"\$[({\w].*|\(.*|[\[\]{}]+,?")
_SOURCE = re.compile(r"\.(?:java|kt|scala|go|py|c|cc|cpp|h|rs)$", _IGNORE)
# secretName, tokenPath, credential_file: what such keys hold is where to find a secret.
_POINTS = ("name", "names", "ref", "refs", "path", "file", "mode", "type", "kind", "policy", "class", "seconds")


# A value under a name that only may be a secret's is worth being looked for elsewhere from this length on.
UNSURE = 12


class Telling(enum.Enum):
    """How much the name of a value says of it."""

    NOT = "not"  # nothing
    SOFT = "soft"  # it may be a secret, and as well a number or a name
    HARD = "hard"  # it is a password


_NAME = re.compile(
    rf"(?P<hard>{_HARD})|{_SOFT}|inline_?(?:bytes|string)|binary_?data|keystore_?(?:data|bytes)", _IGNORE
)


def telling(name: str) -> Telling:
    """What the name of a field or of an environment variable says of its value."""
    found = _NAME.search(name)
    if found is None:
        return Telling.NOT
    if found["hard"]:
        return _hard(name)
    return Telling.NOT if name.lower().endswith(_POINTS) else Telling.SOFT


def _hard(rest: str) -> Telling:
    """The path in ANSIBLE_VAULT_PASSWORD_FILE is none; if it is no path, who knows."""
    return Telling.SOFT if rest.lower().endswith(("file", "path")) else Telling.HARD


def is_plain(value: str, how: Telling, names: t.Container[str] = ()) -> bool:
    """Whether a value that has a telling name is no secret all the same; `names` are known not to be any."""
    bare = _bare(value)
    if bare.lower().rstrip(",;") in _NOTHING or _MASKED.fullmatch(bare.rstrip(",;")):
        return True
    if how is Telling.HARD:
        return False
    plain = (_NUMBERS, _PATH, _REFERENCE)
    return bare.rstrip(",;.") in names or any(one.fullmatch(bare) for one in plain)


def hide(text: str, names: t.Container[str] = ()) -> str:
    """`text` without what looks like a secret; `names` of objects are none, even after the word secret."""
    text = _PEM.sub(lambda found: f"-----BEGIN {found['what']}----- {HIDDEN}", text)
    if _BLOCK_SIGN.search(text):
        text = _BLOCK.sub(lambda found: f"{found['indent']}{found['key']}\n{found['indent']}  {HIDDEN}\n", text)
    text = _LISTED.sub(lambda found: found["before"] + HIDDEN, text)
    return "\n".join(_hide_in_line(line, names) for line in text.split("\n"))


def _hide_in_line(line: str, names: t.Container[str]) -> str:
    lowered = line.lower()
    if any(word in lowered for word in _WORDS):  # ten times faster than to let the patterns look for them
        for pattern in (_LINE, _ASSIGNED):
            line = pattern.sub(lambda found: _assigned(found, names), line)
        for pattern in _AFTER:
            line = pattern.sub(lambda found: found["before"] + HIDDEN, line)
    line = _FORMS.sub(HIDDEN, line)
    return _BASE64.sub(lambda found: HIDDEN if _is_mixed(found[0]) else found[0], line)


def values(text: str) -> t.Iterator[str]:
    """The values that `hide` would take out because of what stands before them, so that they are known elsewhere."""
    for pattern in (_LINE, _ASSIGNED):
        for found in pattern.finditer(text):
            bare = _bare(found["value"])
            if not _is_kept(found, ()) and (found["hard"] or len(bare) >= UNSURE):
                yield bare
    for pattern in (_LISTED, *_AFTER):
        yield from (_bare(found["value"]) for found in pattern.finditer(text))


def _assigned(found: re.Match[str], names: t.Container[str]) -> str:
    if _is_kept(found, names):
        return found[0]
    quote = found.groupdict().get("quote") or ""
    return f"{found['before']}{quote}{HIDDEN}{quote}"


def _is_kept(found: re.Match[str], names: t.Container[str]) -> bool:
    value, rest = found["value"], found["rest"]
    how = _hard(rest) if found["hard"] else Telling.SOFT
    if _SOURCE.search(rest):  # PasswordAuthenticator.java:207
        return True
    if is_plain(_first_of_line(value), how, names):
        return True
    if found["hard"]:
        return False
    return rest.lower().endswith(_POINTS) or _is_prose(found)


def _first_of_line(value: str) -> str:
    """Of "null # not used" and of "<REDACTED>; port=1" the first word; a passphrase may have several."""
    first, _space, more = value.partition(" ")
    ends = first.endswith(";") or _MASKED.fullmatch(first.rstrip(",")) or more.lstrip().startswith("#")
    return first if ends else value


def _is_prose(found: re.Match[str]) -> bool:
    """Whether a sentence goes on, as in "failed to fetch token: the server said"."""
    word, follows = found["value"], found.string[found.end() : found.end() + 1]
    return found["before"].endswith(": ") and word.isalpha() and word.islower() and follows == " "


def _bare(value: str) -> str:
    """A value without its quotes."""
    return value.strip("\\\"'`")


def _is_mixed(word: str) -> bool:
    return all(any(map(kind, word)) for kind in (str.isupper, str.islower, str.isdigit))
