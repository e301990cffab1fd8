"""Edits as tests make them: by patches of what files say."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from controller.edits.files import edit_files
from controller.edits.object_edit import ObjectEdit
from controller.model import ObjectRef
from controller.source.read.yaml_documents import pieces, read_piece

Patched = Callable[..., Mapping[str, str | None]]


def objects_in(files: Mapping[str, str]) -> dict[ObjectRef, tuple[str, dict[str, Any]]]:
    """The objects in files as they are written, each with its file."""
    found = {}
    for path, text in files.items():
        for _, piece in pieces(text.removeprefix("\ufeff")):
            for document in read_piece(piece):
                value = document.value
                found[ObjectRef(value["kind"], value["metadata"]["name"])] = (path, value)
    return found


def merged(value: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    result = dict(value) if isinstance(value, dict) else {}
    for key, one in patch.items():
        if one is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), one)
    return result


@pytest.fixture(scope="session")
def patched() -> Patched:
    """`patched(files, {"Camera/lobby": patch})` gives the files that become others; a patch of None deletes the object."""

    def edit(files: Mapping[str, str], patches: Mapping[str, Any], file: str = "") -> Mapping[str, str | None]:
        known = objects_in(files)
        edits = []
        for name, patch in patches.items():
            ref = ObjectRef(*name.split("/"))
            new = {"apiVersion": "dsfleet.io/v1", "kind": ref.kind, "metadata": {"name": ref.name}}
            before = known[ref][1] if ref in known else new
            edits.append(ObjectEdit(ref, None if patch is None else merged(before, patch), file))
        out = edit_files(
            {path.encode(): text.encode() for path, text in files.items()},
            {ref: path.encode() for ref, (path, _) in known.items()},
            edits,
        )
        return {path.decode(): None if content is None else content.decode() for path, content in out.items()}

    return edit
