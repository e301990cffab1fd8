"""Addresses of cameras as they stand in rendered files, with and without the login of a camera."""

from typing import Final
from urllib.parse import urlsplit

from crds.secret import PLACEHOLDER, userinfo_placeholder
from deepstream.separators import percent_encode_separators

_MARK: Final = "://"


def rendered_address(address: str, secret_name: str | None, *, without_password: bool = False) -> str:
    """The URL with a placeholder where the user name and password go, and nothing that lists are split at.

    Args:
        address: as a manifest has it.
        secret_name: the secret with the login of the camera, if it has one.
        without_password: whether the user has no password.
    """
    if secret_name is None:
        return percent_encode_separators(address)
    scheme, rest = address.split(_MARK, 1)
    login = userinfo_placeholder(secret_name, without_password=without_password)
    return f"{scheme}{_MARK}{login}{percent_encode_separators(rest)}"


def without_login(rendered: str) -> str:
    """A rendered address without anything that a login is made of: nobody is let in, and no account is locked.

    Half a login would be a wrong one, which cameras count. So an address with a part of it among its parameters is cut
    down to its host.
    """
    scheme, _, rest = rendered.partition(_MARK)
    found = PLACEHOLDER.match(rest)
    rest = rest[found.end() :] if found else rest
    if PLACEHOLDER.search(rest):
        rest = f"{urlsplit(f'{scheme}{_MARK}{rest}').netloc.rpartition('@')[2]}/"
    return f"{scheme}{_MARK}{rest}"
