"""How a camera is reached: address, user name and password of a row, and what of it stands in a manifest. Pure.

No manifest holds a password. A row names the secret that does in its two fields, in the form that rendered files have it.
"""

import re
from typing import Any, Final
from urllib.parse import quote, unquote

from controller.api.v1.refused import FieldRefused

_HOST: Final = re.compile(r"(?!(?:usb|csi):)[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?")
_MAIN: Final = "/main"
"""The path of the stream that the coordinator asked cameras for."""
_OF_A_SECRET: Final = re.compile(r"\$\{secret:(?P<name>[a-z0-9][-a-z0-9.]*):(?P<part>username|password)\}")
_HOW: Final = (
    "a password never stands in a manifest: put user name and password into a secret of the node, and send username "
    "${secret:NAME:username} and password ${secret:NAME:password}"
)


def login_fields(spec: dict[str, Any]) -> dict[str, str | None]:
    """`ip_address`, `username` and `password` of the row of a camera.

    Args:
        spec: of its manifest.
    """
    scheme, mark, rest = spec["address"].partition("://")
    authority, slash, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    name, colon, _ = user.partition(":")
    is_main = scheme == "rtsp" and slash + path == _MAIN and _HOST.fullmatch(host)
    fields: dict[str, str | None] = {
        "ip_address": host if is_main else f"{scheme}{mark}{host}{slash}{path}",
        "username": unquote(name) if at else None,
        "password": "" if colon else None,
    }
    if secret := spec.get("credentialsRef"):
        fields["username"] = f"${{secret:{secret['name']}:username}}"
        fields["password"] = None if secret.get("withoutPassword") else f"${{secret:{secret['name']}:password}}"
    return fields


def spec_fields(ip_address: str, username: str | None, password: str | None) -> dict[str, Any]:
    """`address` and `credentialsRef` of the manifest of a camera; the latter is None for none.

    Raises:
        FieldRefused: it is a password in clear, or half a login.
    """
    address = f"rtsp://{ip_address}{_MAIN}" if _HOST.fullmatch(ip_address) else ip_address
    user = _OF_A_SECRET.fullmatch(username or "")
    word = _OF_A_SECRET.fullmatch(password or "")
    if user is not None and user["part"] == "username":
        if password and (word is None or (word["name"], word["part"]) != (user["name"], "password")):
            raise FieldRefused("password", _HOW)
        secret = {"name": user["name"]} | ({} if password else {"withoutPassword": True})
        return {"address": address, "credentialsRef": secret}
    if password:
        raise FieldRefused("password", _HOW)
    if not username:
        return {"address": address, "credentialsRef": None}
    scheme, mark, rest = address.partition("://")
    if not mark:
        raise FieldRefused("username", "only a camera with an address such as rtsp://host/path has a user")
    login = quote(username, safe="") + ("" if password is None else ":")
    return {"address": f"{scheme}{mark}{login}@{rest}", "credentialsRef": None}
