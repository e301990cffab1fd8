"""Who may write what: a whole controller, and people with a part of its fleet. The last word has whoever sees both labels."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from controller.access.access_file import AccessFile, binding_of
from controller.access.audit_line import Audited
from controller.access.authentication import Openness
from controller.access.identity import Binding
from controller.access.tokens import Token, digest_of, token_text
from controller.api.access_control import AccessControl, NoAccess
from controller.api.v1.mapping import number_of
from controller.source.fetch.directory import DirectorySource
from tests.api.two_sites import Audit
from tests.picture.fleets import NOW
from tests.writing.conftest import write_fleet
from tests.writing.served import CAMERAS, MERGE, Served, served

LOBBY, YARD, NEW = f"{CAMERAS}/lobby", f"{CAMERAS}/yard", f"{CAMERAS}/new"
PEOPLE = {
    "hanoi-operator": binding_of("operator", "site=hanoi"),
    "operator": binding_of("operator"),
    "hanoi-admin": binding_of("admin", "site=hanoi"),
    "admin": binding_of("admin"),
}
SECRETS = {name: token_text(bytes([i]) * 4, bytes([i]) * 32) for i, name in enumerate(PEOPLE)}


class Guarded:
    """The API of a fleet in a directory, asked by one of the people."""

    def __init__(self, fleet: Served, directory: Path, audit: Audit) -> None:
        self._fleet = fleet
        self._directory = directory
        self._audit = audit

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self._directory.iterdir()}

    def lines(self) -> list[Audited]:
        return self._audit.lines

    def __call__(self, who: str, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        shown = {"authorization": f"Bearer {SECRETS[who]}"} | ({} if body is None else MERGE) | headers
        if method in ("POST", "PUT"):
            shown["content-type"] = "application/json"
        return self._fleet(method, path, json=body, headers=shown)


def token(name: str, binding: Binding) -> Token:
    return Token(SECRETS[name][6:14], name, digest_of(SECRETS[name]), binding, NOW)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    top, audit, access = tmp_path_factory.mktemp("guarded") / "manifests", Audit(), NoAccess()
    write_fleet(top)
    access.current = AccessFile(tuple(token(*one) for one in PEOPLE.items()))
    # Whoever starts it waits until it shows something, and shows no token.
    with served(DirectorySource(top), access=AccessControl(access, audit, Openness(loopback=True))) as fleet:
        yield Guarded(fleet, top, audit)


def camera(name: str, **labels: str) -> dict[str, Any]:
    return {
        "apiVersion": "dsfleet.io/v1",
        "kind": "Camera",
        "metadata": {"name": name, "labels": labels},
        "spec": {"address": f"rtsp://10.0.0.9/{name}"},
    }


SPEC = {"spec": {"address": "rtsp://10.0.0.8/x"}}
IN, OUT = {"metadata": {"labels": {"site": "hanoi"}}}, {"metadata": {"labels": {"site": None}}}
JSON_PATCH, APPLY = {"content-type": "application/json-patch+json"}, {"content-type": "application/apply-patch+yaml"}
REFUSED: list[tuple[str, str, str, Any, dict[str, str], str]] = [
    ("hanoi-operator", "PATCH", YARD, SPEC, {}, "operator of Camera with such labels"),
    ("hanoi-operator", "PATCH", YARD, IN, {}, "operator of Camera with such labels"),
    ("hanoi-operator", "PATCH", LOBBY, OUT, {}, "operator of Camera with such labels"),
    ("hanoi-operator", "PATCH", LOBBY, [{"op": "remove", "path": "/metadata/labels"}], JSON_PATCH, "with such labels"),
    ("hanoi-operator", "PUT", LOBBY, camera("lobby"), {}, "operator of Camera with such labels"),
    ("hanoi-operator", "PATCH", f"{LOBBY}?fieldManager=x&force=1", camera("lobby", site="hue"), APPLY, "such labels"),
    ("hanoi-operator", "PATCH", f"{LOBBY}?dryRun=All", OUT, {}, "operator of Camera with such labels"),
    ("hanoi-operator", "DELETE", LOBBY, None, {}, "the role admin of Camera"),
    ("operator", "POST", CAMERAS, camera("new"), {}, "the role admin of Camera"),
    ("operator", "PATCH", f"{NEW}?fieldManager=x", camera("new"), APPLY, "the role admin of Camera"),
    ("operator", "PATCH", f"{LOBBY}?approve=0123456789", SPEC, {}, "admin for the whole fleet"),
    (
        "operator",
        "PATCH",
        LOBBY,
        {"metadata": {"annotations": {"dsfleet.io/approve": "0123456789"}}},
        {},
        "whole fleet",
    ),
    ("hanoi-admin", "POST", CAMERAS, camera("new", site="hue"), {}, "admin of Camera with such labels"),
    ("hanoi-admin", "DELETE", f"{LOBBY}?approve=0123456789", None, {}, "admin for the whole fleet"),
    ("hanoi-admin", "DELETE", YARD, None, {}, "admin of Camera with such labels"),
    ("hanoi-admin", "DELETE", CAMERAS, None, {}, "admin of Camera with such labels"),
    ("hanoi-admin", "DELETE", f"{CAMERAS}?labelSelector=site%3Dhanoi", None, {}, "admin of Camera with such labels"),
]


@pytest.mark.parametrize(("who", "method", "path", "body", "headers", "words"), REFUSED)
def test_what_is_refused_leaves_every_file_as_it_was(
    guarded: Guarded, who: str, method: str, path: str, body: Any, headers: dict[str, str], words: str
) -> None:
    before = guarded.files()
    answer = guarded(who, method, path, body, **headers)
    assert answer.status_code == 403, answer.text
    assert words in answer.json()["message"]
    assert guarded.files() == before
    assert (guarded.lines()[-1].who.name, guarded.lines()[-1].code) == (who, 403)


ROW = {"camera_id": "attic", "ip_address": "10.0.0.9"}
ROWS: list[tuple[str, str, str, Any, str]] = [
    ("hanoi-operator", "POST", "Cameras", ROW, "the role admin of Camera"),
    ("operator", "POST", "Cameras", ROW, "the role admin of Camera"),
    ("hanoi-admin", "POST", "Cameras", ROW, "admin of Camera with such labels"),
    ("hanoi-operator", "PUT", "Cameras/yard", {"width": 640}, "operator of Camera with such labels"),
    ("hanoi-operator", "DELETE", "Cameras/lobby", None, "the role admin of Camera"),
    ("hanoi-admin", "DELETE", "Cameras/lobby", None, "operator of DsInstance with such labels"),
    ("hanoi-admin", "DELETE", "Cameras/lobby?approve=0123456789", None, "admin for the whole fleet"),
    ("hanoi-operator", "POST", "Camera_Instance?instance_name=faces&camera_ip=x", None, "operator of DsInstance"),
    ("hanoi-operator", "PUT", "Camera_Instance?camera_ip=rtsp://10.0.0.1/1", None, "operator of DsInstance"),
    ("hanoi-operator", "PUT", "Agent_Instance?instance_name=faces", None, "operator of DsInstance"),
]


@pytest.mark.parametrize(("who", "method", "path", "body", "words"), ROWS)
def test_a_row_may_be_changed_by_who_may_change_the_object(
    guarded: Guarded, who: str, method: str, path: str, body: Any, words: str
) -> None:
    before = guarded.files()
    answer = guarded(who, method, f"/v1/{path}", body)
    assert answer.status_code == 403, answer.text
    assert words in answer.json()["detail"]
    assert guarded.files() == before
    assert (guarded.lines()[-1].who.name, guarded.lines()[-1].code) == (who, 403)


def test_what_one_may_not_see_is_refused_in_the_same_words_whether_it_is_there_or_not(guarded: Guarded) -> None:
    asked = [
        ("GET", "Cameras/{}", (str(number_of("Camera", "yard")), "12345", "yard", "none")),
        ("PUT", "Camera_Agents?camera_ip={}", ("rtsp://10.0.0.2/1", "rtsp://10.0.0.99/1")),
        ("POST", "Agent_Instance?agent_ip=x&instance_name={}", ("faces", "none")),
    ]
    for method, path, words in asked:
        answers = [guarded("hanoi-operator", method, f"/v1/{path.format(word)}") for word in words]
        said = {answer.text.replace(word, "…") for answer, word in zip(answers, words, strict=True)}
        assert ({answer.status_code for answer in answers}, len(said)) == ({403}, 1), said


def test_what_is_within_a_part_is_written_and_written_down(guarded: Guarded) -> None:
    assert guarded("hanoi-operator", "PATCH", LOBBY, SPEC).status_code == 200
    line = guarded.lines()[-1]
    assert (line.who.name, line.verb, line.objects, line.code) == ("hanoi-operator", "patch", ("Camera/lobby",), 200)
    assert line.revision.startswith("sha256:")
    assert guarded("hanoi-admin", "POST", CAMERAS, camera("new", site="hanoi")).status_code == 201
    assert guarded("hanoi-admin", "DELETE", NEW).status_code == 200
    assert guarded("hanoi-operator", "PUT", "/v1/Cameras/lobby", {"width": 640}).status_code == 202
    assert (guarded.lines()[-1].verb, guarded.lines()[-1].objects) == ("update", ("Camera/lobby",))
    assert guarded("admin", "PATCH", LOBBY, {"metadata": {"labels": {"floor": "1"}}}).status_code == 200


def test_the_lines_around_a_change_are_shown_to_who_sees_the_whole_fleet(guarded: Guarded) -> None:
    preview, path = {"accept": "application/json;as=Preview;v=v1;g=dsfleet.io"}, f"{LOBBY}?dryRun=All"
    found = guarded("hanoi-operator", "PATCH", path, {"spec": {"width": 800}}, **preview).json()
    assert (found["kind"], found["files"]) == ("Preview", [])
    assert "shown to those who see the whole fleet" in found["warnings"][-1]
    found = guarded("operator", "PATCH", path, {"spec": {"width": 800}}, **preview).json()
    assert [one["path"] for one in found["files"]] == ["cameras.yaml"]
    refused = guarded("hanoi-operator", "PATCH", f"{YARD}?dryRun=All", SPEC, **preview)
    assert (refused.status_code, refused.json()["kind"]) == (403, "Status")
