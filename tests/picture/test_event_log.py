from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.model import ObjectRef
from controller.picture.event_log import EventLog
from controller.picture.events import EventType, FleetEvent
from tests.picture.fleets import NOW


def event(message: str, minutes: int = 0) -> FleetEvent:
    return FleetEvent(ObjectRef("Node", "n1"), EventType.WARNING, "NodeLost", message, NOW + timedelta(minutes=minutes))


def test_repeats_are_counted_and_move_to_the_end() -> None:
    log = EventLog()
    log.add([event("a"), event("b", 1), event("a", 2)])
    assert [(one["message"], one["count"]) for one in log.documents()] == [("b", 1), ("a", 2)]
    document = log.documents()[1]
    assert (document["firstTimestamp"], document["lastTimestamp"], document["count"]) == (
        "2026-03-01T12:00:30Z",
        "2026-03-01T12:02:30Z",
        2,
    )


def test_the_log_is_bounded_in_number_and_length() -> None:
    log = EventLog(limit=3)
    log.add(event(f"{number}" + "x" * 5000) for number in range(9))
    assert [one["message"][0] for one in log.documents()] == ["6", "7", "8"]
    assert all(len(one["message"]) == 1024 for one in log.documents())


def test_the_name_of_an_event_is_the_same_in_every_process() -> None:
    log = EventLog()
    log.add([event("a")])
    assert log.documents()[0]["metadata"] == {"name": "n1.d979591d9c7c10bf", "namespace": "default"}


def test_a_document_is_made_when_its_event_happens_and_not_at_every_look() -> None:
    log = EventLog()
    log.add([event("a"), event("b", 1)])
    first = log.documents()
    assert log.documents() is first
    log.add([event("c", 2)])
    assert all(one is two for one, two in zip(first, log.documents(), strict=False))


def crash(said: str, *, name: str = "door", reason: str = "BackOff", kind: EventType = EventType.WARNING) -> FleetEvent:
    message = f"it left 3 times in a row; the last time it left with code 1; its last words: {said}"
    return FleetEvent(ObjectRef("DsInstance", name), kind, reason, message, NOW)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2026-11-30T10:30:34.123Z boom", "2026-12-01T00:00:00Z boom"),
        ("2026-11-30 10:30:34,123 [812] boom", "2026-11-30 10:31:04,9 [90211] boom"),
        ("Mon Nov 30 10:30:34 2026 boom", "Tue Dec  1 10:30:34 2026 boom"),
        ("30/Nov/2026:10:30:34 +0000 boom", "01/Dec/2026:00:00:00 +0100 boom"),
        ("[10:30:34] run 41, pid=812: boom", "[10:30:39] run 42, pid=90211: boom"),
        ("I1130 10:30:34.123456 812 boom", "I1201 11:31:04.654321 90211 boom"),
        ("0:00:01.254 812 0x55d0c8f3a0 WARN boom", "0:00:11.009 90211 0x7ffe01 WARN boom"),
        ("worker-17 thread_3 run42 took 12.5ms boom", "worker-2 thread_11 run43 took 9ms boom"),
        ("trace 5b0f6f0e-9c0b-4d0e-8a55-3c8f2f9a7d11 boom", "trace 00000000-0000-4000-8000-000000000001 boom"),
        ("container 4f1c0a9be2d7 loss 1.5e-05 boom", "container aa09be2d7c01 loss 3.25e+10 boom"),
        ("session 7fa (key=x81): boom", "session bc04 (key=y9): boom"),
        ("/tmp/run-7fa/core.812: boom", "/tmp/run-81c/core.90211: boom"),
        ("Segmentation fault at 0xdeadbeef", "Segmentation fault at 0x1"),
    ],
)
def test_times_and_numbers_of_the_app_do_not_part_what_repeats(first: str, second: str) -> None:
    log = EventLog()
    log.add([crash(first), crash(second)])
    (one,) = log.documents()
    assert one["count"] == 2
    assert one["message"].endswith(second), "the newest message is shown"


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        ("boom", "no such file", EventType.WARNING),
        ("killed by SIGSEGV", "killed by SIGKILL", EventType.WARNING),
        ("From node n1 to node n2", "From node n2 to node n1", EventType.NORMAL),
        ("Not ready: hq-1", "Not ready: hq-1, hq-2", EventType.NORMAL),
    ],
)
def test_what_is_something_else_is_told_apart(first: str, second: str, kind: EventType) -> None:
    log = EventLog()
    log.add([crash(first, kind=kind), crash(second, kind=kind)])
    assert len(log.documents()) == 2


def test_the_phase_before_does_not_part_what_repeats() -> None:
    log = EventLog()
    for phase in ("Running -> CrashLoopBackOff", "Starting -> CrashLoopBackOff", "CrashLoopBackOff"):
        log.add([FleetEvent(ObjectRef("DsInstance", "door"), EventType.WARNING, "BackOff", f"{phase}: why", NOW)])
    assert [one["count"] for one in log.documents()] == [3]


@pytest.mark.parametrize("reason", ["GenerationPublished", "RevisionParked"])
def test_generations_and_revisions_are_told_by_their_numbers(reason: str) -> None:
    log = EventLog()
    log.add(crash(f"generation {number}", reason=reason) for number in (7, 8))
    assert len(log.documents()) == 2


words = st.text("abcdefgh", min_size=1, max_size=6)


@given(
    st.lists(st.tuples(st.integers(0, 9), words), max_size=300), st.lists(words, min_size=1, max_size=6, unique=True)
)
def test_ten_that_crash_again_and_again_push_nothing_else_out(noise: list[tuple[int, str]], calm: list[str]) -> None:
    """As long as each has less than its share of the places, it keeps all that was told of it."""
    log = EventLog(limit=30)
    for number, word in enumerate(calm):
        log.add([FleetEvent(ObjectRef("Node", f"n{number % 3}"), EventType.NORMAL, "NodeReady", word, NOW)])
    for number, word in noise:
        log.add([crash(f"{word} {'x' * number}", name=f"loop-{number}")])
    kept = [one for one in log.documents() if one["involvedObject"]["kind"] == "Node"]
    assert [one["message"] for one in kept] == calm
    assert len(log.documents()) <= 30


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=80), st.integers(1, 6))
def test_who_has_the_most_gives_way_and_of_these_the_one_that_was_calm_for_longest(
    happened: list[tuple[int, int]], limit: int
) -> None:
    log = EventLog(limit)
    expected: dict[str, list[str]] = {}
    for number, (subject, reason) in enumerate(happened):
        log.add([crash("boom", name=f"i{subject}", reason=f"R{reason}")])
        known = expected.pop(f"i{subject}", [])
        expected[f"i{subject}"] = [*(one for one in known if one != f"R{reason}"), f"R{reason}"]
        if sum(map(len, expected.values())) > limit:
            fullest = max(expected, key=lambda one: len(expected[one]))
            del expected[fullest][0]
        expected = {name: reasons for name, reasons in expected.items() if reasons}
        found: dict[str, list[str]] = {}
        for one in log.documents():
            found.setdefault(one["involvedObject"]["name"], []).append(one["reason"])
        assert found == expected, number


def test_of_one_object_the_reason_with_the_most_events_gives_way() -> None:
    log = EventLog(limit=10)
    log.add([crash("moved", reason="Moved")])
    log.add(crash("x" * number) for number in range(50))
    assert [one["reason"] for one in log.documents()] == ["Moved", *["BackOff"] * 9]
