"""A controller that asks who one is, and commits what is changed to a repository."""

import sys
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.manifest_folder import ManifestFolder
from tests.e2e.running_fleet import Program, eventually, fleet_command
from tests.patience import patient


class GuardedController:
    """Without agents: nothing runs of what its manifests ask for, which is cheap.

    Args:
        root: a folder of its own.
        manifests: in a repository.
        port: where the API is.
    """

    def __init__(self, root: Path, manifests: ManifestFolder, port: int) -> None:
        self.manifests = manifests
        self.url = f"http://127.0.0.1:{port}"
        self._state = root / "state"
        self._state.mkdir(mode=0o700, parents=True)
        self.tokens = {role: self._token(role, name) for role, name in (("admin", "alice"), ("viewer", "victor"))}
        """What alice, who may everything, and victor, who may look, log in with."""
        self._http = httpx.Client(base_url=self.url, timeout=patient(10), trust_env=False)
        self._http.headers["Authorization"] = f"Bearer {self.tokens['admin']}"
        source = ["--git", str(manifests.path), "--git-interval", "0.3"]
        broker, self.log = root / "broker-address", root / "controller.log"
        self._broker = Program([sys.executable, "-m", "cli.up.broker", str(broker), "", "0"], root / "broker.log")
        address = eventually(lambda: broker.exists() and broker.read_text(encoding="utf-8"), "the broker is there")
        bus = ["--bootstrap-servers", address, "--embedded-broker-client"]
        options = ["--state-dir", str(self._state), "--listen", f"127.0.0.1:{port}", "--fleet-id", "guarded"]
        self._program = Program(fleet_command("controller", *source, *bus, *options), self.log)
        eventually(self.cameras, "the controller shows its cameras")

    def cameras(self) -> dict[str, Any]:
        """What it shows of its cameras; nothing while it starts."""
        try:
            answer = self._http.get("/apis/dsfleet.io/v1/cameras")
        except httpx.HTTPError:
            return {}
        items = answer.json()["items"] if answer.is_success else []
        return {one["metadata"]["name"]: one for one in items}

    def create_token(self, role: str, name: str) -> str:
        answer = self._http.post("/fleet/v1/tokens", json={"role": role, "name": name}).raise_for_status()
        return str(answer.json()["token"])

    def revoke(self, token: str) -> None:
        self._http.delete(f"/fleet/v1/tokens/{token.split('_')[1]}").raise_for_status()

    def close(self) -> None:
        self._http.close()
        self._program.stop()
        self._broker.stop()

    def _token(self, role: str, name: str) -> str:
        words = ["token", "create", "--role", role, "--name", name, "--state-dir", str(self._state)]
        log = self._state.with_name(f"{name}.token")
        assert Program(fleet_command(*words), log).wait(30) == 0
        return log.read_text(encoding="utf-8").splitlines()[-1]
