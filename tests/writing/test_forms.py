"""Objects taken apart and put together, places kept up, and plans in few words."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from controller.api.write_paths import answer_of
from controller.model import FleetPlan, ObjectRef, Position, Problem, Reason
from controller.source.files import SourceFile
from controller.source.read.reader import Loaded, ManifestReader, Rejected
from controller.writing.judgement import names
from controller.writing.manifest_form import message_of, taken_apart, what_is_changed
from controller.writing.places import Places
from controller.writing.plan_words import plan_data, plan_lines
from controller.writing.refusals import Unsound
from controller.writing.request import WriteDone
from controller.writing.unknown_fields import without_unknown_fields
from crds.annotations import APPROVE, FILE, LAST_APPLIED, REASON

Document = dict[str, Any]


def camera(**metadata: Any) -> Document:
    return {
        "apiVersion": "dsfleet.io/v1",
        "kind": "Camera",
        "metadata": {"name": "a", **metadata},
        "spec": {"address": "rtsp://h/1"},
    }


@pytest.mark.parametrize(
    ("metadata", "before", "kept"),
    [
        ({"uid": "u", "resourceVersion": "1", "generation": 2, "creationTimestamp": None, "managedFields": []}, {}, {}),
        ({"labels": {}, "annotations": None, "finalizers": [], "ownerReferences": None, "namespace": ""}, {}, {}),
        ({"labels": {}}, {"labels": {}}, {"labels": {}}),
        ({"labels": {}}, {"labels": {"a": "b"}}, {}),
        ({"labels": {"a": "b"}, "namespace": "default"}, {}, {"labels": {"a": "b"}}),
        ({"annotations": {APPROVE: "x", FILE: "y", REASON: "z", LAST_APPLIED: "{}"}}, {}, {}),
        ({"annotations": {"a": "b", REASON: "z"}}, {}, {"annotations": {"a": "b"}}),
        ({"finalizers": ["a/b"]}, {}, {"finalizers": ["a/b"]}),
    ],
)  # fmt: skip
def test_what_belongs_into_a_manifest(metadata: Document, before: Document, kept: Document) -> None:
    document = {**camera(**metadata), "status": {"ready": True}}
    wanted = taken_apart(document, {"metadata": {"name": "a", **before}})
    assert wanted.manifest == camera(**kept)
    assert list(wanted.manifest) == ["apiVersion", "kind", "metadata", "spec"]


def test_what_is_asked_and_what_is_kept_beside() -> None:
    wanted = taken_apart(camera(annotations={APPROVE: "x", LAST_APPLIED: "{}"}, managedFields=[{"manager": "m"}]), None)
    assert wanted.asks == {APPROVE: "x"}
    assert wanted.beside == {"annotations": {LAST_APPLIED: "{}"}, "managedFields": [{"manager": "m"}]}


def test_fields_that_a_kind_does_not_have() -> None:
    wrong = {
        **camera(nick="x"),
        "spec": {"address": "rtsp://h/1", "adress": 1, "limits": {"fps": 2}, "width": "no"},
        "data": {},
    }
    manifest, unknown = without_unknown_fields(wrong)
    assert sorted(one.partition(": ")[0] for one in unknown) == [
        'unknown field "data"', 'unknown field "metadata.nick"', 'unknown field "spec.adress"', 'unknown field "spec.limits.fps"',
    ]  # fmt: skip
    # The very words of `fleet validate`.
    assert 'unknown field "spec.adress": there is no such field; did you mean address?' in unknown
    assert manifest == {**camera(), "spec": {"address": "rtsp://h/1", "limits": {}, "width": "no"}}
    assert without_unknown_fields({"kind": "Pod", "x": 1}) == ({"kind": "Pod", "x": 1}, ())
    right = camera()
    # One by one these would take the controller half a minute.
    many, unknown = without_unknown_fields(
        {**right, "spec": {**right["spec"], **{f"k{at}": at for at in range(19_000)}}}
    )
    assert (many, len(unknown)) == (right, 19_000)


@pytest.mark.parametrize(
    ("approval", "is_named"),
    [
        ("sha256:0123456789", True),
        ("sha256:0123456", True),
        ("0123456", True),
        ("012345", False),
        ("", False),
        ("1234567", False),
    ],
)
def test_which_approvals_name_a_revision(approval: str, *, is_named: bool) -> None:
    assert names(approval, "sha256:0123456789") is is_named


def test_what_a_commit_says() -> None:
    refs = tuple(ObjectRef("Camera", name) for name in "abcde")
    assert what_is_changed("update", refs[:2]) == "Update camera/a, camera/b"
    assert what_is_changed("delete", refs) == "Delete camera/a, camera/b, camera/c and 2 more"


def test_plans_are_told_in_few_words() -> None:
    reasons = tuple(Reason(ObjectRef("Camera", f"c{number}"), "Why", "w" * 400) for number in range(50))
    plan = FleetPlan("r", {}, reasons, ())
    lines = plan_lines(plan)
    assert (len(lines), lines[-2:]) == (12, ("... 40 lines more", "No changes."))
    assert max(map(len, lines)) == 300
    assert plan_data(plan, "r") == {"revision": "r", "summary": "No changes.", "truncated": True}
    assert len(json.dumps(plan_data(FleetPlan("r", {}, reasons[:5], ()), "r"))) <= 3072
    assert plan_lines(FleetPlan("r", {}, (), ())) == ()


def test_reasons_are_texts_that_terminals_show() -> None:
    assert message_of("Patch camera/a", "") == "Patch camera/a"
    assert message_of("Patch camera/a", " new\x1b[2J lens\r\nof 8 mm\n") == "Patch camera/a\n\n new[2J lens\nof 8 mm"
    assert len(message_of("s", "x" * 5000)) == len("s\n\n") + 1024


def test_the_head_of_an_answer_is_what_proxies_take() -> None:
    reasons = tuple(Reason(ObjectRef("Camera", f"c{number}"), "Why", 'w"' * 200) for number in range(50))
    plan = FleetPlan("r", {}, reasons, ())
    done = WriteDone((), "sha256:" + "0" * 64, plan_lines(plan), plan_data(FleetPlan("r", {}, reasons[:5], ()), "r"))
    head = answer_of({}, done, 200).raw_headers
    assert sum(len(name) + len(value) + 4 for name, value in head) < 7168


def test_what_is_unsound_is_told_by_its_first_problem() -> None:
    problems = tuple(Problem(Position("a.yaml", line, 1), "spec", "no") for line in (1, 2))
    assert str(Unsound(None, problems)) == "a.yaml:1:1: spec: no (and 1 more)"


TEXTS = st.lists(st.sampled_from("abcd"), max_size=3, unique=True)


@settings(max_examples=30)
@given(st.lists(st.dictionaries(st.sampled_from(["x.yaml", "y.yaml"]), TEXTS), min_size=1, max_size=4))
@example([{"x.yaml": ["a"], "y.yaml": ["a", "b"]}, {"y.yaml": ["a", "b"]}])
def test_places_are_those_that_would_be_found_from_nothing(turns: list[Mapping[str, list[str]]]) -> None:
    reader, places = ManifestReader(), Places()
    for number, turn in enumerate(turns):
        files = [SourceFile(path.encode(), _text(some)) for path, some in sorted(turn.items())]
        reading = reader.read(files, root="", revision_id=f"r{number}", description="")
        if isinstance(reading, Loaded | Rejected):
            places = places.of(reading.files)
            assert {ref.name for ref in places.by_ref} == {name for some in turn.values() for name in some}
            for ref, path in places.by_ref.items():
                assert ref.name in turn[path.decode()]
                found = places.manifest(ref)
                assert found is None or found.name == ref.name
            if isinstance(reading, Loaded):
                assert places.by_ref == Places().of(reading.files).by_ref


def _text(cameras: list[str]) -> bytes:
    one = "apiVersion: dsfleet.io/v1\nkind: Camera\nmetadata: {{name: {0}}}\nspec: {{address: 'rtsp://h/{0}'}}\n"
    return ("---\n".join(map(one.format, cameras)) or "# nothing\n").encode()
