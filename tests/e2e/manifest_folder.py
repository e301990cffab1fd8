"""A folder of manifests that a test edits as a person would, and that finds back to what it was."""

import itertools
import re
import shutil
import subprocess
import uuid
from pathlib import Path

from tests.held_ports import hold_ports

_EXAMPLE = Path(__file__).parents[2] / "manifests"
_PORTS_OF_A_NODE = 10
# A second instance on a node: so that a change of one can be seen to leave its neighbour alone. It is given a secret as a file.
_GATE = """\
apiVersion: dsfleet.io/v1
kind: DsInstance
metadata:
  name: gate
spec:
  node: node-a
  image: dsfleet/pipeline:dev
  app: { kind: reference, faceConfidenceThreshold: 0.3 }
  container: { env: { PLANTED: "${secret:dock-camera:password}" } }
  cameras: [front-door]
  streammux: { width: 320, height: 240, batchSize: 2, bufferPool: 4, nvbufMemoryType: 0 }
"""


class ManifestFolder:
    """The example fleet of this project and one more instance, with node ids and ports that nobody else has.

    Args:
        path: the folder; made here.
        camera_port: where the cameras are simulated.
        git: True makes the folder a repository in which every save is a commit on `main`.
    """

    def __init__(self, path: Path, *, camera_port: int, git: bool = False) -> None:
        self.path = path
        self.is_git = git
        shutil.copytree(_EXAMPLE, path)
        self._replace_everywhere("cameras.yaml", r"127\.0\.0\.1:\d+", f"127.0.0.1:{camera_port}")
        # Of what is in the pictures nothing is asked here: who decodes a frame each second leaves the machine to others.
        self._replace_everywhere("cameras.yaml", r"(?m)^spec:$", "spec:\n  frameDelaySeconds: 1")
        self.node_ids: dict[str, str] = {}
        nodes = (path / "nodes.yaml").read_text(encoding="utf-8")
        for name, old in re.findall(r"\n  name: (\S+).*?nodeId: (\S+)", nodes, re.DOTALL):
            self.node_ids[name] = str(uuid.uuid4())
            nodes = nodes.replace(old, self.node_ids[name])
        first = hold_ports(_PORTS_OF_A_NODE * len(self.node_ids))
        begins = itertools.count(first, _PORTS_OF_A_NODE)

        def ports(found: re.Match[str]) -> str:
            begin = next(begins)
            return f"first: {begin}{found[1]}last: {begin + _PORTS_OF_A_NODE - 1}"

        nodes = re.sub(r"first: \d+(\s+)last: \d+", ports, nodes)
        (path / "nodes.yaml").write_text(nodes, encoding="utf-8")
        (path / "instances" / "gate.yaml").write_text(_GATE, encoding="utf-8")
        self._pristine = self._content()
        self._threshold = 500
        if git:
            self.git("init", "-q", "-b", "main")
            self.commit("the example fleet")

    def read(self, file: str) -> str:
        return (self.path / file).read_text(encoding="utf-8")

    def write(self, file: str, text: str) -> None:
        """Saves a file, in one step, as editors do."""
        target = self.path / file
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}.new")
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(target)
        self.commit(f"save {file}")

    def replace(self, file: str, old: str, new: str) -> None:
        """Edits a text that stands once in a file."""
        text = self.read(file)
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        self.write(file, text.replace(old, new))

    def change_threshold(self, instance: str) -> None:
        """Gives an instance a threshold that it never had: an edit that nobody needs to take back."""
        file = f"instances/{instance}.yaml"
        self._threshold += 1
        text = re.sub(
            r"faceConfidenceThreshold: [0-9.]+", f"faceConfidenceThreshold: 0.{self._threshold}", self.read(file)
        )
        self._pristine[file] = text
        self.write(file, text)

    def remove(self, *files: str) -> None:
        """Removes files all at once: in a commit, or by a folder that takes the place of this one."""
        if self.is_git:
            self.git("rm", "-q", *files)
            self.commit(f"remove {', '.join(files)}")
            return
        old, new = (self.path.with_name(f"{self.path.name}.{word}") for word in ("old", "new"))
        shutil.copytree(self.path, new)
        for file in files:
            (new / file).unlink()
        self.path.rename(old)
        new.rename(self.path)
        shutil.rmtree(old)

    def remove_document(self, file: str, name: str) -> None:
        """Takes one document out of a file of several."""
        documents = self.read(file).split("---\n")
        rest = [one for one in documents if not re.search(rf"^  name: {name}$", one, re.MULTILINE)]
        assert len(rest) == len(documents) - 1
        self.write(file, "---\n".join(rest))

    def restore(self) -> bool:
        """Makes the folder what it was at first; True when it was not."""
        now = self._content()
        if now == self._pristine:
            return False
        for file, text in self._pristine.items():
            if now.get(file) != text:
                target = self.path / file
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
        for file in now.keys() - self._pristine.keys():
            (self.path / file).unlink()
        self.commit("back to the example fleet")
        return True

    def commit(self, message: str) -> None:
        if self.is_git:
            self.git("add", "--all")
            self.git("commit", "-q", "-m", message)

    def git(self, *arguments: str) -> bytes:
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", *identity, *arguments], cwd=self.path, capture_output=True, check=True)
        return done.stdout

    def _content(self) -> dict[str, str]:
        return {
            str(file.relative_to(self.path)): file.read_text(encoding="utf-8") for file in self.path.rglob("*.yaml")
        }

    def _replace_everywhere(self, file: str, pattern: str, replacement: str) -> None:
        text, count = re.subn(pattern, replacement, self.read(file))
        assert count, f"{pattern} is not in {file}"
        (self.path / file).write_text(text, encoding="utf-8")
