import json
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import importer
from controller.source.fetch.directory import load_directory
from controller.source.read.manifests import read_manifests
from controller.source.read.reader import Rejected
from controller.source.read.yaml_documents import pieces
from crds.camera import Camera
from crds.document import Manifest
from crds.dsinstance import DsInstance
from crds.kinds import KINDS
from crds.secret import Secret
from deepstream.findings import Severity
from deepstream.versions import DsVersion
from importer import Imported, ImportOptions, Remark
from importer.places import Places
from nodeagent.folders.secret_files import read_secret

Run = Callable[..., Any]
PASSWORD = "s3cr:et/word"
IN_ADDRESS = "s3cr%3Aet%2Fword"

APP = f"""\
[application]
enable-perf-measurement=1

[source0]
enable=1
type=4
uri=rtsp://viewer:{IN_ADDRESS}@10.0.0.7:554/dock
num-sources=1

[source1]
enable=1
type=4
uri=rtsp://10.0.0.8/lobby

[streammux]
batch-size=4
width=1280
height=720
live-source=1
batched-push-timeout=40000

[sink0]
enable=1
type=1
sync=0

[primary-gie]
enable=1
gie-unique-id=1
batch-size=4
config-file=detector.txt
"""
DETECTOR = """\
[property]
gpu-id=0
onnx-file=/opt/models/detector.onnx
batch-size=4
network-mode=2
num-detected-classes=4
gie-unique-id=1
"""
SEED_APP = {
    "app_type": "NORMAL",
    "face_raw_meta_topic": "RawFaceMeta",
    "mot_raw_meta_topic": "RawMotMeta",
    "visual_topic": "RawImage",
    "kafka_connection_str": "localhost:9092",
    "streammux_output_width": 1920,
    "streammux_output_height": 1080,
    "streammux_batch_size": 4,
    "streammux_buffer_pool": 4,
    "streammux_nvbuf_memory_type": 0,
    "face_confidence_threshold": 0.4,
    "mot_confidence_threshold": 0.5,
    "gpu_id": 0,
}
SEED_SOURCES = {
    "sources": [
        {
            "camera_id": "gate",
            "address": f"rtsp://viewer:{IN_ADDRESS}@10.0.0.9/gate",
            "encode_type": "h264",
            "type": "rtsp",
            "stream": True,
        }
    ]
}


@pytest.fixture
def app_file(tmp_path: Path) -> Path:
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "app.txt").write_text(APP, encoding="utf-8")
    (folder / "detector.txt").write_text(DETECTOR, encoding="utf-8")
    return folder / "app.txt"


CAFFE = DETECTOR.replace(
    "onnx-file=/opt/models/detector.onnx", "model-file=/opt/m.caffemodel\nproto-file=/opt/m.prototxt"
)


def manifests_in(text: str) -> list[Manifest]:
    documents = [one for _, piece in pieces(text) for one in read_manifests(piece)]
    assert [one.faults for one in documents if one.faults] == []
    return [one.manifest for one in documents if one.manifest]


def shows_password(text: str) -> bool:
    return PASSWORD in text or IN_ADDRESS in text


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# --- with the real importer ------------------------------------------------------------------------------------------


def test_the_newest_release_that_takes_the_models_is_chosen(run_offline: Run, app_file: Path) -> None:
    (app_file.parent / "detector.txt").write_text(CAFFE, encoding="utf-8")
    result = run_offline("import", str(app_file), "--node", "node-a", "--image", "people:1")
    assert result.exit_code == 0, result.stderr
    [instance] = [one for one in manifests_in(result.stdout) if isinstance(one, DsInstance)]
    assert instance.spec.ds_version == DsVersion.V7_0
    assert "spec.dsVersion is 7.0, the newest that does" in result.stderr


def test_a_release_that_is_asked_for_is_not_replaced(run_offline: Run, app_file: Path) -> None:
    (app_file.parent / "detector.txt").write_text(CAFFE, encoding="utf-8")
    result = run_offline("import", str(app_file), "--node", "node-a", "--ds-version", "9.1")
    assert "dsVersion: '9.1'" in result.stdout or 'dsVersion: "9.1"' in result.stdout
    assert ": error: " in result.stderr


def test_an_app_becomes_manifests_without_its_passwords(run_offline: Run, app_file: Path) -> None:
    result = run_offline("import", str(app_file), "--name", "yard", "--node", "node-a", "--label", "site=hq")
    assert result.exit_code == 0, result.stderr
    manifests = manifests_in(result.stdout)
    cameras = [one for one in manifests if isinstance(one, Camera)]
    assert {one.spec.address for one in cameras} == {"rtsp://10.0.0.7:554/dock", "rtsp://10.0.0.8/lobby"}
    assert [one.spec.credentials_ref is not None for one in cameras] == [True, False]
    [instance] = [one for one in manifests if isinstance(one, DsInstance)]
    assert (instance.name, instance.spec.node, instance.spec.app.kind.value) == ("yard", "node-a", "deepstream-app")
    assert {tuple(one.metadata.labels.items()) for one in manifests} == {(("site", "hq"),)}
    assert not shows_password(result.stdout + result.stderr)
    assert "3 manifests: 2 cameras, 1 instance" in result.stderr
    assert "1 secret taken out" in result.stderr


def test_what_is_imported_can_be_rendered(run_offline: Run, app_file: Path, tmp_path: Path) -> None:
    manifests = tmp_path / "manifests"
    result = run_offline("import", str(app_file), "--name", "yard", "--node", "node-a", "-o", f"{manifests}/")
    assert (result.exit_code, result.stdout) == (0, "")
    assert sorted(path.name for path in manifests.iterdir()) == ["yard-cameras.yaml", "yard.yaml"]
    (manifests / "nodes.yaml").write_text(
        "apiVersion: dsfleet.io/v1\nkind: Node\nmetadata:\n  name: node-a\n"
        "spec:\n  nodeId: c23cec31-1270-43a3-ad1d-cad29a99857d\n  hostname: node-a\n",
        encoding="utf-8",
    )
    rendered = run_offline("render", "ds/yard", str(manifests))
    assert rendered.exit_code == 0, rendered.stderr
    assert "# --- deepstream_app.txt ---" in rendered.stdout
    assert ":userinfo}10.0.0.7:554/dock" in rendered.stdout
    assert "rtsp://10.0.0.8/lobby" in rendered.stdout


def test_the_folder_of_the_seed_app_becomes_manifests(run_offline: Run, tmp_path: Path) -> None:
    (tmp_path / "app_conf.json").write_text(json.dumps(SEED_APP), encoding="utf-8")
    (tmp_path / "source_list.json").write_text(json.dumps(SEED_SOURCES), encoding="utf-8")
    result = run_offline("import", str(tmp_path), "--name", "entrance", "--node", "node-a")
    assert result.exit_code == 0, result.stderr
    manifests = manifests_in(result.stdout)
    assert [one.kind for one in manifests] == ["Camera", "DsInstance"]
    assert isinstance(manifests[0], Camera)
    assert manifests[0].camera_id == "gate"
    assert not shows_password(result.stdout + result.stderr)


@pytest.mark.parametrize("content", [b"", b"\x00\x01garbage", b"once upon a time\n", b"\xff\xfe", None])
def test_what_is_no_configuration_is_refused_in_a_sentence(
    run_offline: Run, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "theirs.txt"
    if content is not None:
        file.write_bytes(content)
    result = run_offline("import", str(file), "--node", "node-a")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: ")
    assert str(file) in result.stderr
    assert "Traceback" not in result.stderr


def test_a_folder_without_any_configuration_is_refused(run_offline: Run, tmp_path: Path) -> None:
    result = run_offline("import", str(tmp_path))
    assert (result.exit_code, result.stdout) == (1, "")


# --- the command around it -------------------------------------------------------------------------------------------


def document(kind: str, name: str, **spec: Any) -> Manifest:
    return KINDS[kind].model_validate(
        {"apiVersion": "dsfleet.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
    )


CAMERA = document("Camera", "dock", address="rtsp://10.0.0.7/dock", credentialsRef={"name": "dock-camera"})
INSTANCE = document("DsInstance", "yard", node="node-a", image="x:1", app={"kind": "reference"}, cameras=["dock"])
MAKE_IT = (
    "make SECRETS/dock-camera/username and SECRETS/dock-camera/password on the nodes that run the instance, "
    "or let --secrets-dir write them"
)
SECRETS = {"dock-camera": Secret("viewer", PASSWORD)}


@pytest.fixture
def imports(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[ImportOptions]]:
    """Makes every import give the same; returns the options that it is called with."""

    def give(*manifests: Manifest, secrets: Mapping[str, Secret] = SECRETS, remarks: tuple[Remark, ...] = ()) -> Any:
        called: list[ImportOptions] = []

        def fake(path: str, read_file: object, list_folder: object, options: ImportOptions) -> Imported:
            called.append(options)
            return Imported(manifests, "a.txt", secrets, Places("a.txt"), remarks)

        monkeypatch.setattr(importer, "import_config", fake)
        return called

    return give


def test_remarks_are_lines_with_their_places_and_without_passwords(
    run_offline: Run, imports: Callable[..., Any]
) -> None:
    remarks = (
        Remark(Severity.WARNING, "a.txt", 7, f"[source0] uri: rtsp://viewer:{IN_ADDRESS}@10.0.0.7 became dock-camera"),
        Remark(Severity.NOTE, "a.txt", 1, f"the password {PASSWORD} is a good one"),
    )
    imports(CAMERA, INSTANCE, remarks=remarks)
    result = run_offline("import", "a.txt")
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "a.txt:7: warning: [source0] uri: rtsp://***@10.0.0.7 became dock-camera",
        "a.txt:1: note: the password *** is a good one",
        "2 manifests: 1 camera, 1 instance; 1 warning; 1 note; 1 secret taken out",
        f"secret dock-camera (from a.txt:7): {MAKE_IT}",
    ]


@pytest.mark.parametrize("password", ["pass", "word", "address", "secret", "user name"])
def test_a_password_that_is_a_word_of_ours_leaves_no_hole_that_shows_it(
    run_offline: Run, tmp_path: Path, password: str
) -> None:
    text = f"[source0]\nenable=1\ntype=4\nuri=rtsp://u:{password.replace(' ', '%20')}@h/a\n"
    (tmp_path / "app.txt").write_text(text, encoding="utf-8")
    said = run_offline("import", str(tmp_path / "app.txt")).stderr
    assert "[source0] uri: the user name and password in the address became secret app-cameras\n" in said
    assert not any("***" in line.rpartition("app.txt")[2] for line in said.splitlines())


def test_what_is_said_of_a_key_that_is_called_like_a_secret_is_not_masked(run_offline: Run, tmp_path: Path) -> None:
    sink = "[sink1]\nenable=1\ntype=6\nmsg-broker-config=b.txt\nmsg-broker-conn-str=h;1883;t\n"
    (tmp_path / "app.txt").write_text(sink, encoding="utf-8")
    (tmp_path / "b.txt").write_text(f"[message-broker]\nusername=u\npassword={PASSWORD}\n", encoding="utf-8")
    result = run_offline("import", str(tmp_path / "app.txt"))
    assert "b.txt:3: note: [message-broker] password: the secret in it became app-broker\n" in result.stderr
    assert not shows_password(result.stderr)
    (tmp_path / "b.txt").write_text("[message-broker]\nusername=u\npassword=${PW}\n", encoding="utf-8")
    result = run_offline("import", str(tmp_path / "app.txt"))
    assert "b.txt:3: warning: [message-broker] password: in place of a secret stands a placeholder" in result.stderr


def test_manifests_that_would_be_refused_are_remarked(run_offline: Run, imports: Callable[..., Any]) -> None:
    imports(INSTANCE, secrets={})
    result = run_offline("import", "a.txt")
    assert result.exit_code == 0
    assert "<stdout>:" in result.stderr
    assert ": error: spec.cameras[0]: there is no camera 'dock'\n" in result.stderr
    assert "node-a" not in result.stderr
    assert "1 manifest: 0 cameras, 1 instance; 1 error\n" in result.stderr


def test_strict_fails_when_anything_was_left_out(run_offline: Run, app_file: Path) -> None:
    kept = run_offline("import", str(app_file), "--strict")
    assert kept.exit_code == 0, kept.stderr
    app_file.write_text(f"{APP}[source4]\nenable=1\ntype=8\n", encoding="utf-8")
    lost = run_offline("import", str(app_file), "--strict")
    assert lost.exit_code == 1
    assert lost.stdout.replace("\r", "") == kept.stdout
    line = APP.count("\n") + 1
    assert f"--strict: 1 thing left out: {app_file}:{line}\n" in lost.stderr
    assert run_offline("import", str(app_file)).exit_code == 0


def test_a_password_never_gets_into_a_manifest(run_offline: Run, imports: Callable[..., Any], tmp_path: Path) -> None:
    noted = CAMERA.model_copy(
        update={
            "metadata": CAMERA.metadata.model_copy(update={"annotations": {"was": f"viewer:{IN_ADDRESS}@10.0.0.7"}})
        }
    )
    noted = type(CAMERA).model_validate(noted.model_dump(by_alias=True))
    imports(noted, INSTANCE)
    result = run_offline("import", "a.txt", "-o", str(tmp_path / "out.yaml"))
    assert (result.exit_code, result.stdout, list(tmp_path.iterdir())) == (1, "", [])
    assert not shows_password(result.stderr)


def test_files_that_are_there_stay(run_offline: Run, imports: Callable[..., Any], tmp_path: Path) -> None:
    imports(CAMERA, INSTANCE)
    file, secrets = tmp_path / "yard.yaml", tmp_path / "secrets"
    file.write_text("mine", encoding="utf-8")
    for output in (file, tmp_path):
        words = ("import", "a.txt", "-o", str(output), "--secrets-dir", str(secrets))
        refused = run_offline(*words)
        assert (refused.exit_code, file.read_text(encoding="utf-8")) == (1, "mine")
        assert f"{file} is there already" in refused.stderr
        assert not secrets.exists()
    assert run_offline("import", "a.txt", "-o", str(file), "--force").exit_code == 0
    assert manifests_in(file.read_text(encoding="utf-8")) == [CAMERA, INSTANCE]
    reading = load_directory(tmp_path)
    assert isinstance(reading, Rejected)
    assert [problem.path for problem in reading.problems] == ["spec.node"]


def test_secrets_are_written_as_agents_read_them(run_offline: Run, imports: Callable[..., Any], tmp_path: Path) -> None:
    imports(CAMERA, INSTANCE)
    secrets = tmp_path / "new/secrets"
    folder = secrets / "dock-camera"
    words = ("import", "a.txt", "--secrets-dir", str(secrets))
    result = run_offline(*words)
    assert result.exit_code == 0, result.stderr
    assert read_secret(secrets, "dock-camera") == SECRETS["dock-camera"]
    assert {mode(one) for one in (secrets, folder)} == {0o700}
    assert {mode(one) for one in folder.iterdir()} == {0o600}
    assert f"secret dock-camera: give {folder}/ to the nodes that run the instance" in result.stderr
    assert run_offline(*words).exit_code == 0, "the same secret may be there already"

    (folder / "password").write_text("another", encoding="utf-8")
    refused = run_offline(*words)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert f"{folder} holds another user name or password" in refused.stderr
    assert (folder / "password").read_text(encoding="utf-8") == "another"
    assert not shows_password(refused.stderr)
    (folder / "password").unlink()
    assert f"complete or remove {folder}" in run_offline(*words).stderr


def test_options_reach_the_importer(run_offline: Run, imports: Callable[..., Any]) -> None:
    called = imports(CAMERA, INSTANCE)
    words = ("--name", "yard", "--node", "n", "--image", "i:1", "--ds-version", "7.1", "--base-dir", "/opt/app")
    assert run_offline("import", "a.txt", *words, "--label", "a=b", "--label", "c=").exit_code == 0
    [options] = called
    assert (options.name, options.node, options.image, options.base_dir) == ("yard", "n", "i:1", "/opt/app")
    assert (options.ds_version, dict(options.labels)) == (DsVersion.V7_1, {"a": "b", "c": ""})


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--label", "site"), "--label 'site' is not of the form site=hq"),
        (("--label", "site=h q"), "--label"),
        (("--name", "My Yard"), "--name 'My Yard'"),
        (("--node", "a_b"), "--node 'a_b'"),
        (("--ds-version", "5.0"), "'5.0' is not one of"),
        (("--force",), "--force"),
    ],
)
def test_options_that_are_not_understood(
    run_offline: Run, imports: Callable[..., Any], words: tuple[str, ...], said: str
) -> None:
    called = imports(CAMERA, INSTANCE)
    result = run_offline("import", "a.txt", *words)
    assert (result.exit_code, result.stdout, called) == (2, "", [])
    assert said in result.stderr
