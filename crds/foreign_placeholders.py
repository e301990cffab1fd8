"""Placeholders that another program fills in before DeepStream starts: nobody fills them in here, and none is a secret.

Sources of the forms: POSIX shells, Docker Compose and systemd (`$NAME`, `${NAME}`, `${NAME:-default}`), make and Kubernetes
(`$(NAME)`), Jinja and Helm (`{{ name }}`), Python's configparser (`%(name)s`) and str.format, which Frigate goes by
(`{FRIGATE_RTSP_PASSWORD}`), cmd.exe (`%NAME%`), and what people write for other people (`<password>`, `your-camera-ip`,
`****`, `xxxx`).
"""

import re
from typing import Final

# A name of a secret of ours stands in a placeholder of ours.
_SURE: Final = re.compile(
    r"\$\{(?!secret:)[A-Za-z_][^{}]*\}|\$\([A-Za-z_]\w*\)|\{\{[^{}]*\}\}|\{%[^{}]*%\}|%\([A-Za-z_]\w*\)[sd]"
)
"""What hardly anybody means as it stands, wherever it stands."""
_ONLY_SURE: Final = re.compile(f"(?:{_SURE.pattern})+")
_WHOLE: Final = re.compile(
    r"\$[A-Z_][A-Z0-9_]+|\{[A-Za-z_][\w.]*\}|%[A-Z_][A-Z0-9_]{2,}%|<[^<>]+>|\[[A-Za-z][A-Za-z_ -]+\]|\*{3,}|x{3,}|X{3,}|"
    r"(?i:your[-_][a-z][\w-]*)"
)
"""What may be meant as it stands, such as in the middle of a password, unless it is all that stands there."""
_SIGNS: Final = re.compile(r"[$%{<[*]|xxx|XXX|(?i:your)")
"""One of them stands in every placeholder."""
_BETWEEN: Final = re.compile(r"[/:@?&=;,]+")
_BLANKS: Final = re.compile(r"%20|\s")


def is_placeholder(part: str) -> bool:
    """True for one part of a value, such as a password, that another program was to fill in.

    With anything beside it the part may be meant as it stands, and what stands beside it may be a secret.
    """
    return _ONLY_SURE.fullmatch(part) is not None or _WHOLE.fullmatch(part) is not None


def holds_placeholder(text: str) -> bool:
    """True for a value with a placeholder: as one of its parts, which the separators of addresses and lists end."""
    if not _SIGNS.search(text):
        return False
    if _SURE.search(text):
        return True
    return any(_WHOLE.fullmatch(_BLANKS.sub(" ", part)) for part in _BETWEEN.split(text))
