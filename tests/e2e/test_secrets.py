import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.kinds import EVENT, OBJECT_KINDS
from tests.e2e.planted_secret import PlantedSecret
from tests.e2e.raw_topics import records
from tests.e2e.running_fleet import RunningFleet, eventually
from tests.e2e.separate_fleet import SeparateFleet

pytestmark = pytest.mark.e2e

# The app must read it there, or in the file of a variable that names a secret; and the simulated camera must know whom to let in.
MAY_HOLD_IT = ("configs/source_list.json", "configs/.secrets/PLANTED", "cameras.json")


def files_below(root: Path) -> Iterator[Path]:
    return (path for path in root.rglob("*") if path.is_file())


def may_hold_it(path: Path) -> bool:
    return str(path).endswith(MAY_HOLD_IT) or path.name.startswith("cameras-")


def everything_said(fleet: RunningFleet) -> Iterator[tuple[str, bytes]]:
    """All that the fleet shows, says and stores, with the place of each."""
    for place, key, value in records(fleet):
        yield f"topic {place}", (key or b"") + b"\n" + (value or b"")
    for path in files_below(fleet.root):
        if not may_hold_it(path):
            yield f"file {path.relative_to(fleet.root)}", path.read_bytes()
    for path in ("/fleet/v1/status", "/apis", "/apis/dsfleet.io/v1", EVENT.path, *(kind.path for kind in OBJECT_KINDS)):
        yield f"API {path}", str(fleet.get(path)).encode()
    if fleet.manifests.is_git:
        yield "git objects", fleet.manifests.git("cat-file", "--batch-all-objects", "--batch")
    yield from processes_show()
    yield from commands_print(fleet)
    if isinstance(fleet, SeparateFleet):
        yield from engine_shows(fleet)


def processes_show() -> Iterator[tuple[str, bytes]]:
    """Of all processes of this machine, ours among them: what other users could read, and what root could."""
    for process in Path("/proc").iterdir():
        for part in ("cmdline", "environ") if process.name.isdecimal() else ():
            try:
                yield f"{part} of process {process.name}", (process / part).read_bytes()
            except OSError:
                continue  # it has left meanwhile


def commands_print(fleet: RunningFleet) -> Iterator[tuple[str, bytes]]:
    manifests = str(fleet.manifests.path)
    for arguments in (
        ("get", "nodes,dsinstances,cameras", "-o", "yaml"),
        ("get", "events", "-o", "json"),
        ("get", "all", "-o", "wide"),
        ("describe", "cameras"),
        ("describe", "dsinstances"),
        ("status",),
        ("events",),
        ("plan", manifests),
        ("plan", manifests, "--server-state", "-o", "json"),
        ("validate", manifests),
    ):
        done = fleet.cli(*arguments)
        assert "Traceback" not in done.stderr
        assert done.stdout, f"fleet {' '.join(arguments)} prints nothing: {done.stderr}"
        yield f"fleet {' '.join(arguments)}", (done.stdout + done.stderr).encode()


def engine_shows(fleet: SeparateFleet) -> Iterator[tuple[str, bytes]]:
    for name, container in fleet.containers().items():
        yield f"docker inspect {name}", str(fleet.engine.api.inspect_container(container.id)).encode()
        yield f"docker logs {name}", container.logs()
        yield f"docker top {name}", str(container.top()).encode()


def test_the_password_is_where_it_is_needed_and_nowhere_else(
    fleet: RunningFleet, planted_secret: PlantedSecret
) -> None:
    # Frames of this camera are processed: the password reached the workload.
    assert fleet.documents("cameras")["dock"]["status"]["ready"] is True
    # Once more with an edit, so that the ways of a change are searched too.
    fleet.manifests.replace("cameras.yaml", "exclusive: true", "exclusive: false")
    fleet.settle()

    searched = [(place, planted_secret.forms_in(content)) for place, content in everything_said(fleet)]
    assert len(searched) > 100
    assert [(place, forms) for place, forms in searched if forms] == []

    holders = [path for path in files_below(fleet.root) if planted_secret.forms_in(path.read_bytes())]
    assert [path for path in holders if path.name == "source_list.json"], "the app's own file holds it"
    [variable] = [path for path in holders if path.name == "PLANTED"]
    assert variable.read_text(encoding="utf-8") == planted_secret.password
    for path in holders:
        assert may_hold_it(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        if path.name == "source_list.json":
            assert planted_secret.in_url in path.read_text(encoding="utf-8")


def test_a_bad_secret_darkens_its_own_camera(up_fleet: RunningFleet, planted_secret: PlantedSecret) -> None:
    folder = planted_secret.folder / "dock-spoilt"
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "username").write_text("viewer", encoding="utf-8")
    (folder / "password").write_text("one line\nand another", encoding="utf-8")
    up_fleet.manifests.replace("cameras.yaml", "name: dock-camera", "name: dock-spoilt")

    def told() -> bool:
        status = {name: one["status"] for name, one in up_fleet.documents("cameras").items()}
        spoilt = status["dock"]["ready"] is False and "holds more than one line" in str(status["dock"])
        return spoilt and all(status[name]["ready"] for name in status if name != "dock")

    eventually(told, "the neighbours are watched, and the camera says why it is not")
    assert "another" not in str(up_fleet.documents("cameras"))
