"""Lines are the same in whatever pieces they are read, and are bounded; counters of a machine are what the kernel says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeagent.engines.counters import (
    Counters,
    MachineSize,
    counters_of_machine,
    of_this_machine,
    size_of_machine,
    size_of_this_machine,
)
from nodeagent.engines.docker.usage import counters_in
from nodeagent.engines.log_lines import LONGEST_LINE_BYTES, LineBuilder, LogLine, time_at_beginning

SECOND = 1_000_000_000


@given(st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\n\n", b"rtsp://u:", b"p@h", b"\xff"])))
def test_lines_are_the_same_however_they_were_read(pieces: list[bytes]) -> None:
    whole, parts = LineBuilder(), LineBuilder()
    at_once = whole.take(b"".join(pieces)) + whole.end()
    one_by_one = [line for piece in pieces for line in parts.take(piece)] + parts.end()
    assert at_once == one_by_one
    text = b"".join(pieces)
    assert [line.text for line in at_once] == text.removesuffix(b"\n").split(b"\n")[: None if text else 0]


def test_a_line_without_an_end_takes_no_more_memory_than_a_long_one() -> None:
    builder = LineBuilder()
    for _ in range(200):
        assert builder.take(b"x" * 1000, 7) == []
    (line,) = builder.take(b"\n")
    assert (len(line.text), line.left_out_bytes, line.at_ns) == (
        LONGEST_LINE_BYTES,
        200_000 - LONGEST_LINE_BYTES,
        7,
    )
    assert builder.take(b"short\n", 8) == [LogLine(b"short", 8)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"1970-01-01T00:00:01Z x", (SECOND, 20)),
        (b"1970-01-01T00:00:01.5Z x", (SECOND + SECOND // 2, 22)),
        (b"1970-01-01T00:00:01.000000001Z x", (SECOND + 1, 30)),
        (b"1970-01-01T01:00:01,25+01:00 x", (SECOND + SECOND // 4, 28)),
        (b"1970-01-01T00:00:61Z x", None),
        (b"1970-01-01 00:00:01 x", None),
        (b"0000-01-01T00:00:01Z x", None),
        (b"frames 12", None),
        (b"", None),
    ],
)
def test_a_time_at_the_beginning_of_a_line_is_found(text: bytes, found: tuple[int, int] | None) -> None:
    assert time_at_beginning(text) == found


def test_what_is_used_of_a_machine_is_all_but_idle_and_all_but_available() -> None:
    stat = b"cpu  100 20 30 5000 600 7 8 9 50 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n"
    meminfo = b"MemTotal:  1000 kB\nMemFree: 100 kB\nMemAvailable:  400 kB\n"
    assert counters_of_machine(stat, meminfo) == Counters((100 + 20 + 30 + 7 + 8 + 9) / 100, 600 * 1024)
    assert of_this_machine().memory_bytes > 0
    with pytest.raises(ValueError, match="does not say"):
        counters_of_machine(b"", b"")


def test_the_size_of_a_machine_is_what_its_use_is_a_part_of() -> None:
    stat = b"cpu  1 1 1 1\ncpu0 1 1 1 1\ncpu10 1 1 1 1\nintr 5\n"
    assert size_of_machine(stat, b"MemTotal:  1000 kB\nMemFree: 1 kB\n") == MachineSize(2, 1000 * 1024)
    assert size_of_machine(b"", b"MemTotal: many kB\n") == MachineSize()
    assert size_of_this_machine().processors > 0
    assert size_of_this_machine().memory_bytes > of_this_machine().memory_bytes


def test_caches_of_a_container_are_not_counted_by_either_name() -> None:
    cpu = {"cpu_usage": {"total_usage": 2 * SECOND}}
    for name in ("inactive_file", "total_inactive_file"):
        stats = {"cpu_stats": cpu, "memory_stats": {"usage": 1000, "stats": {name: 300}}}
        assert counters_in(stats) == Counters(2.0, 700)
    assert counters_in({"cpu_stats": {"cpu_usage": {"total_usage": 0}}, "memory_stats": {}}) is None
