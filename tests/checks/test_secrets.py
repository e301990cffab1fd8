"""Secrets in clear are found by their forms, wherever they stand in a manifest, and are never shown."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.checks.checker import check_instance
from controller.checks.secrets import check_secrets, tells_a_secret
from crds.dsinstance import DsInstance
from crds.random_words import looks_random
from crds.secret_names import is_secret_name, is_secret_variable
from deepstream.findings import Severity
from tests.planner.short_manifests import manifest

ROOT = Path(__file__).parents[2]


def found_in(container: dict[str, Any] | None = None, **spec: Any) -> dict[str, tuple[Severity, str]]:
    one = manifest("dsinstance/yard", {"node": "gate", **spec, "container": container or {}})
    violations = list(check_secrets(one))
    assert tells_a_secret(one) is any(violation.severity is Severity.ERROR for violation in violations)
    assert not any("Qz7" in violation.message for violation in violations)
    return {".".join(map(str, one.path)): (one.severity, one.message) for one in violations}


VARIABLES = [
    ("DB_PASSWORD", "Qz7"),
    ("DBPASS", "Qz7"),
    ("REDIS_PASS", "Qz7"),
    ("MYSQL_PWD", "Qz7"),
    ("API_TOKEN", "Qz7"),
    ("apiKey", "Qz7"),
    ("AWS_SECRET_ACCESS_KEY", "Qz7"),
    ("SSH_KEY", "Qz7"),
    ("CAMERA_PASSCODE", "Qz7"),
    ("SRT_PASSPHRASE", "Qz7"),
    ("CLIENT_CREDENTIALS", "Qz7"),
    ("BASIC_AUTH", "admin:Qz7"),
    ("PASSWORD", "1234"),
    ("BROKER", "kafka://u:Qz7@h:9092"),
    ("BROKER", "kafka://u:Qz7/x#y@h:9092"),
    ("BROKER", "amqp://:Qz7@h/%2f"),
    ("BROKERS", "kafka://h1:9092,kafka://u:Qz7@h2:9092"),
    ("PROXY", "http://u%3AQz7%40h:3128"),
    ("BROKER", "u:Qz7@h:9092"),
    ("BROKER", "u%3AQz7%40h"),
    ("URL", "http://10.0.0.1/snapshot.cgi?loginuse=admin&loginpas=Qz7"),
    ("URL", "http://10.0.0.1/cgi-bin/CGIProxy.fcgi?usr%3Dadmin%26pwd%3DQz7"),
    ("URL", "https://store.example/blob?sv=1&sig=Qz7%3D"),
    ("URL", "srt://10.0.0.1:9000?mode=caller&passphrase=Qz7&pbkeylen=16"),
    ("URL", "srt://10.0.0.1:9000?latency=20&streamid=publish:yard:u:Qz7"),
    ("URL", "srt://10.0.0.1:9000?streamid=read%3Ayard%3Au%3AQz7"),
    ("URL", "srt://10.0.0.1:9000?streamid=#!::m=request,r=yard,u=u,s=Qz7"),
    ("URL", "srt://10.0.0.1:9000?streamid=%23!::r=yard%2Cu=u%2Cs=Qz7"),
    ("DSN", "host=h user=u password=Qz7 dbname=d"),
    ("OPTIONS", "security.protocol=SASL_SSL;sasl.password=Qz7"),
    ("OPTIONS", '{"user": "u", "password": "Qz7"}'),
    ("CONNECTION", "HostName=h;DeviceId=d;SharedAccessKey=Qz7="),
    ("HEADERS", "Authorization: Basic dTpRejc="),
    ("ANYTHING", "AKIAQZ7QZ7QZ7QZ7QZ7Q"),
    ("ANYTHING", "ghp_Qz7Qz7Qz7Qz7Qz7Qz7Qz7Qz7Qz7Qz7Qz7Qz7"),
    ("ANYTHING", "-----BEGIN RSA PRIVATE KEY-----\nQz7\n"),
    ("CAM_PASS1", "Qz7"),
    ("CAM_PASS", "${OTHER:-Qz7}"),
    ("BROKER", "kafka://u:${KAFKA_PASSWORD:-Qz7}@h"),
    ("CAMERA_2_PASS_2", "Qz7"),
    ("API_TOKEN_PROD", "Qz7"),
    ("WIFI_PSK", "Qz7"),
    ("CAM_LOGIN", "admin:Qz7"),
    ("AUTH_HEADER", "Basic YWRtaW46UXo3"),
    ("OPTIONS", "--verbose --password Qz7"),
    ("OPTIONS", "-u admin:Qz7"),
    ("SERVERS", 'servers = ["u:Qz7@h:9092"]'),
    ("URL", "rtsp://10.0.0.1/0/admin:Qz7/main"),
    ("URL_OF_BOTH", "kafka://${secret:kafka:userinfo}h:9092?password=Qz7"),
]


@pytest.mark.parametrize(("name", "value"), VARIABLES)
def test_a_secret_in_the_environment_is_an_error(name: str, value: str) -> None:
    found = found_in({"env": {name: value}})
    assert list(found) == [f"spec.container.env.{name}"]
    severity, message = found[f"spec.container.env.{name}"]
    assert severity is Severity.ERROR
    assert "${secret:NAME:KEY}" in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", ""),
        ("DB_PASSWORD", "${secret:db:password}"),
        ("DB_URL", "postgres://${secret:db:userinfo}h/d"),
        ("DB_URL", "postgres://u:${secret:db:password}@h/d"),
        ("DB_PASSWORD_FILE", "/run/secrets/db"),
        ("TOKEN", "/var/run/secrets/token"),
        ("DB_PASSWORD", "${CAM_PASS}"),
        ("DB_PASSWORD", "${CAM_PASS:-}"),
        ("DB_PASSWORD", "${CAM_PASS:?is missing}"),
        ("DB_PASSWORD", "<password>"),
        ("AUTH", "basic"),
        ("API_KEY", "none"),
        ("CONTACT", "mailto:ops@example.com"),
        ("PHONE", "sip:100@10.0.0.1"),
        ("RUN_AS_LOGIN", "1000:1000"),
        ("ANALYTICS", "Basic analytics"),
        ("MODE", "rtsp://h/mp4:sample.mp4"),
        ("ENABLE_AUTH", "true"),
        ("SECRET_NAME", "dock"),
        ("TOKEN_URL", "https://id.example/token"),
        ("PARTITION_KEY", "sensorId"),
        ("MAX_TOKENS", "512"),
        ("TOKENIZERS_PARALLELISM", "false"),
        ("PASS_THROUGH", "1"),
        ("KEYFRAMES", "30"),
        ("SASL_MECHANISM", "PLAIN"),
        ("PUBLIC_KEY", "ssh-ed25519"),
        ("CAMERA", "rtsp://admin:@10.0.0.1/live"),
        ("CAMERA", "rtsp://10.0.0.1/cam/realmonitor?channel=1&authbasic=64"),
        ("REGISTRY", "https://registry.example:5000/image@sha256:0123"),
        ("GST_DEBUG", "*:2,rtspsrc:4"),
        ("IMAGE", "deepstream:9.1@sha256:0123456789"),
        ("REPOSITORY", "git@github.com:org/repository.git"),
        ("REPOSITORY", "ssh://git@host:22/org/repository"),
        ("NVIDIA_DRIVER_CAPABILITIES", "gpu,video,compute,utility"),
        ("LD_PRELOAD", "/opt/nvidia/deepstream/deepstream/lib/libnvdsgst_meta.so"),
    ],
)
def test_what_is_none_is_none(name: str, value: str) -> None:
    assert found_in({"env": {name: value}}) == {}


@pytest.mark.parametrize(
    ("words", "at", "severity"),
    [
        (["--password=Qz7"], 0, Severity.ERROR),
        (["--password", "Qz7"], 1, Severity.ERROR),
        (["--api-key", "Qz7"], 1, Severity.ERROR),
        (["--token", "Qz7"], 1, Severity.ERROR),
        (["-Dsasl.password=Qz7"], 0, Severity.ERROR),
        (["-u", "admin", "-p", "Qz7"], 3, Severity.ERROR),
        (["-p", "Qz7"], 1, Severity.WARNING),
        (["curl", "-u", "admin:Qz7", "http://h"], 2, Severity.ERROR),
        (["sh", "-c", "exec app --user u --password Qz7 --port 80"], 2, Severity.ERROR),
        (["sh", "-c", "TOKEN=Qz7 app"], 2, Severity.ERROR),
        (["curl", "--user=admin:Qz7"], 1, Severity.ERROR),
        (["curl", "-uadmin:Qz7"], 1, Severity.ERROR),
        (["/usr/bin/mysql", "-uroot", "-pQz7"], 2, Severity.ERROR),
        (["sh", "-c", "sshpass -pQz7 ssh h"], 2, Severity.ERROR),
        (["app", "--login", "admin:Qz7"], 2, Severity.ERROR),
        (["app", "rtsp://u:Qz7@h/1"], 1, Severity.ERROR),
        (["app", "srt://h:1?passphrase=Qz7"], 1, Severity.ERROR),
        (["app", "--password", "${secret:db:password}"], 2, Severity.ERROR),
    ],
)
def test_a_secret_among_the_arguments_is_found(words: list[str], at: int, severity: Severity) -> None:
    found = found_in({"command": words})
    assert [(path, one[0]) for path, one in found.items()] == [(f"spec.container.command.{at}", severity)]


@pytest.mark.parametrize(
    "words",
    [
        ["deepstream-app", "-c", "/workspace/configs/deepstream_app.txt"],
        ["-p", "8080:80"],
        ["-p", "9000"],
        ["-p", "/models"],
        ["--password-file", "/run/secrets/db"],
        ["--token", "--verbose"],
        ["-u", "1000:1000"],
        ["--partition-key", "sensorId"],
        ["sh", "-c", 'app --password "$(cat /run/secrets/db)"'],
        ["sh", "-c", "app --password $DB_PASSWORD"],
        ["--pass-through", "yes"],
        ["mkdir", "-p", "logs"],
        ["sh", "-c", "mkdir -p logs && exec app"],
        ["docker", "login", "--password-stdin", "registry"],
        ["app", "-preset", "fast"],
    ],
)
def test_ordinary_arguments_are_none(words: list[str]) -> None:
    assert found_in({"command": words}) == {}


APP: dict[str, Any] = {"app": {"kind": "deepstream-app"}, "deepstreamApp": {}}


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"files": {"a.yml": "a: b\npassword: Qz7\n"}}, "spec.files.a.yml"),
        ({"files": {"a.ini": "[a]\n# old\nloginpas=Qz7\n"}}, "spec.files.a.ini"),
        ({"files": {"a.txt": "see rtsp://u:Qz7@h/1\n"}}, "spec.files.a.txt"),
        ({"files": {"a.txt": "password"}}, None),
        ({"files": {"run.sh": "set -e\nexec app --password Qz7\n"}}, "spec.files.run.sh"),
        ({"files": {"a.xml": "<db><password>Qz7</password></db>"}}, "spec.files.a.xml"),
        ({"files": {"a.xml": '<add key="password" value="Qz7"/>'}}, "spec.files.a.xml"),
        ({"files": {"netrc": "machine h login u password Qz7"}}, "spec.files.netrc"),
        ({"files": {"redis.conf": "requirepass Qz7"}}, "spec.files.redis.conf"),
        ({"files": {"t.txt": 'grpc { url: "u:Qz7@triton:8001" }'}}, "spec.files.t.txt"),
        ({"files": {"a.json": '{"properties": {"password": {"type": "string"}}}'}}, None),
        ({"files": {"a.txt": "password=${secret:a:password}\n"}}, None),
        (
            {**APP, "deepstreamApp": {"extraGroups": {"odd": {"api-key": "Qz7"}}}},
            "spec.deepstreamApp.extraGroups.odd.api-key",
        ),
        (
            {**APP, "deepstreamApp": {"sourceAttrAll": {"extraKeys": {"rtsp-pass": "Qz7"}}}},
            "spec.deepstreamApp.sourceAttrAll.extraKeys.rtsp-pass",
        ),
        (
            {**APP, "inferConfigs": {"p.txt": {"property": {"tltModelKey": "Qz7"}}}},
            "spec.inferConfigs.p.txt.property.tltModelKey",
        ),
        ({**APP, "inferConfigs": {"p.txt": {"property": {"tltModelKey": "tlt_encode"}}}}, None),
        ({**APP, "inferConfigs": {"p.txt": {"property": {"tltModelKey": "${secret:m:password}"}}}}, None),
        (
            {**APP, "messageBrokers": {"b.txt": {"extraKeys": {"x": "a=b;sasl.password=Qz7"}}}},
            "spec.messageBrokers.b.txt.extraKeys.x",
        ),
    ],
)
def test_a_secret_in_a_file_is_found(spec: dict[str, Any], path: str | None) -> None:
    assert list(found_in(**spec)) == ([path] if path else [])


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"image": "u:Qz7@registry.example.com/people:1"}, "spec.image"),
        ({"image": "registry.example.com:5000/people:1@sha256:" + "0a" * 32}, None),
        (
            {"container": {"volumes": [{"hostPath": "/srv/password=Qz7", "mountPath": "/m"}]}},
            "spec.container.volumes.0.hostPath",
        ),
        ({"container": {"env": {"NOTE": "log in as admin:Qz7@10.0.0.1 first"}}}, "spec.container.env.NOTE"),
    ],
)
def test_where_nothing_is_filled_in_a_secret_is_to_be_taken_out(spec: dict[str, Any], path: str | None) -> None:
    found = found_in(**spec)
    assert list(found) == ([path] if path else [])
    assert all("take it out" in message for at, (_, message) in found.items() if ".env." not in at)


@pytest.mark.parametrize(
    ("metadata", "path"),
    [
        ({"annotations": {"note": "login is rtsp://u:Qz7@h"}}, "metadata.annotations.note"),
        ({"annotations": {"camera-password": "Qz7"}}, "metadata.annotations.camera-password"),
        ({"annotations": {"note": "token=${secret:a:password}"}}, "metadata.annotations.note"),
        ({"labels": {"token": "Qz7"}}, "metadata.labels.token"),
        ({"annotations": {"note": "password: Qz7"}}, "metadata.annotations.note"),
        ({"annotations": {"note": "ask security for the password"}}, None),
        ({"annotations": {"note": "the password: ask security for it"}}, None),
        ({"annotations": {"contact": "mailto:ops@example.com"}}, None),
    ],
)
@pytest.mark.parametrize("kind", ["camera/dock", "dsinstance/yard", "node/gate"])
def test_a_secret_beside_any_kind_is_found(kind: str, metadata: dict[str, Any], path: str | None) -> None:
    short = {"dsinstance/yard": {"node": "gate"}}.get(kind, {})
    one = manifest(kind, short)
    one = one.model_copy(update={"metadata": one.metadata.model_copy(update=metadata)})
    found = list(check_secrets(one))
    assert tells_a_secret(one) is any(violation.severity is Severity.ERROR for violation in found)
    assert [".".join(map(str, violation.path)) for violation in found] == ([path] if path else [])
    assert not any("Qz7" in violation.message for violation in found)


def test_a_variable_and_its_file_do_not_stand_beside_each_other() -> None:
    env = {"DB_PASSWORD": "${secret:db:password}", "DB_PASSWORD_FILE": "/x"}
    one = manifest("dsinstance/yard", {"node": "gate", "container": {"env": env}})
    assert isinstance(one, DsInstance)
    [violation] = check_instance(one, ())
    assert violation.path == ("spec", "container", "env", "DB_PASSWORD_FILE")
    for broken in ("${secret:db}", "${secret:DB:password}", "${secret:db:}", "${secret:db:../x}"):
        assert "is none" in found_in({"env": {"A": broken}})["spec.container.env.A"][1]


# --- words that look random --------------------------------------------------------------------------------------------


@given(st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=40, max_size=64))
def test_only_words_of_all_kinds_look_random(word: str) -> None:
    digits, upper, lower = [sum(map(kind, word)) for kind in (str.isdigit, str.isupper, str.islower)]
    if digits < 2 or 0 < min(upper, lower) < 2:
        assert not looks_random(word)


@pytest.mark.parametrize(
    "word",
    [
        "wJ4lrXUt9nFEMIK7MDENGbPxRf",
        "q8Zt2LmN4vXr7KpW1sYd",
        "k=Zx9Yw8Vu7Ts6Rq5Po4Nm3Lk2",
        "/a/Zx9Yw8Vu7Ts6Rq5Po4Nm3Lk2/b",
    ],
)
def test_random_words_are_warned_of(word: str) -> None:
    assert looks_random(word)
    found = found_in({"env": {"SETTING": word}})
    assert [one[0] for one in found.values()] == [Severity.WARNING]
    assert word not in str(found)


@pytest.mark.parametrize(
    "word",
    [
        "9f1c2d3e-4b5a-4c6d-8e7f-0a1b2c3d4e5f",
        "sha256:" + "0123456789abcdef" * 4,
        "d41d8cd98f00b204e9800998ecf8427e",
        "/opt/nvidia/deepstream/deepstream-9.1/lib/libnvds_nvmultiobjecttracker.so",
        "resnet18_trafficcamnet_pruned.onnx_b30_gpu0_int8.engine",
        "TensorrtInferenceServerV2Config",
        "nvcr.io/nvidia/deepstream:9.1-triton-multiarch",
        "urn:uuid:CamFrontDoor2026Building7Floor3",
        "NvDsInferParseCustomYoloV5FaceLandmarks",
        "NvDsInferParseCustomYoloV11Flat",
    ],
)
def test_digests_ids_paths_and_names_do_not_look_random(word: str) -> None:
    assert not looks_random(word)


def test_a_thousand_ordinary_words_do_not_look_random() -> None:
    files = [
        *(ROOT / "manifests").rglob("*.yaml"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "tests").rglob("cases/*.yaml"),
        *(ROOT / "deploy").rglob("*.service"),
    ]
    words = {word for file in files for word in re.findall(r"[^\s`|\"']{8,}", file.read_text(encoding="utf-8"))}
    assert len(words) > 1000
    assert [word for word in sorted(words) if looks_random(word)] == []


def test_names_of_keys_of_deepstream_are_no_secrets_but_for_those_that_are() -> None:
    keys = {
        name
        for file in (ROOT / "docs" / "spec").glob("*.md")
        for name in re.findall(r"^\| `([A-Za-z0-9.-]+)`", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(keys) > 300
    secret = {one for name in keys if is_secret_name(one := name.rpartition(".")[2]) or is_secret_variable(one)}
    assert secret == {"password", "sharedAccessKey", "withoutPassword", "tltModelKey"}
