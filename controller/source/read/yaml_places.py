"""Where the keys and values of a document stand."""

from dataclasses import dataclass, field

Path = tuple[str | int, ...]
Place = tuple[int, int]
"""Line and column. Lines count from 0 at the first line of the text that was read, columns from 1."""


@dataclass(frozen=True)
class Places:
    """Where the keys and values of one document stand, by their paths."""

    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)

    def of_value(self, path: Path) -> Place:
        """The place of a value, or of the nearest thing around it that has one."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, (0, 1))

    def of_key(self, path: Path) -> Place:
        """The place of a key, or of the nearest thing around it that has one."""
        while path and path not in self.keys:
            if path in self.values:
                return self.values[path]
            path = path[:-1]
        return self.keys.get(path) or self.of_value(path)
