"""The requests of people to hold instances, in one file: a controller that was started anew still knows them."""

import json
from pathlib import Path
from typing import Final

from controller.model import Holds
from crds.document import unknown_format
from ports.disk import Disk

_FORMAT: Final = 1


class HeldFile:
    """The file of the requests."""

    def __init__(self, path: Path, disk: Disk) -> None:
        """Reads and writes nothing yet.

        Args:
            path: of the file; its folder is made when it is missing.
            disk: where it is.
        """
        self._path = path
        self._disk = disk

    def store(self, holds: Holds) -> None:
        """Remembers them: afterwards the file holds these or, after a crash, those before. Blocks.

        Raises:
            OSError: the disk does not take it. What was remembered before is still there.
        """
        content = {"format": _FORMAT, "held": dict(holds.held), "released": sorted(holds.released)}
        self._disk.write(self._path, json.dumps(content, ensure_ascii=False).encode())

    def load(self) -> tuple[Holds, str]:
        """What was remembered, and what is wrong with the file, if anything is. Never raises. Blocks.

        A file that cannot be read loses little: the newest record of each node says what is held there by request.
        """
        try:
            content = json.loads(self._disk.read(self._path))
            if why := unknown_format(f"{self._path}", content, _FORMAT):
                return Holds(), why
            held = {str(name): str(reason) for name, reason in content["held"].items()}
            return Holds(held, frozenset(map(str, content["released"]))), ""
        except FileNotFoundError:
            return Holds(), ""
        except OSError as error:
            return Holds(), f"{self._path} cannot be read: {error.strerror}"
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            return Holds(), f"{self._path} is damaged ({type(error).__name__})"
