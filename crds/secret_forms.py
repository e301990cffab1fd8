"""What secrets look like where people leave them: the addresses, lines and words that hold them.

Each row of a table says where it was seen. Nothing here decides what becomes of a secret that was found.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal
from urllib.parse import unquote

from crds.secret_names import ONLY_PARAMETERS, PLACEHOLDER_OF_ANYBODY, is_in_clear, is_secret_name

_NAME: Final = re.compile(r"(?<![\w.-])(?P<key>[\w.-]+)=")
NAMED: Final = re.compile(r"(?<![\w.-])(?<!\$\{)(?P<name>[\w.-]+)[\"']?[ \t]*(?P<sign>[:=])[ \t]*")
"""A name in a line, and where its value begins."""
_BEGIN_OF_LINE: Final = re.compile(r"[\s#;-]*")
_COMMENT: Final = re.compile(r"\s+#")
# A value may hold what should have been encoded, # and ? too: only another parameter ends it, or a blank.
_END_OF_VALUE: Final = re.compile(
    r"\s|[&;?](?=[A-Za-z][\w.%-]*=)|_(?=(?:channel|chn|stream|substream|subtype)=)|&(?=$)", re.IGNORECASE
)
_HOST_BEHIND: Final = re.compile(
    r"@(?!sha[0-9]+:)(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[A-Za-z0-9.-]+:[0-9]{1,5})(?=[:/,]|$)"
)
_BARE_LOGIN: Final = re.compile(
    r"(?!(?i:mailto|sips?|xmpp|acct|im):)[\w.+-]+:(?P<password>[^\s@/]+)@(?!sha[0-9]+:)[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?(?:[/?].*)?"
)
"""An address without its scheme."""
_LOGIN_IN_LINE: Final = re.compile(
    r"(?<![^\s\"'=,\[(])(?!(?i:mailto|sips?|xmpp|acct|im):)[\w.+-]+:(?P<password>[^\s@/\"',]+)@(?!sha[0-9]+:)"
    r"(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[A-Za-z0-9][A-Za-z0-9.-]*:[0-9]{1,5})(?![\w.-])"
)
"""The same among other words; only an address of numbers, or a port, tells it from an address of mail."""
_LOGIN_IN_PATH: Final = re.compile(
    # Of cameras of many brands with one board: rtsp://host/0/user:password/main.
    r"(?<!/)/(?:admin|administrator|root|user|viewer|guest|operator|888888|666666):(?P<value>[^/:@?#\s]+)(?=[/?#]|$)",
    re.IGNORECASE,
)
_LOGIN_IN_STREAM_ID: Final = (
    # SRT hands names of its own over as its stream id. MediaMTX: streamid=read:path:user:password.
    re.compile(
        r"(?<![\w.-])streamid=(?:read|publish|request):[^:\s&]*:(?:\$\{[^}]*\}|(?!\$\{)[^:\s&]*):(?P<value>\$\{[^}]*\}|[^\s&]+)",
        re.IGNORECASE,
    ),
    # By SRT's own guide to access control, #!::r=path,u=user,s=session; the session is MediaMTX's password.
    re.compile(r"(?<![\w.-])streamid=#!::(?:[^\s&]{0,512},)?s=(?P<value>\$\{[^}]*\}|[^\s&,]+)", re.IGNORECASE),
)
_MARKUP: Final = (
    re.compile(r"<(?P<name>[\w.:-]{1,128})(?:\s[^<>]*)?>(?P<value>[^<>]+)</(?P=name)>"),
    re.compile(r"\b(?:key|name)=\"(?P<name>[\w.:-]+)\"\s+value=\"(?P<value>[^\"]+)\""),
)
_BY_A_WORD: Final = (
    # ~/.netrc; redis.conf.
    re.compile(r"\blogin\s+\S+\s+(?P<name>password)\s+(?P<value>\S+)"),
    re.compile(r"^\s*(?P<name>requirepass|masterauth)\s+(?P<value>\S+)"),
)
_LIKELY_USERS: Final = re.compile(
    r"(?:admin|administrator|root|user|viewer|guest|operator|service|supervisor|888888|666666):"
)
_LONGEST_ADDRESS: Final = 4096
_LONGEST_NAME: Final = 40
_USERS: Final = frozenset({"u", "usr", "user", "username", "login", "loginuse"})
_TOKENS: Final = (
    # The forms are those that the services publish for scanners of secrets.
    ("an access key of AWS", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a token of GitHub", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})\b")),
    ("a token of GitLab", re.compile(r"\bgl(?:pat|ptt|dt|rt)-[A-Za-z0-9_-]{20,}")),
    ("a token of Slack", re.compile(r"\bxox[abeprs]-[A-Za-z0-9-]{10,}")),
    ("a key of Google", re.compile(r"\bAIza[A-Za-z0-9_-]{35}")),
    ("a key of NVIDIA", re.compile(r"\bnvapi-[A-Za-z0-9_-]{20,}")),
    ("a token of Hugging Face", re.compile(r"\bhf_[A-Za-z0-9]{30,}\b")),
    ("a secret key", re.compile(r"\bsk[-_](?:[a-z]+[-_]){0,3}[A-Za-z0-9]{20,}")),
    ("a JSON Web Token", re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")),
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----.*", re.DOTALL)),
    (
        "the header of a login",
        re.compile(r"\bAuthorization[\"\']?\s*[:=]\s*[\"\']?(?:Basic|Bearer|Digest)\s+(?![$<{])\S.*", re.IGNORECASE),
    ),
    (
        "the value of such a header",
        re.compile(r"\b(?i:Basic|Bearer)\s+(?=[^\s=]*[0-9])(?=[^\s=]*[A-Z])[A-Za-z0-9._~+/-]{8,}={0,2}(?!\w)"),
    ),
)
_MARKS_OF_TOKENS: Final = re.compile(
    r"akia|asia|gh[pousr]_|github_|gl(?:pat|ptt|dt|rt)|xox|aiza|nvapi|hf_|sk[-_]|eyj|-----begin|authoriz|basic|bearer"
)
"""Looked for first: nearly no text has any of them."""

_SHORTEST_TOKEN: Final = 15
"""Slack's, with ten characters behind their mark."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9._/-]*")
"""All that is looked for needs a sign or a blank, but for tokens: most values are plain names, numbers and paths."""

_PLAIN_ADDRESS: Final = re.compile(r"[a-z]+://[A-Za-z0-9.-]*(?::[0-9]+)?(?:/[A-Za-z0-9._/-]*)?")
"""Nobody is named in it, and no parameter, and nothing is encoded: it can hold a token at most."""


@dataclass(frozen=True)
class SecretFound:
    """Where a secret stands in a text, and what tells that it is one."""

    start: int
    end: int
    kind: Literal["login", "parameter", "token"]
    what: str
    """For people; shows nothing of it."""
    name: str = ""
    """What the secret is the value of."""


def secrets_in(text: str) -> tuple[SecretFound, ...]:
    """The secrets in an address, an argument, or any other text of one value, in their order; they do not overlap.

    A text that is percent-encoded as a whole is looked at as what it means; what is found there is the whole text.
    """
    if _PLAIN_ADDRESS.fullmatch(text):
        return _without_overlaps(list(_tokens(text)))
    return _found(text, _logins, _logins_in_line, _parameters, _tokens)


def is_short_and_plain(text: str) -> bool:
    """True for a text that holds no secret, whatever secrets look like: what tells one is its name alone."""
    return len(text) < _SHORTEST_TOKEN and _PLAIN.fullmatch(text) is not None


def is_plain_address(text: str) -> bool:
    """True for an address that holds no secret, whatever secrets look like."""
    return _PLAIN_ADDRESS.fullmatch(text) is not None and next(_tokens(text), None) is None


def secrets_in_line(line: str) -> tuple[SecretFound, ...]:
    """The secrets in a line of a file of any format, in their order; they do not overlap.

    Beside those of an address, what follows a name that is called like a secret and a `=` or `:`: at the begin of a line all
    the rest of it, a quotation, or a single word.
    """
    return _found(line, _named_in, _marked, _logins, _logins_in_line, _parameters, _tokens)


def _found(text: str, *finders: Callable[[str], Iterator[SecretFound]]) -> tuple[SecretFound, ...]:
    if _PLAIN.fullmatch(text):
        return _without_overlaps(list(_tokens(text))) if len(text) >= _SHORTEST_TOKEN else ()
    found = _without_overlaps([one for finder in finders for one in finder(text)])
    decoded = unquote(text) if "%" in text and not found else text
    inside = next((one for finder in finders for one in finder(decoded)), None) if decoded != text else None
    return found if inside is None else (replace(inside, start=0, end=len(text)),)


def values_named_in(line: str) -> Iterator[SecretFound]:
    """The values in a line whose names are called like secrets, whatever they are."""
    done = 0
    for match in NAMED.finditer(line):
        if match.start() < done or not is_secret_name(match["name"]):
            continue
        start, rest = match.end(), line[match.end() :]
        if rest[:1] in {'"', "'"}:
            start, rest = start + 1, rest[1:]
            end = rest.find(line[start - 1])
            value = rest if end < 0 else rest[:end]
        elif _BEGIN_OF_LINE.fullmatch(line[: match.start()]):
            value = "" if match["sign"] == ":" and rest[:1] in {"{", "[", "#"} else _COMMENT.split(rest, maxsplit=1)[0]
        else:
            word = re.match(r"(?:\$\{[^}]*\}|[^\s;&\"'])*", rest)
            value = re.sub(r"[,}\]]{1,8}$", "", word[0]) if word else ""
        value = value.rstrip()
        if value.strip("{["):
            done = start + len(value)
            yield SecretFound(start, done, "parameter", _value_of(match["name"]), match["name"])


def _named_in(line: str) -> Iterator[SecretFound]:
    return (one for one in values_named_in(line) if _is_secret(one, line))


def _marked(line: str) -> Iterator[SecretFound]:
    """Values that stand in the elements of XML, or behind a name without a sign between them."""
    for pattern in (*(_MARKUP if "<" in line else ()), *_BY_A_WORD):
        for match in pattern.finditer(line):
            if is_secret_name(match["name"]) or pattern in _BY_A_WORD:
                found = SecretFound(
                    match.start("value"), match.end("value"), "parameter", _value_of(match["name"]), "password"
                )
                if _is_secret(found, line):
                    yield found


def _is_secret(found: SecretFound, text: str) -> bool:
    value = text[found.start : found.end]
    return is_in_clear(found.name, value) and not _is_placeholder_with_more(value)


def _value_of(name: str) -> str:
    return f"the value of {name[-_LONGEST_NAME:]!r}"


def end_of_login(behind: str) -> int:
    """Where in what stands behind `://` the `@` is that ends user name and password; -1 without one.

    Passwords that somebody did not encode hold anything. A slash ends them, as for GStreamer; but where it leaves no
    address, what stands before the last `@` is the password all the same.
    """
    head, _, _ = behind.partition("/")
    at = head.rfind("@")
    if at < 0 and (not _is_authority(head) or _LIKELY_USERS.match(head)):
        return behind.rfind("@")
    if at < 0 and ":" not in head:
        return at
    if another := _HOST_BEHIND.search(behind, at + 1):
        # No host has a path like this: the password holds a slash, and perhaps an @.
        return another.start()
    return at


def _is_authority(head: str) -> bool:
    authority = re.split(r"[?#]", head, maxsplit=1)[0]
    _, _, port = authority.rpartition("]")[2].partition(":")
    return authority == head and (not port or (port.isascii() and port.isdigit()))


def _logins(text: str) -> Iterator[SecretFound]:
    bare = _BARE_LOGIN.fullmatch(text) if "@" in text else None
    if bare is not None and not PLACEHOLDER_OF_ANYBODY.fullmatch(bare["password"]):
        yield SecretFound(bare.start(), bare.end("password"), "login", "a user and a password before a host")
    if "://" not in text or ("@" not in text and "%40" not in text):
        return
    what = "a password in the user info of an address"
    for mark in re.finditer(r"://", text):
        behind = re.split(r"\s", text[mark.end() : mark.end() + _LONGEST_ADDRESS], maxsplit=1)[0]
        if behind.startswith("${secret:"):
            continue
        at = end_of_login(behind)
        head = re.split(r"[/?#]", behind, maxsplit=1)[0]
        if at < 0 and "@" in unquote(head):
            at = max(head.find("%40"), 0)
        login = behind[: max(at, 0)]
        _, colon, password = login.partition(":")
        if not colon:
            _, colon, password = unquote(login).partition(":")
        if colon and password and not PLACEHOLDER_OF_ANYBODY.fullmatch(password):
            yield SecretFound(mark.end(), mark.end() + at, "login", what)


def _logins_in_line(line: str) -> Iterator[SecretFound]:
    for match in _LOGIN_IN_LINE.finditer(line) if "@" in line else ():
        if not PLACEHOLDER_OF_ANYBODY.fullmatch(match["password"]):
            yield SecretFound(match.start(), match.end("password"), "login", "a user and a password before a host")


def parameters_in(text: str) -> Iterator[SecretFound]:
    """The values of parameters and settings whose names are called like secrets, whatever they are; passwords in paths, too."""
    if "://" in text:
        for match in _LOGIN_IN_PATH.finditer(text):
            start, end = match.span("value")
            yield SecretFound(start, end, "parameter", "a user and a password in the path", "password")
    if "=" not in text:
        return
    for pattern in _LOGIN_IN_STREAM_ID:
        for match in pattern.finditer(text):
            start, end = match.span("value")
            yield SecretFound(start, end, "parameter", _value_of("streamid"), "password")
    settings = tuple(_NAME.finditer(text))
    scheme = text.find("://")
    has_user, done = any(match["key"].lower() in _USERS for match in settings), 0
    for match in settings:
        if match.start() < done:
            continue
        name = match["key"]
        is_behind_scheme = 0 <= scheme <= match.start() - len("://")
        of_address = is_behind_scheme and name.lower().replace("-", "").replace("_", "") in ONLY_PARAMETERS
        if not (is_secret_name(name) or of_address or (name.lower() == "p" and has_user)):
            continue
        ending = _END_OF_VALUE.search(text, match.end())
        end = ending.start() if ending else len(text)
        if end > match.end():
            done = end
            yield SecretFound(match.end(), end, "parameter", _value_of(name), name)


def _parameters(text: str) -> Iterator[SecretFound]:
    return (one for one in parameters_in(text) if _is_secret(one, text))


def _is_placeholder_with_more(value: str) -> bool:
    """A placeholder of ours, and a flag or a path behind it; what is behind a `#` may be the rest of a password."""
    return re.match(r"\$\{secret:[^}]*\}[&/_;]", value) is not None


def _tokens(text: str) -> Iterator[SecretFound]:
    if _MARKS_OF_TOKENS.search(text.casefold()) is None:
        return
    for what, pattern in _TOKENS:
        for match in pattern.finditer(text):
            yield SecretFound(match.start(), match.end(), "token", what)


def _without_overlaps(found: list[SecretFound]) -> tuple[SecretFound, ...]:
    kept: list[SecretFound] = []
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
        elif one.end > kept[-1].end:
            kept[-1] = replace(kept[-1], end=one.end)
    return tuple(kept)
