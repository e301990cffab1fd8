"""`fleet token`, `fleet kubeconfig`, and the ways to a controller that asks who comes."""

import json
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml
from click.testing import CliRunner, Result

from cli.connection import Api
from cli.failure import Failure
from cli.main import fleet
from cli.server import Server
from controller.access.access_file import binding_of
from controller.access.authentication import Openness
from controller.access_keeper import AccessKeeper
from controller.api.access_control import AccessControl
from controller.api.server import create_app
from controller.api.tls import Tls, TlsFiles
from controller.certificates import OwnCertificate
from controller.picture.store import ObjectStore
from ports.disk import RealDisk
from tests.api.serving import FakeControl, running
from tests.patience import patient

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Secured:
    """A controller with TLS, tokens and a unix socket, and two cameras."""

    url: str
    ca: Path
    socket: Path
    admin: str = field(repr=False)
    viewer: str = field(repr=False)

    def __call__(self, *words: str, token: str | None = None) -> Result:
        shown = ["--token", token] if token else []
        return CliRunner().invoke(fleet, ["--server", self.url, "--ca", str(self.ca), *shown, *words])


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("ctl")
    clock = datetime.now(UTC)
    own = OwnCertificate(folder, RealDisk(), ("127.0.0.1",))
    own.renew(clock)
    keeper = AccessKeeper(folder, RealDisk(), lambda: clock)
    _, admin = keeper.create("alice", binding_of("admin"), None)
    _, viewer = keeper.create("hq-guard", binding_of("viewer", "site=hq"), None)
    objects = ObjectStore(1_772_000_000_000)
    objects.replace(
        [
            {"apiVersion": "dsfleet.io/v1", "kind": "Camera", "metadata": {"name": f"{site}-1", "labels": {"site": site}}, "spec": {"address": "rtsp://x/y"}}
            for site in ("hq", "yard")
        ],
        NOW,
    )  # fmt: skip
    app = create_app(objects, ObjectStore(1), FakeControl(), access=AccessControl(keeper, openness=Openness()))
    with running(app, tls=Tls(TlsFiles(own.certificate, own.key)), unix_socket=folder / "s") as server:
        yield Secured(server.url.replace("http:", "https:"), own.authority, folder / "s", admin, viewer)


def test_the_first_token_is_made_without_a_controller(run_offline: Callable[..., Result], tmp_path: Path) -> None:
    there = ["--state-dir", str(tmp_path)]
    assert run_offline("token", "list", *there).stderr == "There are no tokens.\n"
    refused = run_offline("token", "create", "--role", "viewer", *there)
    assert refused.stderr.startswith("error: the first token must be an admin's")
    made = run_offline("token", "create", "--role", "admin", "--name", "alice", "--ttl", "30d", *there)
    assert made.exit_code == 0
    assert re.fullmatch(r"fleet_[0-9a-f]{8}_[0-9a-f]{64}\n", made.stdout)
    assert re.match(r"token [0-9a-f]{8}, for alice, until 20", made.stderr)
    token_id = made.stdout[6:14]
    listed = run_offline("token", "list", *there).stdout
    assert re.search(rf"{token_id}\s+alice\s+admin\s+-\s+-\s+20", listed)
    assert run_offline("token", "revoke", token_id, *there).stdout == f"token {token_id} is revoked\n"
    again = run_offline("token", "revoke", token_id, *there)
    assert (again.exit_code, again.stderr.startswith("error: there is no token")) == (1, True)


def test_a_folder_that_is_none(run_offline: Callable[..., Result], tmp_path: Path) -> None:
    result = run_offline("token", "list", "--state-dir", str(tmp_path / "no"))
    assert "is no state directory of a controller" in result.stderr
    assert f"mkdir -m 700 {tmp_path / 'no'}" in result.stderr


def test_tokens_through_the_api(secured: Secured) -> None:
    words = ["token", "create", "--role", "operator", "--selector", "site=hq", "--kinds", "cam,ds", "--ttl", "12h"]
    made = secured(*words, token=secured.admin)
    assert made.exit_code == 0, made.stderr
    token = made.stdout.strip()
    listed = secured("token", "list", token=secured.admin).stdout
    assert re.search(rf"{token[6:14]}\s+token-{token[6:14]}\s+operator\s+site=hq\s+Camera,DsInstance\s", listed)
    assert secured("get", "cam", "-o", "name", token=token).stdout == "camera/hq-1\n"
    everything = secured("get", "all", token=token)
    assert (everything.exit_code, "hq-1" in everything.stdout) == (1, True)
    assert 'User "token-' in everything.stderr
    assert 'cannot list resource "nodes"' in everything.stderr
    assert secured("token", "revoke", token[6:14], token=secured.admin).exit_code == 0
    refused = secured("get", "cam", token=token)
    assert "the controller says Unauthorized: " in refused.stderr
    assert token[15:] not in refused.stderr
    assert "the role admin for the whole fleet" in secured("token", "list", token=secured.viewer).stderr


def test_what_a_viewer_of_a_part_is_shown(secured: Secured) -> None:
    assert secured("get", "cam", "-o", "name", token=secured.viewer).stdout == "camera/hq-1\n"
    for name in ("yard-1", "none"):
        result = secured("get", f"cam/{name}", token=secured.viewer)
        assert f'the controller says Forbidden: cameras.dsfleet.io "{name}" is forbidden' in result.stderr
    assert "no credential was shown" in secured("get", "cam").stderr
    assert "this is no token, or not all of one" in secured("get", "cam", token="secret").stderr
    waited = secured("wait", "--for=delete", "cam/hq-1", "--timeout", "0.2", token=secured.viewer)
    assert waited.stderr == "error: not so after 0.2 s:\n  camera/hq-1: it still exists\n"


def test_a_token_in_a_file_and_in_a_variable(secured: Secured, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{secured.admin}\n", encoding="utf-8")
    base = ["--server", secured.url, "--ca", str(secured.ca)]
    words = ["get", "cam", "-o", "name"]
    assert CliRunner().invoke(fleet, [*base, "--token-file", str(file), *words]).exit_code == 0
    assert CliRunner(env={"FLEET_TOKEN_FILE": str(file)}).invoke(fleet, [*base, *words]).exit_code == 0
    assert CliRunner(env={"FLEET_TOKEN": secured.admin}).invoke(fleet, [*base, *words]).exit_code == 0
    missing = CliRunner().invoke(fleet, [*base, "--token-file", str(tmp_path / "no"), *words])
    assert "cannot be read: No such file" in missing.stderr
    file.write_text("\n", encoding="utf-8")
    empty = CliRunner().invoke(fleet, [*base, "--token-file", str(file), *words])
    assert (empty.exit_code, empty.stderr) == (1, f"error: {file} holds no token: it is empty\n")
    broken = CliRunner().invoke(fleet, [*base, "--token", "a b", *words])
    assert broken.stderr == "error: --token is no token: it holds blanks or signs that tokens have not\n"


def test_the_unix_socket_needs_nothing_else(secured: Secured) -> None:
    result = CliRunner().invoke(fleet, ["--server", f"unix://{secured.socket}", "get", "cam", "-o", "name"])
    assert result.stdout == "camera/hq-1\ncamera/yard-1\n"
    nobody = CliRunner().invoke(fleet, ["--server", f"unix://{secured.socket}.no", "get", "cam"])
    assert "no controller answers at unix://" in nobody.stderr


def test_who_is_not_trusted_is_told_nothing(secured: Secured, tmp_path: Path) -> None:
    result = CliRunner().invoke(fleet, ["--server", secured.url, "--token", secured.admin, "get", "cam"])
    assert "cannot be trusted (" in result.stderr
    assert "--ca" in result.stderr
    other = tmp_path / "ca.pem"
    other.write_text("junk", encoding="utf-8")
    result = CliRunner().invoke(fleet, ["--server", secured.url, "--ca", str(other), "get", "cam"])
    assert "holds no certificate of an authority" in result.stderr


def test_a_token_is_sent_where_nobody_else_reads_it() -> None:
    secret = "fleet_00000000_secret"
    for url in ("http://ctl.example.org:8420", "192.0.2.7:8420", "http://localhost.evil.example.org"):
        with pytest.raises(Failure, match="a token is not sent to http://") as raised:
            Api(Server(url, secret))
        assert secret not in str(raised.value)
    for url in ("http://127.0.0.1:1", "localhost:1", "http://[::1]:1", "https://ctl.example.org", "unix:///s"):
        Api(Server(url, secret))
    assert secret not in repr(Server("http://x", secret))


def test_a_kubeconfig(secured: Secured, tmp_path: Path) -> None:
    path = tmp_path / "config"
    assert secured("kubeconfig", "--name", "hq", "-o", str(path), token=secured.viewer).exit_code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    printed = secured("kubeconfig", "--name", "hq", token=secured.viewer).stdout
    assert printed == path.read_text(encoding="utf-8")
    found = yaml.safe_load(printed)
    assert found["users"][0]["user"] == {"token": secured.viewer}
    assert found["clusters"][0]["cluster"]["server"] == secured.url
    assert found["current-context"] == "hq"
    plain = CliRunner().invoke(fleet, ["--token", "x", "kubeconfig"])
    assert "kubectl sends no token to http://127.0.0.1:8420" in plain.stderr


@pytest.fixture
def kubectl(
    secured: Secured, tmp_path: Path, unavailable: Callable[[str, str], NoReturn]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    program = os.environ.get("FLEET_TEST_KUBECTL") or shutil.which("kubectl")
    if not program:
        unavailable("kubectl", "kubectl is not installed")

    def run(token: str, *words: str) -> Any:
        config = tmp_path / "config"
        assert secured("kubeconfig", "-o", str(config), token=token).exit_code == 0
        environment = {"HOME": str(tmp_path), "KUBECONFIG": str(config), "PATH": os.environ["PATH"]}
        return subprocess.run(
            [program, *words], env=environment, capture_output=True, text=True, timeout=patient(30), check=False
        )

    return run


def test_the_real_kubectl_with_a_token_over_tls(
    secured: Secured, kubectl: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    listed = kubectl(secured.viewer, "get", "cameras", "-o", "name")
    assert listed.stdout == "camera.dsfleet.io/hq-1\n", listed.stderr
    hidden = kubectl(secured.viewer, "get", "camera", "yard-1")
    assert (
        'Error from server (Forbidden): cameras.dsfleet.io "yard-1" is forbidden: User "hq-guard" cannot get'
        in hidden.stderr
    )
    unknown = kubectl("fleet_00000000_" + "0" * 64, "get", "cameras")
    assert "You must be logged in to the server" in unknown.stderr
    raw = kubectl(secured.admin, "get", "--raw", "/fleet/v1/tokens")
    assert [one["name"] for one in json.loads(raw.stdout)["tokens"]][:2] == ["alice", "hq-guard"]


def test_no_token_gets_into_a_log(secured: Secured, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    unknown = "fleet_00000000_" + "a" * 64
    results = [
        secured(*words, token=token)
        for token in (secured.admin, secured.viewer, unknown)
        for words in (("get", "cam"), ("update",), ("token", "list"), ("get", "cam/yard-1"))
    ]
    said = caplog.text + "".join(one.output for one in results)
    for token in (secured.admin, secured.viewer, unknown):
        assert token[15:] not in said
