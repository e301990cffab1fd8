"""What is known of the drift of containers changes how long it takes to tell, and nothing else."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nodeagent.engines.docker.drift import ContainerDrift
from nodeagent.engines.docker.engine import FoundImage
from nodeagent.engines.docker.form import Machine
from nodeagent.engines.docker.states import ContainerState
from nodeagent.folders.memory import MemoryFolders
from tests.engines.stands import make_config

FORMS = {(name, cpus): make_config(name, container={"cpus": cpus}) for name in ("yard", "hall") for cpus in (1.0, 2.0)}


def settings_of(cpus: float) -> dict[str, Any]:
    config = {"Image": "dsfleet/none:test", "Env": ["A=b"]}
    return {
        "Id": "1",
        "Name": "/n",
        "Image": "sha256:1",
        "Config": config,
        "HostConfig": {"NanoCpus": int(cpus * 1_000_000_000)},
    }


STATE = ContainerState("running", True, None, None, None, False, False, 1, settings_of(1.0))


class Stub:
    """In the place of the engine, and of what knows the arguments for a container."""

    def __init__(self) -> None:
        self.compared = 0
        self.image: FoundImage | None = FoundImage({"Env": ["A=b"]}, "linux/amd64")

    def machine(self) -> Machine:
        return Machine(cpus=8, memory_bytes=2**40)

    def image_of(self, _image_id: str) -> FoundImage | None:
        return self.image

    def arguments(self, config: Any, _labels: dict[str, str], _engines: Path | None) -> dict[str, Any]:
        self.compared += 1
        host = {"NanoCpus": int(config.container.cpus * 1_000_000_000)}
        return {"name": "n", "image": "dsfleet/none:test", "command": None, "host_config": host}


def drift_with(stub: Any) -> ContainerDrift:
    return ContainerDrift(stub, stub, stub, MemoryFolders())  # type: ignore[arg-type]


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["desire", "change", "gone", "image"]),
            st.sampled_from(["yard", "hall"]),
            st.sampled_from([1.0, 2.0]),
        ),
        max_size=12,
    )
)
def test_it_is_told_as_if_nothing_were_known(steps: list[tuple[str, str, float]]) -> None:
    stub = Stub()
    it, desired, seen = drift_with(stub), dict[str, Any](), dict[str, ContainerState]()
    for kind, name, cpus in steps:
        if kind == "desire":
            desired[name] = FORMS[name, cpus]
        elif kind == "change":
            seen[name] = replace(STATE, settings=settings_of(cpus))
        elif kind == "gone":
            seen.pop(name, None)
        else:
            stub.image = None if cpus > 1 else FoundImage({"Env": []}, "linux/amd64")
            seen.clear()  # a container whose image is another is another container
        assert it.of(desired.values(), seen) == drift_with(stub).of(desired.values(), seen)


def test_what_did_not_change_is_not_compared_again() -> None:
    stub = Stub()
    it, desired = drift_with(stub), [FORMS["yard", 2.0]]
    seen = {"yard": STATE}
    first = it.of(desired, seen)
    assert [one.field for one in first["yard"]] == ["cpus"]
    assert it.of(desired, seen) == first
    assert stub.compared == 1
    assert it.of(desired, {"yard": replace(STATE)}) == first
    assert stub.compared == 2
