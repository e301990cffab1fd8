"""What a changed Deployment asks of its instance: what can be said in the words of an instance, and nothing else. Pure."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from controller.api.apps.deployment import REVISION, deployment_of
from controller.api.apps.template import RESTARTED_AT, VERSION_KEY
from controller.api.apps.words import CONTAINER, Document
from controller.api.errors import bad_request
from controller.api.patches.refused import PatchRefused
from controller.history.version import CHANGE_CAUSE, Newest, Version, key_of
from controller.model import ObjectRef
from controller.writing.refusals import Outdated
from controller.writing.request import MODIFIED
from crds.annotations import LAST_APPLIED

_ONE_CONTAINER: Final = ("spec", "template", "spec", "containers")
_TEXTS_BY_NAME: Final = (
    ("metadata", "labels"),
    ("metadata", "annotations"),
    ("spec", "template", "metadata", "annotations"),
)
_OF_KUBECTL: Final = frozenset({REVISION, LAST_APPLIED})
_NOT_COMPARED: Final = frozenset(
    {"managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "labels", "annotations"}
)
_NOT_OF_AN_INSTANCE: Final = (
    "a DsInstance has no such field, or not in these words: change it there (`kubectl edit ds`, `fleet edit`)"
)
_OF_A_VERSION: Final = (
    f"the annotation {VERSION_KEY} names an earlier version, and this is another value than it had: go back to it as it was, "
    "or leave the annotation as it is now and change what differs"
)


def asked_of_instance(
    ref: ObjectRef, current: Document, newest: Newest | None, versions: Mapping[str, Version], wanted: Any
) -> Document:
    """The instance as it is to be.

    Args:
        ref: the instance.
        current: it, as it is shown.
        newest: its version that was kept last.
        versions: those that are kept, by key.
        wanted: its Deployment as it is to be.

    Raises:
        PatchRefused: that cannot be said of an instance.
        Outdated: another one was meant.
        ApiError: BadRequest, it is no Deployment.
    """
    shown = deployment_of(current, newest)
    if not isinstance(wanted, dict) or not all(isinstance(wanted.get(one), dict) for one in ("metadata", "spec")):
        raise bad_request("the body must be a Deployment: metadata and spec")
    for path in _TEXTS_BY_NAME:
        texts = _at(wanted, *path)
        if texts is not None and not (isinstance(texts, dict) and all(isinstance(one, str) for one in texts.values())):
            raise PatchRefused(f"{'.'.join(path)}: expected texts by name", ".".join(path))
    for field, why in (("resourceVersion", MODIFIED), ("uid", "the precondition failed: it has another uid")):
        if wanted["metadata"].get(field) and str(wanted["metadata"][field]) != shown["metadata"][field]:
            raise Outdated(ref, why)
    notes = _at(wanted, "spec", "template", "metadata", "annotations") or {}
    key = notes.get(VERSION_KEY)
    if key != key_of(current["spec"]):
        undone = _undone(current, versions, key)
        _require_nothing_else(deployment_of(undone, None), wanted, _OF_A_VERSION)
        return undone
    return _edited(current, shown, wanted)


def _undone(current: Document, versions: Mapping[str, Version], key: Any) -> Document:
    """The instance as it was in an earlier version. How often it runs is no part of that, nor what its owner notes."""
    version = versions.get(key) if isinstance(key, str) else None
    if version is None:
        told = "no such version of the instance is remembered: `kubectl rollout history` lists those that are"
        raise PatchRefused(told, f"spec.template.metadata.annotations[{VERSION_KEY}]")
    spec = current["spec"]
    replicas = {"replicas": spec["replicas"]} if "replicas" in spec else {}
    notes = {one: text for one, text in (current["metadata"].get("annotations") or {}).items() if one != CHANGE_CAUSE}
    if version.annotated_cause:
        notes[CHANGE_CAUSE] = version.annotated_cause
    return {
        **current,
        "metadata": _with_notes(current["metadata"], notes),
        "spec": {**deepcopy(dict(version.spec)), **replicas},
    }


def _edited(current: Document, shown: Document, wanted: Document) -> Document:
    spec = deepcopy(current["spec"])
    container, before = _container(wanted), shown["spec"]["template"]["spec"]["containers"][0]
    if wanted["spec"].get("paused"):
        told = "a rollout cannot be paused here: to keep an instance as it runs whatever its manifest says, use `fleet hold`"
        raise PatchRefused(told, "spec.paused")
    if container.get("image") != before["image"]:
        spec["image"] = container.get("image")
    if container.get("env") != before.get("env"):
        env = _env(container.get("env") or [])
        spec["container"] = {**(spec.get("container") or {}), "env": env}
    replicas = wanted["spec"].get("replicas", 1)
    if replicas != shown["spec"]["replicas"]:
        spec["replicas"] = replicas
    restarted = _at(wanted, "spec", "template", "metadata", "annotations").get(RESTARTED_AT)
    if restarted != spec.get("restartedAt"):
        spec["restartedAt"] = restarted
        if restarted is None:
            del spec["restartedAt"]
    _require_nothing_else(_without_what_can_be_said(shown), _without_what_can_be_said(wanted), _NOT_OF_AN_INSTANCE)
    return {**current, "metadata": _metadata(current["metadata"], shown["metadata"], wanted["metadata"]), "spec": spec}


def _metadata(current: Document, shown: Document, wanted: Document) -> Document:
    """What is not said otherwise stays as it is, also when it says nothing."""
    found = current
    if (wanted.get("annotations") or {}) != shown["annotations"]:
        notes = {one: text for one, text in (wanted.get("annotations") or {}).items() if one not in _OF_KUBECTL}
        kept = {one: text for one, text in (current.get("annotations") or {}).items() if one == LAST_APPLIED}
        found = _with_notes(found, {**notes, **kept})
    if (wanted.get("labels") or {}) != shown.get("labels", {}):
        found = {name: value for name, value in found.items() if name != "labels"}
        found |= {"labels": wanted["labels"]} if wanted.get("labels") else {}
    return found


def _with_notes(metadata: Document, notes: Mapping[str, str]) -> Document:
    others = {name: value for name, value in metadata.items() if name != "annotations"}
    return {**others, "annotations": dict(notes)} if notes else others


def _container(wanted: Document) -> Document:
    found = _at(wanted, *_ONE_CONTAINER)
    if (
        not isinstance(found, list)
        or len(found) != 1
        or not isinstance(found[0], dict)
        or found[0].get("name") != CONTAINER
    ):
        told = f"an instance has one container, which is called {CONTAINER!r}"
        raise PatchRefused(told, ".".join(_ONE_CONTAINER))
    container: Document = found[0]
    return container


def _env(given: Any) -> dict[str, str]:
    if not isinstance(given, list) or not all(
        isinstance(one, dict) and isinstance(one.get("name"), str) and one.keys() <= {"name", "value"} for one in given
    ):
        told = "of a variable an instance has the name and the value; secrets are named in its manifest, see docs/secrets.md"
        raise PatchRefused(told, f"{'.'.join(_ONE_CONTAINER)}[0].env")
    return {one["name"]: one.get("value", "") for one in given}


def _require_nothing_else(before: Document, after: Document, told: str) -> None:
    """Refuses what would be lost without anybody being told."""
    for path in _differing(_comparable(before), _comparable(after), ()):
        field = ".".join(map(str, path))
        raise PatchRefused(f"{field}: {told}", field)  # some clients show the message and nothing else


def _comparable(deployment: Document) -> Document:
    found = deepcopy({name: value for name, value in deployment.items() if name != "status"})
    found["metadata"] = {name: value for name, value in found["metadata"].items() if name not in _NOT_COMPARED}
    if isinstance(of_template := _at(found, "spec", "template", "metadata"), dict):
        of_template.pop("creationTimestamp", None)
    return found


def _without_what_can_be_said(deployment: Document) -> Document:
    """A Deployment without what an instance has words for, each of which was looked at."""
    found = deepcopy(deployment)
    found["spec"] = {name: value for name, value in found["spec"].items() if name not in ("replicas", "paused")}
    template = found["spec"]["template"]
    template["metadata"]["annotations"].pop(RESTARTED_AT, None)
    for field in ("image", "env"):
        template["spec"]["containers"][0].pop(field, None)
    return found


def _differing(before: Any, after: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """The paths of what is said otherwise. What says nothing (null, an empty section) is as if it was left out."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in before.keys() | after.keys():
            yield from _differing(before.get(name), after.get(name), (*path, name))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _differing(one, other, (*path, place))
    elif before != after and (before or after):
        yield path


def _at(document: Any, *path: str) -> Any:
    for name in path:
        document = document.get(name) if isinstance(document, Mapping) else None
    return document
