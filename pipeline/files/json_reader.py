"""Typed values out of a JSON file, and one clear line when they are not there."""

import json
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

_Text = TypeVar("_Text", bound=str)


class ConfigError(Exception):
    """A file that the pipeline cannot run with; the message is one line that names the file and the key."""


def read_utf8(file: Path) -> str:
    """Returns the text of a file.

    Raises:
        ConfigError: If it cannot be read, or is not text in UTF-8.
    """
    try:
        if file.exists() and not file.is_file():
            # Reading a pipe or a device could take for ever.
            raise ConfigError(f"{file}: not a file")
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: not UTF-8 (byte {error.start})") from None


def read_json(file: Path) -> object:
    """Returns what the file holds.

    Raises:
        ConfigError: If it cannot be read, or is not JSON in UTF-8.
    """
    text = read_utf8(file)
    try:
        content: object = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{file}: not JSON: {error}") from None
    except (RecursionError, ValueError):
        raise ConfigError(f"{file}: not JSON that can be read: nested too deeply, or a number too long") from None
    return content


@dataclass(frozen=True)
class JsonReader:
    """Takes typed values out of one JSON object and remembers where it stands, for the message."""

    file: Path
    place: str
    content: dict[str, Any] = field(repr=False)

    @classmethod
    def of_file(cls, file: Path) -> Self:
        """Reads the file; it must hold one JSON object."""
        return cls.of_object(file, "", read_json(file))

    @classmethod
    def of_object(cls, file: Path, place: str, content: object) -> Self:
        """Wraps an object found at a place inside the file."""
        if not isinstance(content, dict):
            raise ConfigError(f"{file}: {place or 'the file'}: must be an object")
        return cls(file, place, content)

    def wrong(self, key: str, what: str) -> ConfigError:
        """Returns the error that says what is wrong with the key here."""
        return ConfigError(f"{self.file}: {f'{self.place}.{key}' if self.place else key}: {what}")

    def value(self, key: str) -> object:
        """Returns what the key holds, whatever it is."""
        if key not in self.content:
            raise self.wrong(key, "missing")
        value: object = self.content[key]
        return value

    def one_of(self, key: str, *allowed: _Text) -> _Text:
        """Returns the one of the allowed strings that the key holds."""
        value = self.value(key)
        for choice in allowed:
            if value == choice:
                return choice
        raise self.wrong(key, f"must be {' or '.join(json.dumps(choice) for choice in allowed)}")

    def has(self, key: str) -> bool:
        """Tells whether the key is there."""
        return key in self.content

    def only(self, keys: AbstractSet[str]) -> None:
        """Refuses any other key."""
        for key in self.content:
            if key not in keys:
                raise self.wrong(key, f"not known here; known are {', '.join(sorted(keys))}")

    def inner(self, key: str) -> Self:
        """Returns the object that the key holds."""
        return self.of_object(self.file, f"{self.place}.{key}" if self.place else key, self.value(key))

    def text(self, key: str, *, default: str | None = None) -> str:
        """Returns the string that the key holds; without the key the default, if there is one."""
        if default is not None and not self.has(key):
            return default
        value = self.value(key)
        if not isinstance(value, str):
            raise self.wrong(key, "must be a string")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise self.wrong(key, "holds half a character, such as \\ud800, which no message can carry")
        return value

    def texts(self, key: str, *, default: tuple[str, ...]) -> tuple[str, ...]:
        """Returns the strings of the list that the key holds; without the key the default."""
        if not self.has(key):
            return default
        values = self.value(key)
        if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
            raise self.wrong(key, "must be a list of strings")
        return tuple(values)

    def objects(self, key: str, *, default: tuple[Self, ...]) -> tuple[Self, ...]:
        """Returns the objects of the list that the key holds; without the key the default."""
        if not self.has(key):
            return default
        values = self.value(key)
        if not isinstance(values, list):
            raise self.wrong(key, "must be a list")
        place = f"{self.place}.{key}" if self.place else key
        return tuple(self.of_object(self.file, f"{place}[{index}]", one) for index, one in enumerate(values))

    def integer(self, key: str, least: int, *, default: int | None = None) -> int:
        """Returns the integer that the key holds; without the key the default, if there is one."""
        if default is not None and not self.has(key):
            return default
        value = self.value(key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong(key, "must be an integer")
        if value < least:
            raise self.wrong(key, f"must be at least {least}")
        return value

    def number(self, key: str, least: float, most: float, *, default: float | None = None) -> float:
        """Returns the number in a range that the key holds; without the key the default, if there is one."""
        if default is not None and not self.has(key):
            return default
        value = self.value(key)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self.wrong(key, "must be a number")
        if not least <= value <= most:
            raise self.wrong(key, f"must be between {least:g} and {most:g}")
        return float(value)

    def share(self, key: str, *, default: float | None = None) -> float:
        """Returns the number from 0 to 1 that the key holds; without the key the default, if there is one."""
        return self.number(key, 0, 1, default=default)

    def boolean(self, key: str) -> bool:
        """Returns the truth value that the key holds."""
        value = self.value(key)
        if not isinstance(value, bool):
            raise self.wrong(key, "must be true or false")
        return value
