"""Manifests for the offline commands: from a directory, a commit, or what the controller has in force."""

from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from cli.connection import Api
from cli.failure import Failure
from cli.kinds import OBJECT_KINDS
from cli.server import Server
from controller.model import Holds, Problem, Revision
from crds.document import Manifest
from crds.kinds import KINDS

if TYPE_CHECKING:
    from controller.source.read.crosscheck import Remark
    from controller.source.read.reader import Loaded


class Rejection(Failure):
    """The manifests hold problems that a person must correct; the message says how many there are, and where."""

    def __init__(self, source: str, problems: Sequence[Problem], remarks: Sequence["Remark"] = ()) -> None:
        count = len(problems)
        files = len({problem.position.file for problem in problems})
        super().__init__(
            f"{count} problem{'' if count == 1 else 's'} in {files} file{'' if files == 1 else 's'} of {source}"
        )
        self.problems = problems
        self.remarks = remarks

    def show(self, file: IO[Any] | None = None) -> None:
        """Says the problems, and then the message."""
        for problem in self.problems:
            click.echo(problem, err=True)
        super().show(file)


def revision_in(directory: Path) -> Revision:
    """The manifests below a directory.

    Raises:
        Rejection: they hold problems.
        Failure: they cannot be read.
    """
    return loaded_in(directory).revision


def loaded_in(directory: Path) -> "Loaded":
    """The manifests below a directory with what there is to say about them; raises as `revision_in` does."""
    from controller.source.fetch.directory import load_directory

    return _loaded(load_directory(directory), str(directory))


def revision_of_commit(repository: str, ref: str, directory: str) -> Revision:
    """The manifests of a commit; raises as `revision_in` does."""
    return loaded_of_commit(repository, ref, directory).revision


def loaded_of_commit(repository: str, ref: str, directory: str) -> "Loaded":
    """The manifests of a commit with what there is to say about them; raises as `revision_in` does."""
    from controller.source.fetch.git import load_git

    return _loaded(
        load_git(repository, ref, subdirectory="" if directory == "." else directory), f"{repository} at {ref}"
    )


def _loaded(reading: Any, source: str) -> "Loaded":
    from controller.source.read.reader import Loaded, Rejected

    if isinstance(reading, Loaded):
        return reading
    if isinstance(reading, Rejected):
        raise Rejection(source, reading.problems, reading.remarks)
    raise Failure(f"{source} cannot be read: {reading.message}")


def revision_of_server(server: Server) -> Revision:
    """The manifests that a controller has in force, as its API shows them.

    Raises:
        Failure: the controller does not answer, or is so new that its manifests cannot be understood.
    """
    api = Api(server)
    found: list[Manifest] = []
    for kind in OBJECT_KINDS:
        for document in api.get_list(kind.path)["items"]:
            if not is_manifest(document):
                continue
            manifest = manifest_of(document)
            if manifest is None:
                raise Failure(f"{api.url} has a {kind.singular} that this `fleet` cannot read: is it older?")
            found.append(manifest)
    return Revision.of(api.url, sorted(found, key=lambda one: one.name), "")


def holds_of_server(server: Server) -> Holds:
    """The instances that people hold by request, as a controller says; an older one knows of none.

    Raises:
        Failure: the controller does not answer.
    """
    held = Api(server).get("/fleet/v1/status").get("held") or {}
    return Holds({str(name): str(reason) for name, reason in held.items()})


def is_manifest(document: dict[str, Any]) -> bool:
    """False for a node that only asks to join: its document is in the API, but in no manifest."""
    # Not by the reason: that of a node that fell silent is another one.
    phase = (document.get("status") or {}).get("phase")
    return not (document.get("kind") == "Node" and phase == "Pending")


def manifest_of(document: dict[str, Any]) -> Manifest | None:
    """The manifest in an object of the API; None when it is none that we know."""
    model = KINDS.get(str(document.get("kind")))
    metadata = document.get("metadata")
    if model is None or not isinstance(metadata, dict):
        return None
    written = {
        "apiVersion": document.get("apiVersion"),
        "kind": document.get("kind"),
        "metadata": {key: metadata[key] for key in ("name", "labels", "annotations") if metadata.get(key)},
        "spec": document.get("spec"),
    }
    try:
        return model.model_validate(written)
    except ValueError:
        return None
