"""A revision that is refused says at once all that there is to say: what is merely remarkable too."""

from collections.abc import Callable, Mapping

from controller.source.read.reader import Loaded, Reading, Rejected

CAMERAS = """\
apiVersion: dsfleet.io/v1
kind: Node
metadata: {name: gate}
spec: {nodeId: 9f1c2d3e-4b5a-4c6d-8e7f-0a1b2c3d4e5f, hostname: gate}
---
apiVersion: dsfleet.io/v1
kind: Camera
metadata: {name: lobby}
spec: {address: "rtsp://10.0.0.1/1", messages: {place: {id: lobby}}}
---
apiVersion: dsfleet.io/v1
kind: Camera
metadata: {name: yard}
spec: {address: "rtsp://10.0.0.1/2", width: 1920}
"""
INSTANCES = """\
apiVersion: dsfleet.io/v1
kind: DsInstance
metadata: {name: counts}
spec:
  image: deepstream:9.1
  node: gate
  cameras: [lobby, yard]
  app: {kind: deepstream-app}
  deepstreamApp:
    streams: static
    cameraSources: {yard: {latency: 200}}
    primaryGie: {enable: true, gieUniqueId: 1, configFile: gone.txt}
---
apiVersion: dsfleet.io/v1
kind: DsInstance
metadata: {name: alone}
spec:
  image: deepstream:9.1
  node: gate
  cameras: [yard]
  app: {kind: deepstream-app}
  deepstreamApp:
    streams: static
    sinks: {"0": {enable: true, type: 1}}
"""
Read = Callable[[Mapping[str, str | bytes]], Reading]


def read(read_files: Read, old: str = "", new: str = "") -> Reading:
    assert old in CAMERAS + INSTANCES
    return read_files({"cameras.yaml": CAMERAS.replace(old, new), "instances.yaml": INSTANCES.replace(old, new)})


def remarks_of(reading: Reading) -> list[str]:
    assert isinstance(reading, Loaded | Rejected), reading
    return sorted(map(str, reading.remarks))


def test_a_mistake_elsewhere_hides_no_remark(read_files: Read) -> None:
    valid = read(read_files)
    assert isinstance(valid, Loaded), valid
    refused = read(read_files, "hostname: gate", "hostname: gate, capacity: -1")
    assert isinstance(refused, Rejected)
    assert [problem.path for problem in refused.problems] == ["spec.capacity"]
    assert remarks_of(refused) == remarks_of(valid)
    assert len(remarks_of(valid)) > 2


def test_a_broken_camera_hides_only_what_follows_from_it_and_makes_nothing_up(read_files: Read) -> None:
    valid = read(read_files)
    refused = read(read_files, "width: 1920", "width: 1")
    assert isinstance(refused, Rejected)
    assert [problem.path for problem in refused.problems] == ["spec.width"]
    assert set(remarks_of(refused)) <= set(remarks_of(valid))
    # That it is a live one matters to the instance that has no other camera.
    (hidden,) = set(remarks_of(valid)) - set(remarks_of(refused))
    assert ":18:3: spec.streammux.batchedPushTimeout: warning:" in hidden


def test_a_broken_instance_leaves_the_remarks_of_the_others(read_files: Read) -> None:
    refused = read(read_files, "type: 1}", "type: 7}")
    assert isinstance(refused, Rejected)
    assert [problem.path for problem in refused.problems] == ['spec.deepstreamApp.sinks["0"].type']
    assert remarks_of(refused)
    assert set(remarks_of(refused)) <= set(remarks_of(read(read_files)))


def test_a_camera_without_an_instance_is_told_of_its_shapes_too(read_files: Read) -> None:
    text = (
        "apiVersion: dsfleet.io/v1\nkind: Camera\nmetadata: {name: lobby}\nspec:\n  address: rtsp://10.0.0.1/1\n"
        "  width: 640\n  height: 360\n  analytics:\n    roiFiltering:\n      regions:\n"
        "        yard: [[0, 0], [640, 0], [640, 361]]\n"
    )
    reading = read_files({"cameras.yaml": text})
    assert isinstance(reading, Loaded)
    (remark,) = reading.remarks
    assert str(remark).startswith(
        "cameras.yaml:11:15: spec.analytics.roiFiltering.regions.yard: warning: the point 640;361"
    )
