"""A reader that has read any number of sets of files says of the last one what a new reader says."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from controller.model import Revision
from controller.source.files import SourceFile, digest_of
from controller.source.read import reader as reader_module
from controller.source.read.reader import Loaded, ManifestReader, Reading, Rejected
from crds.document import Manifest

Texts = Mapping[str, str]

HEAD = "apiVersion: dsfleet.io/v1\nkind: {kind}\nmetadata:\n  name: {name}\n{metadata}spec:\n{spec}"


def document(kind: str, name: str, spec: Sequence[str], metadata: str = "") -> str:
    lines = "".join(f"  {line}\n" for line in spec)
    return HEAD.format(kind=kind, name=name, metadata=metadata and f"  {metadata}\n", spec=lines)


NAMES = st.sampled_from(["a", "b", "c"])
LABELS = st.sampled_from(["", "labels: {site: x}", "labels: {site: y}", "labels: {site: x, floor: x}"])
NOTES = st.sampled_from(
    [
        "annotations: {dsfleet.io/hold: why}",
        "annotations: {dsfleet.io/hodl: why}",
        "annotations: {note: token=Qz7vT2mW9xKp4RbN}",
    ]
)
CAMERAS = st.builds(
    lambda name, spec, metadata: document("Camera", name, spec, metadata),
    NAMES,
    st.sampled_from(
        [
            ["address: rtsp://10.0.0.1/1"],
            ["address: rtsp://10.0.0.1/1", "width: 0"],
            ["address: rtsp://10.0.0.2/1", "exclusive: true"],
            ["address: rtsp://10.0.0.2/1", "cameraId: a"],
            ["address: usb:0", "type: usb"],
            ["address: rtsp://10.0.0.2/1", "frameDelaySeconds: 1"],
            ["address: rtsp://10.0.0.2/1", "analytics: {lineCrossing: {line: {direction: [[1, 1], [5, 5]], line: [[9, 9], [1, 9]]}}}"],
        ]
    ),
    LABELS | NOTES,
)  # fmt: skip
NODES = st.builds(
    lambda name, number, metadata: document(
        "Node", name, [f"nodeId: 9f1c2d3e-4b5a-4c6d-8e7f-0a1b2c3d4e5{number}", f"hostname: {name}"], metadata
    ),
    NAMES, st.integers(0, 2), LABELS | NOTES,
)  # fmt: skip
APPS = [[], ["container: {network: none}"], ["container: {env: {DB_PASSWORD: Qz7vT2mW9xKp4RbN}}"],
        ["streammux: {batchSize: 1}"], ["replicas: 0"], ["app: {kind: reference}", "streammux: {liveSource: true}"]]  # fmt: skip
INSTANCES = st.builds(
    lambda name, where, cameras, app, metadata: document(
        "DsInstance", name, ["image: registry.example.com/faces:1", *where, *cameras, *app], metadata
    ),
    NAMES,
    st.sampled_from([["node: a"], ["node: b"], ["nodeSelector: {matchLabels: {site: x}}"], ["nodeSelector: {}"]]),
    st.sampled_from(
        [[], ["cameras: [a]"], ["cameras: [b, a]"], ["cameraSelector: {}"], ["cameraSelector: {matchLabels: {site: x}}"],
         ["cameras: [c]", "cameraSelector: {matchLabels: {site: x, floor: x}}"], ["cameraSelector: {matchLabels: {stie: x}}"]]
    ),
    st.sampled_from(APPS),
    st.just("") | NOTES,
)  # fmt: skip
BROKEN = st.sampled_from(
    ["kind: Camera\n", "{", "apiVersion: dsfleet.io/v1\nkind: Node\nmetadata: {name: a}\nspec: {}\n", "# nothing\n"]
)
FILES = st.builds(
    "---\n".join, st.lists(CAMERAS | NODES | INSTANCES | CAMERAS | NODES | INSTANCES | BROKEN, max_size=3)
)
EDITS = st.lists(
    st.dictionaries(st.sampled_from(["a.yaml", "a/b.yml", "c.yaml", "d.yaml"]), FILES | st.none(), min_size=1, max_size=2),
    min_size=1, max_size=6,
)  # fmt: skip
WHOLE = {
    "fleet.yaml": "---\n".join(
        [
            document("Node", "a", ["nodeId: 9f1c2d3e-4b5a-4c6d-8e7f-0a1b2c3d4e5f", "hostname: a"], "labels: {site: x}"),
            document("Camera", "z", ["address: rtsp://10.0.0.9/1"], "labels: {site: x}"),
            document("DsInstance", "z", ["image: i:1", "node: a", "cameraSelector: {matchLabels: {site: x}}"]),
        ]
    )
}


def read(reader: ManifestReader, texts: Texts) -> Reading:
    files = [SourceFile(path.encode(), text.encode()) for path, text in texts.items()]
    return reader.read(files, root="manifests", revision_id="r", description="d")


def said(reading: Reading) -> object:
    if not isinstance(reading, Loaded):
        return reading
    revision = reading.revision
    return (
        revision,
        [str(one) for one in reading.remarks],
        revision.cameras_by_instance,
        revision.node_by_id,
        revision.exclusive_cameras,
    )


def by_name(revision: Revision) -> dict[tuple[str, str], Manifest]:
    return {(one.kind, one.name): one for one in revision.objects}


@settings(max_examples=30)
@given(EDITS, st.lists(FILES, max_size=2))
def test_the_last_set_of_files_is_read_as_by_a_new_reader(
    edits: list[dict[str, str | None]], before_the_start: list[str]
) -> None:
    reader, texts = ManifestReader(), dict(WHOLE)
    recalled = read(ManifestReader(), {f"{number}.yaml": text for number, text in enumerate(before_the_start)})
    if isinstance(recalled, Loaded):
        reader.expect(recalled.revision)
    last: tuple[Texts, Revision | None] = ({}, None)
    for edit in [{}, *edits]:
        texts = {path: text for path, text in {**texts, **edit}.items() if text is not None}
        reading = read(reader, texts)
        assert said(reading) == said(read(ManifestReader(), texts))
        event(type(reading).__name__)
        if isinstance(reading, Loaded):
            before, known = last
            if known is not None and all(before.get(path) == texts[path] for path in texts):
                assert all(by_name(known)[key] is one for key, one in by_name(reading.revision).items())
            last = (texts, reading.revision)


@settings(max_examples=50)
@given(st.lists(FILES, min_size=1, max_size=3))
def test_a_fleet_is_sound_when_and_only_when_nothing_is_wrong_with_it(files: list[str]) -> None:
    def unasked(*_: object) -> None:
        raise AssertionError("everything was looked at, and nothing found")

    texts = {**WHOLE, **{f"{number}.yaml": text for number, text in enumerate(files)}}
    with pytest.MonkeyPatch.context() as patch:
        if not isinstance(read(ManifestReader(), texts), Rejected):
            patch.setattr(reader_module, "crosscheck", unasked)
            read(ManifestReader(), texts)


def test_what_was_known_before_the_start_is_given_out_again() -> None:
    def from_disk() -> Revision:
        first = read(ManifestReader(), WHOLE)
        assert isinstance(first, Loaded)
        return first.revision

    known, reader = from_disk(), ManifestReader()
    reader.expect(known)
    same = read(reader, WHOLE)
    assert isinstance(same, Loaded)
    assert same.revision.camera_by_name is known.camera_by_name
    assert same.revision.cameras_by_instance is known.cameras_by_instance
    edited = read(reader, {"fleet.yaml": WHOLE["fleet.yaml"].replace("i:1", "i:2")})
    assert isinstance(edited, Loaded)
    assert edited.revision.instances[0] != known.instances[0]
    assert edited.revision.nodes is known.nodes
    # What is said, and is the default, is shown: it is another manifest than one that leaves it out.
    other, text = ManifestReader(), WHOLE["fleet.yaml"].replace("node: a\n", "node: a\n  cameras: []\n")
    other.expect(known)
    said = read(other, {"fleet.yaml": text})
    assert isinstance(said, Loaded)
    assert said.revision.instances[0].document()["spec"]["cameras"] == []
    assert said.revision.cameras is known.cameras


def test_places_are_those_of_the_newest_text_also_of_what_was_known_before_the_start() -> None:
    files = {
        "a.yaml": document("Node", "a", ["nodeId: 9f1c2d3e-4b5a-4c6d-8e7f-0a1b2c3d4e5f", "hostname: a"]),
        "b.yaml": document("Camera", "b", ["address: rtsp://10.0.0.1/1"]),
        "z.yaml": document("DsInstance", "z", ["image: i:1", "node: a"]),
    }
    known, reader = read(ManifestReader(), files), ManifestReader()
    assert isinstance(known, Loaded)
    reader.expect(known.revision)
    # What is known is expected until a revision is read without a problem.
    files["b.yaml"] += "  width: 0\n"
    assert isinstance(read(reader, files), Rejected)
    files["a.yaml"] = files["a.yaml"].replace("name: a", "name: c")
    files["z.yaml"] = files["z.yaml"].replace("  node: a", "  # where it runs\n  node: a")
    found = read(reader, files)
    assert isinstance(found, Rejected)
    assert [str(one.position) for one in found.problems] == ["manifests/b.yaml:7:10", "manifests/z.yaml:8:9"]


def previewed(reader: ManifestReader, texts: Texts, base: Texts) -> Reading:
    after = {path: texts[path].encode() if path in texts else None for path in (*texts, *base)}
    return reader.preview(
        {path.encode(): one for path, one in after.items() if texts.get(path) != base.get(path)}, description="d"
    )


def read_as_directory(reader: ManifestReader, texts: Texts) -> Reading:
    files = sorted((SourceFile(path.encode(), text.encode()) for path, text in texts.items()), key=lambda one: one.path)
    return reader.read(files, root="manifests", revision_id=digest_of(files), description="d")


@settings(max_examples=30)
@given(st.lists(st.tuples(EDITS, st.booleans()), min_size=1, max_size=4))
def test_a_preview_says_what_is_read_then_whatever_was_previewed_before(
    steps: list[tuple[list[dict[str, str | None]], bool]],
) -> None:
    reader, base = ManifestReader(), dict(WHOLE)
    read_as_directory(reader, base)
    for edits, is_written in steps:
        texts, preview = base, None
        for edit in edits:  # one upon another
            texts = {path: text for path, text in {**texts, **edit}.items() if text is not None}
            preview = previewed(reader, texts, base)
            fresh = read_as_directory(ManifestReader(), texts)
            assert said(preview) == said(fresh)
        if is_written:
            base = texts
        now = read_as_directory(reader, base)
        assert said(now) == said(read_as_directory(ManifestReader(), base))
        if is_written and isinstance(now, Loaded) and isinstance(preview, Loaded):
            assert all(by_name(preview.revision)[key] is one for key, one in by_name(now.revision).items())
