"""The logins of cameras in the files of an instance: which camera each belongs to, and what stands there without it: pure.

A secret that is missing darkens its own camera, and no neighbour waits for it. The files say which text is the address
of a camera only to who knows the address; the settings of the instance have it. What stands elsewhere, such as the
password of a broker, is no camera's, and nothing can be written without it.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from crds.camera_address import rendered_address, without_login
from crds.instance_config import InstanceConfig
from crds.secret import PLACEHOLDER, secrets_named_in

_HELD: Final = {
    "userinfo": r"[A-Za-z0-9._~%-]*:[A-Za-z0-9._~%-]*@",
    "username": r"[A-Za-z0-9._~%-]+@",
    "password": r"[^\s\";,]+?",
}
"""What stands in a file for a part of a secret that was filled in."""
_END: Final = r"(?=[\s\";,]|$)"
_WRITTEN: Final[tuple[Callable[[str], str], ...]] = (
    str,
    lambda address: json.dumps(address)[1:-1],
    lambda address: json.dumps(address, ensure_ascii=False)[1:-1],
    lambda address: address.replace("\\", "\\\\"),
)
"""How an address is written into files: as it is, as JSON has it, and as key files have it."""


@dataclass(frozen=True)
class CameraLogin:
    """The address of one or more cameras with placeholders in it, as a file may have it."""

    cameras: tuple[str, ...]
    """Their names, sorted."""
    address: str
    """As the app is to read it."""
    write: Callable[[str], str]
    """How such a file writes an address."""

    @property
    def text(self) -> str:
        """What stands in the rendered file."""
        return self.write(self.address)

    @property
    def without_login(self) -> str:
        """What takes its place when nobody knows the login."""
        return self.write(without_login(self.address))

    def held_in(self, content: str) -> str | None:
        """This address with a login that was filled in before, as a file has it; None for a file that has none."""
        pieces, at = [], 0
        for placeholder in PLACEHOLDER.finditer(self.text):
            pieces += [re.escape(self.text[at : placeholder.start()]), _HELD[placeholder["part"]]]
            at = placeholder.end()
        found = re.search("".join([*pieces, re.escape(self.text[at:]), _END]), content)
        return found[0] if found else None


def logins_by_text(config: InstanceConfig) -> Mapping[str, CameraLogin]:
    """The addresses with placeholders of all cameras of an instance, by the texts that files may have."""
    cameras: dict[str, set[str]] = {}
    for name, address in _addresses(config.settings.get("cameras")):
        if secrets_named_in(address):
            cameras.setdefault(address, set()).add(name)
    logins = [
        CameraLogin(tuple(sorted(names)), address, write) for address, names in cameras.items() for write in _WRITTEN
    ]
    return {login.text: login for login in reversed(logins)}


def pieces_of(content: str, logins: Mapping[str, CameraLogin]) -> Iterator[str | CameraLogin]:
    """A rendered file in order: addresses of cameras with placeholders, and the texts between them."""
    if not logins or not PLACEHOLDER.search(content):
        yield content
        return
    # The longest first: an address may begin as another one does.
    pattern = "|".join(re.escape(text) for text in sorted(logins, key=len, reverse=True))
    at = 0
    for match in re.finditer(pattern, content):
        yield content[at : match.start()]
        yield logins[match[0]]
        at = match.end()
    yield content[at:]


def _addresses(cameras: Any) -> Iterator[tuple[str, str]]:
    """Names and rendered addresses. What another version says otherwise belongs to no camera, and is waited for."""
    for name, camera in cameras.items() if isinstance(cameras, Mapping) else ():
        given = camera if isinstance(camera, Mapping) else {}
        address, login = given.get("address"), given.get("credentialsRef")
        secret = login.get("name") if isinstance(login, Mapping) else None
        if not isinstance(address, str) or (secret is not None and "://" not in address):
            continue
        without = isinstance(login, Mapping) and login.get("withoutPassword") is True
        yield (
            str(name),
            rendered_address(address, secret if isinstance(secret, str) else None, without_password=without),
        )
