"""What secrets look like where people leave them: the names that they go by, the addresses and words that hold them.

Each row of a table says where it was seen. Nothing here decides what becomes of a secret that was found.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal
from urllib.parse import unquote

_ANYWHERE_IN_A_NAME: Final = (
    # Of programs and libraries of all kinds, among them librdkafka, ffmpeg's srt and OpenSSL.
    "password", "passwd", "passphrase", "passcode", "secret", "credential",
    "passkey", "passwort", "kennwort", "motdepasse", "contrasena", "senha",
    # Foscam and its many relatives: /snapshot.cgi?loginuse=admin&loginpas=…
    "loginpas", "loginpwd",
    # Dahua, Amcrest: /cam/realmonitor?channel=1&subtype=0&authbasic=… is user:password in base64.
    "authbasic",
    # Clouds and services. tlt-model-key of nvinfer decodes a model.
    "apikey", "accesskey", "sharedkey", "accountkey", "privatekey", "authkey", "signingkey", "encryptionkey", "masterkey",
    "licensekey", "licencekey", "streamkey", "storagekey", "servicekey", "sshkey", "modelkey",
    "accesstoken", "authtoken", "sessiontoken", "bearertoken",
)  # fmt: skip
"""Read without `_`, `-` and `.`."""
# Foscam's HD cameras: usr=admin&pwd=…; Hikvision: auth=YWRtaW46…; Reolink: user=admin&password=…; ONVIF devices: psw.
_ENDS_AS_SECRET: Final = re.compile(
    r"(?:\w*(?<!by)(?<!com)(?<!tres)(?<!sur)(?<!over)(?<!under)pass|\w*pwd|\w*psw|passw|pword|pw|psk|\w*token|auth|authorization|"
    r"jwt|creds?|pat|bearer)"
)
"""Last words of names."""
_EXACTLY: Final = frozenset({"ssl.key.pem", "sasl.oauthbearer.config"})
"""Settings of librdkafka that hold a key, or the parameters of a login."""
_ONLY_PARAMETERS: Final = frozenset(
    # Azure's SAS: sig=…; AWS: X-Amz-Signature=…; servers of streams, RTMP ones mostly: key=…
    {"sig", "signature", "xamzsignature", "xamzsecuritytoken", "xamzcredential", "key"}
)
_SAYS_WHERE: Final = frozenset({
    "file", "files", "path", "dir", "directory", "folder", "location", "name", "names", "url", "uri", "id", "ids", "type", "types",
    "ttl", "length", "len", "size", "count", "max", "min", "limit", "limits", "timeout", "expiry", "expires", "enable", "enabled",
    "disabled", "required", "policy", "header", "prefix", "suffix", "format", "algorithm", "mechanism", "mechanisms", "provider",
    "method", "mode", "class", "field", "interval", "seconds", "ms", "hint", "store", "ref", "stdin", "prompt", "fd", "env", "command",
})  # fmt: skip
"""Last words of names that say where a secret is, or something about it."""
_NOT_OF_LOCKS: Final = frozenset({
    "partition", "routing", "sort", "primary", "foreign", "public", "group", "message", "cache", "object", "sensor", "map", "hot",
    "index", "kafka", "record", "event", "sync", "binding", "sharding", "shard", "lookup", "row", "column", "json", "yaml",
})  # fmt: skip
"""Before `key` these name another kind of key."""
_WHICH_ONE: Final = frozenset(
    {"prod", "production", "dev", "test", "staging", "old", "new", "current", "default", "base64", "b64"}
)
"""Last words of names that tell one secret from another."""
PUBLISHED_KEYS: Final = frozenset({"tlt_encode", "nvidia_tlt", "nvidia_tao"})
"""Keys of NVIDIA's public models: everybody knows them."""

_NOTHING: Final = re.compile(r"none|null|nil|true|false", re.IGNORECASE)
_SWITCHES: Final = re.compile(r"basic|digest|none|md5|sha-?256|true|false|yes|no|on|off|null|[0-9]{1,3}", re.IGNORECASE)
_OF_SWITCHES: Final = ("auth", "authorization", "authbasic", "token", "tokens")
_PLACEHOLDER: Final = re.compile(
    r"\$\{(?![A-Za-z_]\w*:?[-=+][^{}$])[A-Za-z_][^{}]*\}|\$[A-Z_][A-Z0-9_]*|\$\([^()]*\)|\{[A-Z][A-Z0-9_]*\}|\{\{[^{}]*\}\}|<[^<>]*>|%[A-Z_][A-Z0-9_]*%|\*+|x{3,}|X{3,}"
)
"""Of ours, and of other programs, which are no secrets themselves; what stands behind `:-` is one."""
_PATH: Final = re.compile(r"(?:/[\w.@+-]+){2,}/?")
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
_MAY_BE_TOKEN: Final = re.compile(
    r"(?i:AKIA|ASIA|gh[pousr]_|github_|gl[pdr]t?|xox|AIza|nvapi|hf_|sk[-_]|eyJ|-----BEGIN|authoriz|basic\s|bearer\s)"
)
"""Looked for first: nearly no text has any of them."""


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


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """True for the name of a setting, a key or a variable that holds a secret."""
    if name.lower() in _EXACTLY:
        return True
    words = _words(name)
    if not words or words[-1] in _SAYS_WHERE:
        return False
    joined = "".join(words)
    words = [word.rstrip("0123456789") for word in words if word not in _WHICH_ONE]
    words = [word for word in words if word] or [""]
    return any(part in joined for part in _ANYWHERE_IN_A_NAME) or _ENDS_AS_SECRET.fullmatch(words[-1]) is not None


@lru_cache(maxsize=4096)
def is_secret_variable(name: str) -> bool:
    """True for the name of a variable that holds a secret: of these, those that end with `KEY` do, too."""
    words = [word for one in _words(name) if (word := one.rstrip("0123456789"))]
    is_key = bool(words) and words[-1] == "key" and not set(words[:-1]) & _NOT_OF_LOCKS
    return is_key or is_secret_name(name)


def is_in_clear(name: str, value: str) -> bool:
    """True when the value of something with a secret name is one: no placeholder, no path of a file, no switch."""
    text = value.strip().strip("\"'").strip()
    if (
        not text
        or text in PUBLISHED_KEYS
        or _NOTHING.fullmatch(text)
        or _PLACEHOLDER.fullmatch(text)
        or _PATH.fullmatch(text)
    ):
        return False
    if text.startswith(("$(", "`")):
        return False
    words = _words(name)
    return not (words and words[-1] in _OF_SWITCHES and _SWITCHES.fullmatch(text))


def secrets_in(text: str) -> tuple[SecretFound, ...]:
    """The secrets in an address, an argument, or any other text of one value, in their order; they do not overlap.

    A text that is percent-encoded as a whole is looked at as what it means; what is found there is the whole text.
    """
    return _found(text, _logins, _parameters, _tokens)


def secrets_in_line(line: str) -> tuple[SecretFound, ...]:
    """The secrets in a line of a file of any format, in their order; they do not overlap.

    Beside those of an address, what follows a name that is called like a secret and a `=` or `:`: at the begin of a line all
    the rest of it, a quotation, or a single word.
    """
    return _found(line, _named_in, _marked, _logins, _logins_in_line, _parameters, _tokens)


def _found(text: str, *finders: Callable[[str], Iterator[SecretFound]]) -> tuple[SecretFound, ...]:
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
    if bare is not None and not _PLACEHOLDER.fullmatch(bare["password"]):
        yield SecretFound(bare.start(), bare.end("password"), "login", "a user and a password before a host")
    if "://" not in text:
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
        if colon and password and not _PLACEHOLDER.fullmatch(password):
            yield SecretFound(mark.end(), mark.end() + at, "login", what)


def _logins_in_line(line: str) -> Iterator[SecretFound]:
    for match in _LOGIN_IN_LINE.finditer(line) if "@" in line else ():
        if not _PLACEHOLDER.fullmatch(match["password"]):
            yield SecretFound(match.start(), match.end("password"), "login", "a user and a password before a host")


def parameters_in(text: str) -> Iterator[SecretFound]:
    """The values of parameters and settings whose names are called like secrets, whatever they are; passwords in paths, too."""
    if "://" in text:
        for match in _LOGIN_IN_PATH.finditer(text):
            start, end = match.span("value")
            yield SecretFound(start, end, "parameter", "a user and a password in the path", "password")
    if "=" not in text:
        return
    settings = tuple(_NAME.finditer(text))
    has_user, done = any(match["key"].lower() in _USERS for match in settings), 0
    for match in settings:
        if match.start() < done:
            continue
        name = match["key"]
        of_address = (
            name.lower().replace("-", "").replace("_", "") in _ONLY_PARAMETERS and "://" in text[: match.start()]
        )
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
    if not _MAY_BE_TOKEN.search(text):
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


def _words(name: str) -> list[str]:
    """The words of a name in small letters: of snake_case, kebab-case, dotted names and camelCase."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", " ", name).lower().split()
