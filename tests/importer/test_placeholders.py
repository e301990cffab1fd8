"""What another program was to fill in is no secret, and its author hears of it with a line."""

import pytest

from crds.foreign_placeholders import holds_placeholder, is_placeholder
from tests.importer.stand import cameras_of, imported, instance_of, said
from tests.importer.test_same_meaning import SINK

FORMS = (
    "${CAM_PASS}",
    "${CAM_PASS:-Qz7word}",
    "$CAM_PASS",
    "$(CAM_PASS)",
    "{{ cam_pass }}",
    "%(cam_pass)s",
    "{FRIGATE_RTSP_PASSWORD}",
    "%CAM_PASS%",
    "<password>",
    "<your password>",
    "[PASSWORD]",
    "****",
    "xxxx",
    "YOUR_PASSWORD",
)


def source(uri: str) -> str:
    return f"[source0]\nenable=1\ntype=4\nuri={uri}\n{SINK}"


@pytest.mark.parametrize("form", FORMS)
def test_a_password_that_another_program_fills_in_is_no_secret(form: str) -> None:
    result = imported({"app.txt": source(f"rtsp://viewer:{form}@10.0.0.7/a")}, "app.txt")
    [camera] = cameras_of(result)
    assert (camera.spec.address, camera.spec.credentials_ref, dict(result.secrets)) == ("rtsp://10.0.0.7/a", None, {})
    assert (
        "app.txt:4: warning: [source0] uri: the user name or the password is a placeholder of another program"
        in said(result)
    )
    assert "nothing fills it in" in said(result)
    assert "Qz7" not in said(result)


@pytest.mark.parametrize("form", FORMS[:8])
def test_the_value_of_a_secret_key_that_another_program_fills_in_is_left_out(form: str) -> None:
    sinks = "[sink1]\nenable=1\ntype=6\nmsg-broker-config=b.txt\nmsg-broker-conn-str=h;1883;t\n"
    broker = f"[message-broker]\nusername=site\npassword={form}\napi-key={form}\n"
    infer = f"[primary-gie]\nenable=1\nconfig-file=p.txt\n{sinks}{SINK}"
    files = {"app.txt": infer, "b.txt": broker, "p.txt": f"[property]\nonnx-file=/m\ntlt-model-key={form}\n"}
    result = imported(files, "app.txt")
    assert not result.secrets
    group = instance_of(result).spec.message_brokers["b.txt"]
    assert (group.username, group.password, group.extra_keys) == ("site", None, {})
    for place in ("b.txt:3: warning: [message-broker] password: ", "b.txt:4: warning: [message-broker] api-key: "):
        assert f"{place}in place of a secret stands a placeholder of another program; nothing fills it in" in said(
            result
        )
    assert "p.txt:3: warning: [property] tlt-model-key: in place of a secret" in said(result)


def test_one_setting_of_a_broker_that_another_program_fills_in_is_left_out() -> None:
    sinks = "[sink1]\nenable=1\ntype=6\nmsg-broker-config=b.txt\nmsg-broker-conn-str=h;9092;t\n"
    broker = '[message-broker]\nproto-cfg="sasl.username=u;sasl.password=${PW}"\n'
    result = imported({"app.txt": sinks, "b.txt": broker}, "app.txt")
    assert instance_of(result).spec.message_brokers["b.txt"].proto_cfg == '"sasl.username=u"'
    assert "b.txt:2: warning: [message-broker] proto-cfg: in place of a secret" in said(result)
    assert not result.secrets


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("rtsp://${CAM_IP}:554/live", "rtsp://${CAM_IP}:554/live"),
        ("rtsp://<camera-ip>:554/live", "rtsp://<camera-ip>:554/live"),
        ("rtsp://{{ ip }}/live", "rtsp://{{%20ip%20}}/live"),
        ("rtsp://10.0.0.7/live?user=a&password=${PW}", "rtsp://10.0.0.7/live?user=a&password="),
        ("${RTSP_URL}", "rtsp://camera-0.invalid/"),
        ("<rtsp url>", "rtsp://camera-0.invalid/"),
    ],
)
def test_an_address_that_another_program_fills_in_stays_a_camera(uri: str, address: str) -> None:
    result = imported({"app.txt": source(uri)}, "app.txt")
    assert [one.spec.address for one in cameras_of(result)] == [address]
    [line] = [str(one) for one in result.remarks if "placeholder" in one.message]
    assert line.startswith("app.txt:4: warning: [source0] uri: ")
    assert not result.secrets


def test_any_other_value_that_another_program_fills_in_is_said() -> None:
    text = (
        f"{source('rtsp://h/')}[sink1]\nenable=1\ntype=6\nmsg-broker-conn-str=<host>;<port>;<topic>\n[odd]\nkey=%(a)s\n"
    )
    result = imported({"app.txt": text}, "app.txt")
    place = "app.txt:12: warning: [sink1] msg-broker-conn-str: the value holds a placeholder of another program"
    assert place in said(result)
    assert "app.txt:14: warning: [odd] key: the value holds a placeholder of another program" in said(result)


def test_lines_of_files_that_are_taken_as_they_are() -> None:
    tracker = "A:\n  password: ${PW}\n  url: rtsp://a:${PW}@h/\n  other: ${NAME}\n"
    text = f"{source('rtsp://h/')}[tracker]\nenable=1\nll-config-file=t.yml\n"
    result = imported({"app.txt": text, "t.yml": tracker}, "app.txt")
    assert instance_of(result).spec.files["t.yml"] == tracker
    assert [one.line for one in result.remarks if one.file == "t.yml"] == [2, 3]
    assert not result.secrets


@pytest.mark.parametrize(
    "text",
    [
        "pa$word",
        "Qz7{a}word",
        "a<b",
        "1;2;3",
        "rtsp://h/a%20b?c=1",
        "[fe80::1]",
        "file:///a.mp4",
        "${secret:a:password}",
    ],
)
def test_what_only_looks_a_little_like_it(text: str) -> None:
    assert not is_placeholder(text)
    assert not holds_placeholder(text)
