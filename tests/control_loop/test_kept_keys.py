"""The file in which the controller keeps whom it believes."""

from pathlib import Path

import pytest

from controller.kept_keys import KeptKeys, KeyFile
from ports.simulated import MemoryDisk

PATH = Path("/state/agent-keys.json")
KEYS = {"node-a": "ab" * 32, "node-b": "cd" * 32}


def test_what_is_stored_is_loaded() -> None:
    file = KeyFile(PATH, MemoryDisk())
    assert file.load() == KeptKeys()
    file.store(KEYS)
    assert file.load() == KeptKeys(KEYS)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is damaged"),
        (b"[]", "is damaged"),
        (b"[" * 100_000, "is damaged"),
        (b"\xff\xfe", "is damaged"),
        (b'{"keys": {"a": "no key"}}', "is damaged"),
        (b'{"keys": {"a": 1}}', "is damaged"),
        (b'{"keys": []}', "is damaged"),
        (b'{"format": 2, "keys": {}}', "was written by another version"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_and_counts_as_none(content: bytes, why: str) -> None:
    disk = MemoryDisk()
    disk.write(PATH, content)
    kept = KeyFile(PATH, disk).load()
    assert kept.keys == {}
    assert why in kept.warning
