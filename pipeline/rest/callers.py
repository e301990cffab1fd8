"""Who may call: programs of this machine, and no web page that a person on it happens to look at.

The port has no password, as DeepStream's has none, but a browser would carry the calls of any page to it. So calls are refused whose
``Host`` is no name of the loopback interface (a page's own name that was made to point here), whose ``Origin`` is another place, or
that the browser itself calls cross-site. Programs other than browsers send neither of the last two.
"""

import ipaddress
import re
from collections.abc import Sequence
from typing import Final

_OWN_PAGES: Final = frozenset({"none", "same-origin"})

# A name or an address, and perhaps a port.
_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[0-9]{1,5})?")


def refusal(hosts: Sequence[str], origins: Sequence[str], fetch_sites: Sequence[str]) -> str | None:
    """Returns why the call is refused in one line, None if it is not.

    Args:
        hosts: All ``Host`` headers; none is fine, since browsers always send it.
        origins: All ``Origin`` headers.
        fetch_sites: All ``Sec-Fetch-Site`` headers.
    """
    if not all(_is_loopback(host) for host in hosts):
        return "the Host header must be localhost or a loopback address"
    own = {f"http://{host.strip().lower()}" for host in hosts}
    if not all(origin.strip().lower() in own for origin in origins):
        return "pages of other origins may not call"
    if not all(site.strip().lower() in _OWN_PAGES for site in fetch_sites):
        return "pages of other sites may not call"
    return None


def _is_loopback(host: str) -> bool:
    parts = _HOST.fullmatch(host.strip().lower())
    if parts is None:
        return False
    name = parts[1].strip("[]")
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
