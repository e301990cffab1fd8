"""Which release of DeepStream the rules go by, where that is not simply what the manifest says."""

from collections.abc import Iterator

from controller.checks.violation import Violation, warning
from crds.dsinstance import DsInstanceSpec
from deepstream.findings import Severity
from deepstream.versions import NEWEST, is_newer, nearest_known, release_in_image


def check_release(spec: DsInstanceSpec) -> Iterator[Violation]:
    """Releases that are newer than all that are known, and the one that the image's tag names."""
    given, tag = spec.ds_version, release_in_image(spec.image)
    if given is not None and is_newer(given):
        yield warning(("spec", "dsVersion"), _newer(given))
    if tag is None:
        return
    if given is None and is_newer(tag):
        yield warning(("spec", "image"), _newer(tag))
    elif given is None and nearest_known(tag) != NEWEST:
        message = (
            f"the tag names DeepStream {tag}, and the rules of {nearest_known(tag)} hold; give dsVersion if another release "
            "is in the image"
        )
        yield Violation(Severity.NOTE, ("spec", "image"), message)
    elif given is not None and given != tag:
        message = (
            f"the tag of the image names DeepStream {tag}, and the rules go by {spec.deepstream}: keys are written that the "
            f"one in the image does not know, or takes otherwise; write {tag}, or remove it"
        )
        yield warning(("spec", "dsVersion"), message)


def _newer(release: str) -> str:
    return (
        f"DeepStream {release} is newer than what is known here, so the rules of {NEWEST} hold: keys that came since are "
        "reported as unknown, and written as they are in extraKeys"
    )
