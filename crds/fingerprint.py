"""What people compare keys by. Apart from the kind, so that who only shows keys loads no more."""

import hashlib


def fingerprint(public_key: str) -> str:
    """What people compare keys by: `sha256:` and the SHA-256 of the raw key, hexadecimal; `unknown` for what is no key."""
    try:
        return "sha256:" + hashlib.sha256(bytes.fromhex(public_key)).hexdigest()
    except ValueError:
        return "unknown"
