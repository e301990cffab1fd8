import json
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bus.base import Topic
from bus.codec import encode_signed
from bus.signature import SigningKey
from bus.topics import SETTINGS
from crds.messages import AgentConfig
from nodeagent.ledger.acceptance import Verdict
from nodeagent.ledger.ledger import Ledger
from tests.differ.generations import FLEET, NODE, NOW, OTHER_NODE, generation, instance
from tests.ledger.taking import take

CONTROLLER = SigningKey.generate()
STRANGER = SigningKey.generate()
ONE = generation([instance("yard")], 1)
TWO = generation([instance("yard", image="retinaface:2")], 2)


def signed(config: AgentConfig, key: SigningKey = CONTROLLER) -> bytes:
    return encode_signed(config, key)


def ledger_at(path: Path, *, fleet: str = FLEET, node: str = NODE) -> Ledger:
    return Ledger(path=path, fleet_id=fleet, node_id=node, controller_key=CONTROLLER.public_key_hex)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger" / "current.record"


def test_without_a_file_there_is_nothing(path: Path) -> None:
    assert ledger_at(path).current is None
    assert not path.parent.exists()


def test_what_is_accepted_is_on_disk_as_it_came_and_recalled(path: Path) -> None:
    ledger = ledger_at(path)

    assert take(ledger, signed(ONE), NOW).verdict is Verdict.ACCEPTED
    assert ledger.current == ONE
    assert path.read_bytes() == signed(ONE)
    assert ledger_at(path).current == ONE


def test_a_higher_epoch_with_a_lower_generation_takes_over(path: Path) -> None:
    ledger = ledger_at(path)
    take(ledger, signed(generation([instance("yard")], 9, epoch=1)), NOW)

    assert take(ledger, signed(generation([instance("yard")], 1, epoch=2)), NOW).verdict is Verdict.ACCEPTED
    assert take(ledger, signed(generation([instance("yard")], 10, epoch=1)), NOW).verdict is Verdict.STALE
    recalled = ledger_at(path).current
    assert recalled is not None
    assert recalled.ref.order == (2, 1)


def without_a_zone() -> bytes:
    """Compared with a time that has one it would raise, at every start of every agent that reads the record."""
    return signed(TWO.model_copy(update={"expires_at": NOW.replace(tzinfo=None)}))


@pytest.mark.parametrize(
    "envelope",
    [
        pytest.param(without_a_zone, id="a time without a zone"),
        pytest.param(lambda: signed(TWO, STRANGER), id="signed by a stranger"),
        pytest.param(lambda: signed(generation([instance()], 2, node=OTHER_NODE)), id="of another node"),
        pytest.param(lambda: signed(generation([instance()], 2, fleet="other")), id="of another fleet"),
        pytest.param(lambda: signed(TWO).replace(b"payload", b"peyload", 1), id="damaged"),
        pytest.param(lambda: signed(TWO)[:-10], id="torn"),
        pytest.param(lambda: b"", id="empty"),
        pytest.param(lambda: b"x" * (SETTINGS[Topic.AGENT_CONFIG].max_value_bytes + 1), id="too large"),
        pytest.param(lambda: b"[" * 100_000, id="deep"),
        pytest.param(lambda: json.dumps({"payload": 1, "payloadType": 2, "signatures": 3}).encode(), id="wrong types"),
    ],
)
def test_what_is_refused_changes_neither_memory_nor_disk(path: Path, envelope: Callable[[], bytes]) -> None:
    ledger = ledger_at(path)
    take(ledger, signed(ONE), NOW)

    assert take(ledger, envelope(), NOW).verdict is Verdict.REFUSED
    assert ledger.current == ONE
    assert path.read_bytes() == signed(ONE)


@settings(deadline=None)
@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["payload", "payloadType", "signatures", "sig"]), inner)
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_no_bytes_raise_or_change_what_is_held(envelope: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = ledger_at(Path(folder) / "current.record")
        take(ledger, signed(ONE), NOW)

        assert take(ledger, envelope, NOW).verdict is Verdict.REFUSED
        assert ledger.current == ONE


@settings(deadline=None)
@given(st.integers(0, len(signed(TWO)) - 1), st.integers(1, 255))
def test_no_flipped_byte_gives_another_generation(position: int, difference: int) -> None:
    envelope = bytearray(signed(TWO))
    envelope[position] ^= difference
    with tempfile.TemporaryDirectory() as folder:
        ledger = ledger_at(Path(folder) / "current.record")

        take(ledger, bytes(envelope), NOW)

        assert ledger.current in (None, TWO)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_a_file_of_any_bytes_counts_as_absent(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "current.record"
        path.write_bytes(content)

        ledger = ledger_at(path)

        assert ledger.current is None
        assert take(ledger, signed(ONE), NOW).verdict is Verdict.ACCEPTED
        assert ledger_at(path).current == ONE


def test_a_torn_file_counts_as_absent(path: Path) -> None:
    take(ledger_at(path), signed(ONE), NOW)
    path.write_bytes(signed(ONE)[:100])

    assert ledger_at(path).current is None


@pytest.mark.parametrize("foreign", [{"fleet": "other"}, {"node": OTHER_NODE}])
def test_a_ledger_of_somebody_else_counts_as_absent(path: Path, foreign: dict[str, str]) -> None:
    take(ledger_at(path), signed(ONE), NOW)

    assert ledger_at(path, **foreign).current is None


def test_a_ledger_of_another_controller_counts_as_absent(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(signed(ONE, STRANGER))

    assert ledger_at(path).current is None


def test_a_file_that_cannot_be_read_counts_as_absent(path: Path) -> None:
    path.mkdir(parents=True)

    assert ledger_at(path).current is None


def test_an_agent_that_was_killed_while_writing_recalls_the_old_one(path: Path) -> None:
    take(ledger_at(path), signed(ONE), NOW)
    unfinished = path.with_name(f".{path.name}.0badcafe")
    unfinished.write_bytes(signed(TWO)[:50])
    os.utime(unfinished, (0, 0))

    ledger = ledger_at(path)

    assert ledger.current == ONE
    assert take(ledger, signed(TWO), NOW).verdict is Verdict.ACCEPTED
    assert ledger_at(path).current == TWO
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def _fails(error: OSError) -> Callable[..., None]:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize("broken", ["fsync", "replace", "open"])
def test_what_cannot_be_written_is_not_in_force(path: Path, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    ledger = ledger_at(path)
    take(ledger, signed(ONE), NOW)

    with monkeypatch.context() as patch:
        target: object = Path if broken == "replace" else os
        patch.setattr(target, broken, _fails(OSError(28, "No space left on device")))
        with pytest.raises(OSError, match="No space left"):
            take(ledger, signed(TWO), NOW)

    assert ledger.current == ONE
    assert path.read_bytes() == signed(ONE)
    assert ledger.commit()
    assert (ledger.current, path.read_bytes()) == (TWO, signed(TWO))


def test_what_is_considered_is_judged_after_what_was_and_is_not_in_force_before_it_is_written(path: Path) -> None:
    ledger = ledger_at(path)
    assert ledger.consider(signed(TWO), NOW).verdict is Verdict.ACCEPTED
    assert ledger.consider(signed(ONE), NOW).verdict is Verdict.STALE
    assert (ledger.current, path.exists(), ledger.holds_unwritten) == (None, False, True)

    assert ledger.commit()
    assert not ledger.commit()
    assert (ledger.current, path.read_bytes(), ledger.holds_unwritten) == (TWO, signed(TWO), False)


def test_content_and_folder_are_flushed_before_the_generation_is_in_force(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = ledger_at(path)
    take(ledger, signed(ONE), NOW)
    seen: list[tuple[str, AgentConfig | None, bytes]] = []

    def watched(descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        seen.append((kind, ledger.current, path.read_bytes()))

    monkeypatch.setattr(os, "fsync", watched)
    take(ledger, signed(TWO), NOW)

    # The file before it gets its name, the folder after that; and all of it before anybody acts.
    assert seen == [("file", ONE, signed(ONE)), ("folder", ONE, signed(TWO))]
    assert ledger.current == TWO


def test_a_folder_that_cannot_be_flushed_leaves_the_old_one_in_force(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = ledger_at(path)
    take(ledger, signed(ONE), NOW)

    def fails_for_folders(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fails_for_folders)
        with pytest.raises(OSError, match="Input/output error"):
            take(ledger, signed(TWO), NOW)

    assert ledger.current == ONE
    assert ledger.commit()
    assert ledger.current == TWO
