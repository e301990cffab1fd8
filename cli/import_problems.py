"""What the rules say of manifests that were imported, told of the files that they come from."""

from collections.abc import Iterator, Mapping

from cli.failure import printable
from controller.checks.checker import check_instance
from controller.checks.files import NO_SUCH_FILE
from controller.checks.violation import Violation
from controller.source.files import SourceFile
from controller.source.read.field_errors import path_text
from controller.source.read.reader import ManifestReader, Rejected
from crds.camera import Camera
from crds.dsinstance import DsInstance
from deepstream.findings import Severity
from importer import Imported, Remark
from importer.places import INSTANCE


def broken_rules(imported: Imported) -> tuple[Remark, ...]:
    """What `fleet validate` would say, with places in the files that were read; notes are left to it.

    Where a remark stands already a warning would say the same again; where a note stands it may be another thing, unless it is
    about a key that nobody knows, or about a file that must be there.
    """
    told = {(one.file, one.line) for one in imported.remarks if one.severity is not Severity.NOTE}
    noted = {(one.file, one.line) for one in imported.remarks} - told
    return tuple(
        Remark(one.severity, file, line, printable(_sentence(one)))
        for one in _violations(imported)
        for file, line in (imported.places.of(one.path[1:], one.camera or INSTANCE),)
        if one.severity is Severity.ERROR
        or (
            one.severity is Severity.WARNING
            and (file, line) not in told
            and not ((file, line) in noted and _is_said_in_notes(one))
        )
    )


def refusals(imported: Imported, texts: Mapping[str, str]) -> tuple[Remark, ...]:
    """What else the reader of manifests refuses, in the texts that are written.

    That it knows no node is no news: nodes are not imported.
    """
    files = [SourceFile(path.encode(), text.encode()) for path, text in texts.items()]
    reading = ManifestReader().read(files, root="", revision_id="imported", description="imported")
    if not isinstance(reading, Rejected):
        return ()
    known = {(path_text(one.path), one.message) for one in _violations(imported)}
    return tuple(
        Remark(Severity.ERROR, one.position.file, one.position.line, f"{one.path}: {one.message}")
        for one in reading.problems
        if (one.path, one.message) not in known
        and not (one.path.startswith("spec.node") and one.message.startswith(("there is no node", "no node ")))
    )


def _violations(imported: Imported) -> Iterator[Violation]:
    cameras = {one.name: one for one in imported.manifests if isinstance(one, Camera)}
    for one in imported.manifests:
        if isinstance(one, DsInstance):
            yield from check_instance(one, tuple(cameras[name] for name in one.spec.cameras if name in cameras))


def _is_said_in_notes(violation: Violation) -> bool:
    return "extraKeys" in violation.path or violation.message.startswith(NO_SUCH_FILE)


def _sentence(violation: Violation) -> str:
    whose = f"camera/{violation.camera}: " if violation.camera else ""
    return f"{whose}{path_text(violation.path)}: {violation.message}"
