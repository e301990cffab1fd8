"""Annotations of ours that there are not are warned of: a hold with a typo holds nothing."""

from collections.abc import Callable, Mapping

import pytest

from controller.source.read.reader import Loaded, Reading
from tests.source.conftest import CAMERA, INSTANCE, NODE

Read = Callable[[Mapping[str, str | bytes]], Reading]


def annotated(manifest: str, annotation: str) -> str:
    return manifest.replace("metadata:\n", f"metadata:\n  annotations: {{{annotation}}}\n")


@pytest.mark.parametrize(
    ("file", "annotation", "expected"),
    [
        ("instances", "dsfleet.io/hold: cabling", []),
        ("instances", "dsfleet.io/hold: ''", []),
        ("cameras", "dsfleet.io/display-name: 'Lobby, left', example.com/owner: us, hold: x", []),
        (
            "instances",
            "dsfleet.io/holds: cabling",
            [
                (
                    'instances.yaml:4:35: metadata.annotations["dsfleet.io/holds"]: warning: the annotation means nothing here; '
                    "did you mean dsfleet.io/hold?"
                )
            ],
        ),
        (
            "cameras",
            "dsfleet.io/hold: cabling",
            [
                (
                    'cameras.yaml:4:34: metadata.annotations["dsfleet.io/hold"]: warning: a DsInstance can be held, and '
                    "nothing else"
                )
            ],
        ),
    ],
)
def test_what_is_said_of_annotations(read_files: Read, file: str, annotation: str, expected: list[str]) -> None:
    files = {"cameras": CAMERA, "instances": INSTANCE, "nodes": NODE}
    files[file] = annotated(files[file], annotation)
    reading = read_files({f"{name}.yaml": content for name, content in files.items()})
    assert isinstance(reading, Loaded), reading
    assert [str(one) for one in reading.remarks] == expected
