"""Lines as they leave the node, and how fast."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crds.masking import masked
from nodeagent.answering.line_texts import (
    LARGEST_PART,
    LONGEST_SHOWN,
    LeftOut,
    in_time,
    joined,
    parts,
    shown,
    within,
)
from nodeagent.answering.pace import Pace
from nodeagent.engines.log_lines import LineBuilder, LogLine

SECOND = 1_000_000_000
lines = st.lists(
    st.builds(LogLine, st.sampled_from([b"", b"short", b"\xff\x00", b"\x01" * 9000, b"z" * 20_000]), st.none())
)


@given(lines)
def test_parts_hold_all_that_is_shown_and_fit_into_records(found: list[LogLine]) -> None:
    texts = list(shown(found, joined(found), timestamps=True)) if found else []
    assert len(texts) == len(found)
    assert all(text.endswith("\n") for text in texts)
    made = list(parts(texts))
    assert "".join(made) == "".join(texts)
    assert all(len(json.dumps(part, ensure_ascii=False).encode()) <= LARGEST_PART for part in made)


def test_a_long_line_is_cut_and_says_how_much_is_left_out() -> None:
    line = LogLine(b"x" * 30_000, None, 50)
    (text,) = shown([line], joined([line]), timestamps=False)
    assert text == "x" * LONGEST_SHOWN + f" [fleet] {30_000 - LONGEST_SHOWN + 50:,} bytes of this line are left out\n"


@pytest.mark.parametrize("before", [b"", b"key-of-several-lines\n"])
def test_of_a_secret_that_was_cut_nothing_is_shown(before: bytes) -> None:
    """A line of secrets is much shorter when it is masked, so that its end would be shown."""
    secret = "correct-horse-battery-staple-0123456789"
    found = LineBuilder().take(before + f"{secret} ".encode() * 5000 + b"\n")
    assert found[-1].left_out_bytes
    masks = masked(joined(found), [secret]).replace("key-of-several-lines\n", "")
    texts = list(shown(found, masks, timestamps=False))
    assert "correct" not in "".join(texts)
    assert texts[-1].startswith("*** ***")


def test_a_secret_of_several_lines_leaves_one_and_no_line_has_anothers_time() -> None:
    found = [LogLine(b"-----BEGIN", SECOND), LogLine(b"abc", 2 * SECOND), LogLine(b"done", 3 * SECOND)]
    assert list(shown(found, "***\ndone", timestamps=True)) == [
        "1970-01-01T00:00:01.000000000Z ***\n",
        "1970-01-01T00:00:01.000000000Z done\n",
    ]


def test_what_is_late_is_left_out_but_not_what_was_there_before() -> None:
    found = [LogLine(b"old", 1 * SECOND), LogLine(b"late", 11 * SECOND), LogLine(b"new", 18 * SECOND), LogLine(b"?")]
    kept, left_out = in_time(found, LeftOut(2, 10), begun_ns=10 * SECOND, now_ns=20 * SECOND)
    assert [line.text for line in kept] == [b"old", b"new", b"?"]
    assert left_out == LeftOut(3, 15)
    assert str(left_out) == (
        "[fleet] 3 lines of 15 bytes are left out here: the log grows faster than it can be shown\n"
    )


def test_a_text_ends_after_so_many_bytes_and_never_in_a_character() -> None:
    assert within("aäb", 9) == "aäb"
    assert within("aäb", 2) == "a"
    assert within("aäb", 3) == "aä"


@given(st.lists(st.tuples(st.integers(0, 50_000), st.floats(0, 3))))
def test_no_more_is_said_than_the_pace_allows(steps: list[tuple[int, float]]) -> None:
    pace, now, said = Pace.of(1000, 5000, 0.0), 0.0, 0
    for size, pause in steps:
        now += pause + pace.wait_seconds
        assert said <= 5000 + 1000 * now + 1e-3
        pace = pace.after(size, now)
        said += size
