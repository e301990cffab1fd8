"""A user name and a password that nobody else has, and the forms in which they could turn up somewhere."""

import base64
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

# Everything that a URL, JSON, a shell or a key file would take for something else; no ":" in a user name (RFC 7617).
_NASTY_USER = "@hq/%41"
_NASTY_PASSWORD = "pä:/?#@%2F'\"\\${x} &"


@dataclass(frozen=True)
class PlantedSecret:
    """The secret of the camera `dock`, written into a folder as an operator would."""

    folder: Path
    user_core: str = field(default_factory=lambda: f"user{secrets.token_hex(6)}")
    password_core: str = field(default_factory=lambda: f"pass{secrets.token_hex(6)}")

    def __post_init__(self) -> None:
        place = self.folder / "dock-camera"
        place.mkdir(mode=0o700, parents=True)
        for file, text in (("username", self.username), ("password", self.password)):
            with os.fdopen(os.open(place / file, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as opened:
                opened.write(text)

    @property
    def username(self) -> str:
        return self.user_core + _NASTY_USER

    @property
    def password(self) -> str:
        return _NASTY_PASSWORD + self.password_core

    @property
    def in_url(self) -> str:
        """As the app needs it in the address of the camera."""
        return f"{quote(self.username, safe='')}:{quote(self.password, safe='')}@"

    def forms_in(self, content: bytes) -> list[str]:
        """Which forms of it stand in the content; the cores stand alike in raw, quoted and escaped text."""
        return [form for form, needle in self._needles() if needle in content]

    def _needles(self) -> Iterator[tuple[str, bytes]]:
        for name, core in (("user name", self.user_core), ("password", self.password_core)):
            yield name, core.encode()
            for offset in range(3):
                # What stands before decides how a text falls into groups of three bytes: each way is searched for. The
                # first and the last groups hold bits of the neighbours and are left out.
                text = base64.b64encode(b"\0" * offset + core.encode())
                yield f"{name} in base64", text[4:-4]
                yield f"{name} in base64", base64.urlsafe_b64encode(b"\0" * offset + core.encode())[4:-4]
            yield f"{name} in hexadecimal", core.encode().hex().encode()
