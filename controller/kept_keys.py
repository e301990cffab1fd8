"""Which key each node must sign with, as it is kept on disk: one small file."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from crds.document import unknown_format
from ports.disk import Disk

FILE_NAME = "agent-keys.json"
"""In the state directory of the controller."""
_FORMAT: Final = 1
_PUBLIC_KEY = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class KeptKeys:
    """What was kept."""

    keys: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """By node id, 64 hexadecimal digits each."""
    warning: str = ""
    """Why what is there cannot be used; empty when nothing is wrong."""


class KeyFile:
    """Keeps the keys in a file. Blocks."""

    def __init__(self, path: Path, disk: Disk) -> None:
        """Reads and writes nothing yet.

        Args:
            path: of the file; its folder is made when it is missing.
            disk: where it is.
        """
        self._path = path
        self._disk = disk

    def store(self, keys: Mapping[str, str]) -> None:
        """Keeps these keys, and no others.

        Raises:
            OSError: the disk does not take them. What was kept before is still there.
        """
        content = {"format": _FORMAT, "keys": dict(sorted(keys.items()))}
        self._disk.write(self._path, json.dumps(content, indent=1).encode())

    def load(self) -> KeptKeys:
        """What was kept. Never raises: a damaged file is the same as none, with a warning."""
        try:
            content = json.loads(self._disk.read(self._path))
            if why := unknown_format("it", content, _FORMAT):
                return KeptKeys(warning=self._warning(f"was written by another version ({why})"))
            keys = content["keys"]
            if not all(isinstance(key, str) and _PUBLIC_KEY.fullmatch(key) for key in keys.values()):
                return KeptKeys(warning=self._warning("is damaged"))
            return KeptKeys(keys)
        except FileNotFoundError:
            return KeptKeys()
        except OSError as error:
            return KeptKeys(warning=self._warning(f"cannot be read ({error.strerror})"))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return KeptKeys(warning=self._warning("is damaged"))

    def _warning(self, what: str) -> str:
        return (
            f"{self._path} {what}: which agent is believed is told by the records on topic 210 and by manifests; a node "
            "that has neither is known by its next greeting"
        )
