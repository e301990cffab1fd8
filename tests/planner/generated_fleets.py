"""Small fleets of valid manifests, as Hypothesis draws them."""

from typing import Any

import hypothesis
from hypothesis import strategies as st

NODES = ("attic", "gate", "hut")
CAMERAS = ("alley", "dock", "door", "fence", "roof")
INSTANCES = ("court", "faces", "hall", "shed", "tracks", "yard")
AREAS = ("in", "out")

# Without a deadline: the machine may be busy with other things.
QUICK = hypothesis.settings(
    deadline=None, max_examples=30, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)

Short = dict[str, dict[str, Any]]


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any part of the fields."""
    return st.fixed_dictionaries({}, optional=fields)


def selectors() -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(st.just({}), st.builds(lambda area: {"matchLabels": {"area": area}}, st.sampled_from(AREAS)))


LABELS = optional(area=st.sampled_from(AREAS))
PORT_RANGES = st.builds(lambda size: {"first": 21000, "last": 21000 + size - 1}, st.sampled_from((1, 2, 3, 1000)))


def node_specs() -> st.SearchStrategy[dict[str, Any]]:
    return optional(
        labels=LABELS,
        capacity=st.integers(0, 6),
        unschedulable=st.booleans(),
        instancePorts=PORT_RANGES,
    )


def camera_specs() -> st.SearchStrategy[dict[str, Any]]:
    return optional(
        labels=LABELS,
        address=st.integers(1, 254).map(lambda last: f"rtsp://10.0.0.{last}:554/stream?channel=1"),
        credentialsRef=st.sampled_from(("all-cameras", "door.lock")).map(lambda name: {"name": name}),
        encodeType=st.sampled_from(("h264", "h265")),
        width=st.integers(16, 16384),
        exclusive=st.booleans(),
        limits=optional(minimumFps=st.floats(0, 240), notReachableAfterSeconds=st.floats(0.5, 3600)),
    )


def settings() -> st.SearchStrategy[dict[str, Any]]:
    """Fields of an instance that say neither where it runs nor what it watches."""
    return optional(
        replicas=st.sampled_from((1, 1, 0)),
        restartedAt=st.sampled_from(("2026-03-01T12:00:00Z", "2026-03-02T12:00:00Z")),
        image=st.sampled_from(("retinaface:1", "retinaface:2", "registry.local:5000/a/b@sha256:" + "0" * 64)),
        app=optional(
            kind=st.sampled_from(("retinaface", "reference")),
            appType=st.sampled_from(("NORMAL", "VISUAL")),
            motConfidenceThreshold=st.floats(0, 1, exclude_min=True),
            kafkaConnectionStr=st.sampled_from(("kafka:9092", "a:1,b:2")),
        ),
        streammux=optional(batchSize=st.integers(8, 1024), nvbufMemoryType=st.integers(0, 4)),
        container=optional(
            env=st.dictionaries(
                st.from_regex(r"[A-Z_][A-Z0-9_]{0,5}", fullmatch=True), st.text(max_size=8), max_size=3
            ),
            command=st.lists(st.text(max_size=8), max_size=3),
            cpus=st.floats(0.1, 64),
            stopTimeoutSeconds=st.integers(0, 600),
        ),
    )


def pinned(nodes: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from(nodes).map(lambda name: {"node": name})


def selected() -> st.SearchStrategy[dict[str, Any]]:
    return selectors().map(lambda selector: {"nodeSelector": selector})


@st.composite
def instance_specs(
    draw: st.DrawFn, places: st.SearchStrategy[dict[str, Any]], cameras: tuple[str, ...]
) -> dict[str, Any]:
    named = draw(st.lists(st.sampled_from(cameras), unique=True, max_size=4)) if cameras else []
    watches: dict[str, Any] = {"cameras": named}
    if draw(st.booleans()):
        watches["cameraSelector"] = draw(selectors())
    return {**draw(settings()), **draw(places), **watches}


@st.composite
def fleets(draw: st.DrawFn, *, pinned_only: bool = False, nodes: Short | None = None) -> Short:
    """A short fleet; with `nodes`, one on these very machines."""
    machines = nodes or draw(
        st.dictionaries(st.sampled_from([f"node/{name}" for name in NODES]), node_specs(), min_size=1)
    )
    cameras = draw(st.dictionaries(st.sampled_from([f"camera/{name}" for name in CAMERAS]), camera_specs()))
    names = tuple(sorted(key.removeprefix("node/") for key in machines))
    places = pinned(names) if pinned_only else st.one_of(pinned(names), selected())
    specs = instance_specs(places, tuple(sorted(key.removeprefix("camera/") for key in cameras)))
    keys = st.sampled_from([f"dsinstance/{name}" for name in INSTANCES])
    return {**machines, **cameras, **draw(st.dictionaries(keys, specs))}


@st.composite
def roomy_nodes(draw: st.DrawFn) -> Short:
    """Machines that have room and ports for everything."""
    names = draw(st.lists(st.sampled_from(NODES), unique=True, min_size=2))
    return {f"node/{name}": {"labels": draw(LABELS)} for name in names}
