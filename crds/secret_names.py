"""The names that secrets go by: of settings, keys, variables and parameters.

Each row of a table says where it was seen.
"""

import re
from functools import lru_cache
from typing import Final

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
ONLY_PARAMETERS: Final = frozenset(
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
PLACEHOLDER_OF_ANYBODY: Final = re.compile(
    r"\$\{(?![A-Za-z_]\w*:?[-=+][^{}$])[A-Za-z_][^{}]*\}|\$[A-Z_][A-Z0-9_]*|\$\([^()]*\)|\{[A-Z][A-Z0-9_]*\}|\{\{[^{}]*\}\}|<[^<>]*>|%[A-Z_][A-Z0-9_]*%|\*+|x{3,}|X{3,}"
)
"""Of ours, and of other programs, which are no secrets themselves; what stands behind `:-` is one."""
_PATH: Final = re.compile(r"(?:/[\w.@+-]+){2,}/?")


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
        or PLACEHOLDER_OF_ANYBODY.fullmatch(text)
        or _PATH.fullmatch(text)
    ):
        return False
    if text.startswith(("$(", "`")):
        return False
    words = _words(name)
    return not (words and words[-1] in _OF_SWITCHES and _SWITCHES.fullmatch(text))


def _words(name: str) -> list[str]:
    """The words of a name in small letters: of snake_case, kebab-case, dotted names and camelCase."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", " ", name).lower().split()
