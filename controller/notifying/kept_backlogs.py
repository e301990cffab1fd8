"""What endpoints are still to be told, in one file: a controller that was started anew tells it, and nothing twice that was taken."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

from controller.notifying.backlog import Backlog
from controller.notifying.happening import Happening
from crds.document import unknown_format
from ports.disk import Disk

FILE_NAME: Final = "webhooks-waiting.json"
"""In the state directory of the controller."""
_FORMAT: Final = 1


class KeptBacklogs:
    """The file."""

    def __init__(self, path: Path, disk: Disk) -> None:
        """Reads and writes nothing yet.

        Args:
            path: of the file.
            disk: where it is.
        """
        self._path = path
        self._disk = disk

    def store(self, backlogs: Mapping[str, Backlog]) -> None:
        """Keeps what waits, by the names of the endpoints. Blocks.

        Raises:
            OSError: the disk does not take it.
        """
        endpoints = {
            name: {"lost": one.lost, "waiting": [asdict(happening) for happening in one.waiting.values()]}
            for name, one in backlogs.items()
            if not one.is_empty
        }
        content = json.dumps({"format": _FORMAT, "endpoints": endpoints}).encode()
        self._disk.write(self._path, content)

    def load(self) -> tuple[Mapping[str, Backlog], str]:
        """What was kept, and what is wrong with the file, if anything is. Never raises. Blocks."""
        try:
            content = json.loads(self._disk.read(self._path))
            if why := unknown_format(f"{self._path}", content, _FORMAT):
                return {}, why
            return {
                str(name): Backlog(lost=int(one["lost"])).taking(Happening(**each) for each in one["waiting"])
                for name, one in content["endpoints"].items()
            }, ""
        except FileNotFoundError:
            return {}, ""
        except OSError as error:
            return {}, f"{self._path} cannot be read: {error.strerror}"
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            return {}, f"{self._path} is damaged ({type(error).__name__}): what webhooks were still to be told is lost"
