"""Where relative paths lead when the files that hold them move into one folder."""

import posixpath
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """The folder of one file: DeepStream resolves the relative paths in a file against it."""

    folder: str = ""
    """As the folder of the main file sees it: empty for that folder itself."""
    base_dir: str | None = None
    """The folder of the main file as the container sees it."""

    def of(self, path: str) -> "Place":
        """The folder of a file that is named in this one."""
        return Place(posixpath.dirname(self.on_disk(path)), self.base_dir)

    def on_disk(self, path: str) -> str:
        """Where a path leads, seen from the folder of the main file."""
        if path.startswith("/") or not self.folder:
            return path
        return posixpath.normpath(posixpath.join(self.folder, path))

    def kept(self, path: str) -> str:
        """The path as it is to be written beside the main file, when it names no file of ours."""
        if not path or path.startswith("/"):
            return path
        seen = self.on_disk(path)
        if self.base_dir is None or seen.startswith("/"):
            return seen
        return posixpath.normpath(posixpath.join(self.base_dir, seen))
