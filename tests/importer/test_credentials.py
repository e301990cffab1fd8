"""What is secret ends in secrets, and in no manifest, remark or error."""

from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crds.secret import Secret, is_password_placeholder, secrets_named_in
from deepstream.keyfile_values import Reader, write
from importer import CannotImport, Imported
from importer.secrets_taken import split_user_info
from tests.importer.stand import cameras_of, documents, imported, instance_of, rendered, said, tried

REST = "[sink0]\nenable=1\ntype=1\n\n[streammux]\nbatch-size=2\nwidth=640\nheight=360\n"
# Marked at both ends, so that no word of ours can be taken for it.
ANY = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12).map(lambda text: f"Qz7{text}x9Q")
# What people forget to encode; a slash ends a password for everybody.
RAW = st.text("aZ3!$%&()*+,-.:;<=>?@[]^_`{|}~#'\"\\ ", max_size=12).map(lambda text: f"Qz7{text}x9Q")


def app(uri: str, rest: str = "") -> str:
    return f"[source0]\nenable=1\ntype=4\nuri={write(Reader.STRING, uri)}\n\n{REST}{rest}"


def shown(result: Imported | CannotImport) -> str:
    if isinstance(result, CannotImport):
        return str(result)
    return f"{documents(result)}{said(result)}{result!r}"


@given(password=ANY, username=ANY)
def test_encoded_passwords_are_taken_out_and_come_back(password: str, username: str) -> None:
    uri = f"rtsp://{quote(username, safe='')}:{quote(password, safe='')}@10.0.0.7:554/a"
    result = imported({"app.txt": app(uri)}, "app.txt", name="yard")
    assert dict(result.secrets) == {"yard-cameras": Secret(username, password)}
    [camera] = cameras_of(result)
    assert camera.spec.address == "rtsp://10.0.0.7:554/a"
    assert camera.spec.credentials_ref is not None
    assert password not in shown(result)
    assert quote(password, safe="") not in shown(result)
    assert f"uri={uri}\n" in rendered(result)["deepstream_app.txt"]


@given(password=RAW)
@example(password="Qz7${_}x9Q")
@pytest.mark.parametrize("enable", [0, 1])
@pytest.mark.parametrize("form", ["source", "list", "extra", "disabled", "csv"])
def test_passwords_that_nobody_encoded_do_not_leak(password: str, form: str, enable: int) -> None:
    uri = f"rtsp://viewer:{password}@10.0.0.7/a"
    raw = write(Reader.STRING, uri)
    files = {
        "source": {"app.txt": app(uri).replace("enable=1", f"enable={enable}", 1)},
        "list": {
            "app.txt": f"[source-list]\nlist={write(Reader.STRING_LIST, (uri,))}\nuse-nvmultiurisrcbin={enable}\n"
            f"[source-attr-all]\nenable=1\ntype=4\n{REST}"
        },
        "extra": {"app.txt": app("rtsp://10.0.0.8/b", f"\n[odd]\nkey={raw}\nuri={raw}\n[tests]\nodd={raw}\n")},
        "disabled": {"app.txt": app("rtsp://10.0.0.8/b", f"\n[message-consumer0]\nenable={enable}\nodd={raw}\n")},
        "csv": {
            "app.yml": "source:\n  csv-file-path: s.csv\nstreammux:\n  batch-size: 4\n",
            "s.csv": f"enable,type,uri\n{enable},4,{uri}\n",
        },
    }[form]
    result = tried(files, "app.yml" if form == "csv" else "app.txt", name="yard")
    assert "Qz7" not in shown(result)
    assert "x9Q" not in shown(result)


def test_equal_pairs_share_a_secret_and_others_do_not() -> None:
    uris = ("a:b@h1", "a:b@h2", "a:c@h3", "%61:b@h4", "only@h5", "h6")
    text = "".join(f"[source{at}]\nenable=1\ntype=4\nuri=rtsp://{uri}/\n" for at, uri in enumerate(uris))
    result = imported({"app.txt": text + REST}, "app.txt", name="yard")
    names = [one.spec.credentials_ref and one.spec.credentials_ref.name for one in cameras_of(result)]
    assert names == ["yard-cameras", "yard-cameras", "yard-cameras-2", "yard-cameras", "yard-cameras-3", None]
    assert result.secrets["yard-cameras-3"] == Secret("only", None)
    assert (
        "app.txt:4: note: [source0] uri: the user name and password in the address became secret yard-cameras"
        in said(result)
    )


@pytest.mark.parametrize("parameter", ["loginpas=Qz7word", "passphrase=Qz7word#x9Q", "authbasic=Qz7word=="])
def test_addresses_of_other_groups_hold_no_password_either(parameter: str) -> None:
    text = app("rtsp://10.0.0.8/b", f"\n[odd]\nkey=http://10.0.0.1/a.cgi?b=c&{parameter}\n[tests]\nfile-loop=0\n")
    result = imported({"app.txt": text}, "app.txt", name="yard")
    assert "Qz7" not in shown(result)
    assert "x9Q" not in shown(result)
    assert f"a.cgi?b=c&{parameter}\n" in rendered(result)["deepstream_app.txt"]


@pytest.mark.parametrize("login", ["admin:@", "admin@", ":Qz7word@"])
@pytest.mark.parametrize("form", ["source", "list"])
def test_a_login_with_an_empty_part_comes_back_as_it_was(login: str, form: str) -> None:
    uri = f"rtsp://{login}10.0.0.10:554/live"
    text = app(uri)
    if form == "list":
        text = f"[source-list]\nlist={uri}\nuse-nvmultiurisrcbin=1\n[source-attr-all]\nenable=1\ntype=4\n{REST}"
    result = imported({"app.txt": text}, "app.txt", name="yard")
    [camera] = cameras_of(result)
    assert camera.spec.address == "rtsp://10.0.0.10:554/live"
    assert f"={uri}\n" in rendered(result)["deepstream_app.txt"]
    assert "Qz7" not in shown(result)


@pytest.mark.parametrize("login", ["@", ":@"])
def test_nobody_is_no_user(login: str) -> None:
    result = imported({"app.txt": app(f"rtsp://{login}10.0.0.10/live")}, "app.txt", name="yard")
    assert not result.secrets
    assert [one.spec.credentials_ref for one in cameras_of(result)] == [None]
    assert "names no user before its '@', which is left out" in said(result)


@pytest.mark.parametrize(
    ("path", "password"),
    [
        ("user=admin&password=Qz7word&channel=1&stream=0.sdp", "Qz7word"),
        ("user=admin_password=Qz7word_channel=1_stream=0.sdp", "Qz7word"),
        ("live?pwd=Qz7word", "Qz7word"),
        ("live?user=a&token=Qz7word#x9Q", "Qz7word#x9Q"),
        ("live?password=Qz7#x9Q?x9Q&y", "Qz7#x9Q?x9Q&y"),
        ("snapshot.cgi?loginuse=admin&loginpas=Qz7word&resolution=32", "Qz7word"),
        ("cam/realmonitor?channel=1&subtype=0&authbasic=YWRtaW46Qz7word==", "YWRtaW46Qz7word=="),
        ("ISAPI/live?auth=Qz7word", "Qz7word"),
        ("live?u=admin&p=Qz7word", "Qz7word"),
    ],
)
def test_passwords_in_paths_are_taken_out_and_come_back(path: str, password: str) -> None:
    uri = f"rtsp://10.0.0.7:554/{path}"
    result = imported({"app.txt": app(uri)}, "app.txt", name="yard")
    assert "Qz7" not in shown(result)
    assert "x9Q" not in shown(result)
    assert [one.password for one in result.secrets.values()] == [password]
    assert f"uri={uri}\n" in rendered(result)["deepstream_app.txt"]


BROKER = """\
[message-broker]
hostname=h
username=guest
password=Qz7 word
shared_access_key=Qz7key
sasl-password=Qz7odd
proto-cfg="security.protocol=SASL_SSL;sasl.username=u;sasl.password=Qz7proto"
producer-proto-cfg="sasl.password=Qz7;half;a=b"
consumer-proto-cfg=sasl.password=Qz7unquoted
"""


def test_secrets_of_brokers_are_taken_out_and_come_back() -> None:
    sinks = (
        "[sink1]\nenable=1\ntype=6\nmsg-broker-config=broker.txt\nmsg-broker-conn-str=host;5672;guest;Qz7login\n"
        "[sink2]\nenable=1\ntype=6\nmsg-broker-conn-str=HostName=h;DeviceId=d;SharedAccessKey=Qz7azure=\n"
        "[sink3]\nenable=1\ntype=6\nmsg-broker-conn-str=host;9092;topic\n"
    )
    result = imported({"app.txt": app("rtsp://h/", sinks), "broker.txt": BROKER}, "app.txt", name="yard")
    assert "Qz7" not in shown(result)
    assert "half" not in shown(result)
    group = instance_of(result).spec.message_brokers["broker.txt"]
    assert group.username == "guest"
    assert group.password is not None
    assert is_password_placeholder(group.password)
    assert result.secrets[secrets_named_in(group.password)[0]] == Secret("guest", "Qz7 word")
    assert group.proto_cfg is not None
    assert group.proto_cfg.startswith('"security.protocol=SASL_SSL;sasl.username=u;sasl.password=${secret:yard-broker')
    # Each line names its own secret, and no other one.
    for key, value in (("password", group.password), ("proto-cfg", group.proto_cfg)):
        [line] = [str(one) for one in result.remarks if f"[message-broker] {key}:" in str(one)]
        assert line.endswith(f"the secret in it became {', '.join(secrets_named_in(value))}")
    sinks_of_app = instance_of(result).spec.deepstream_app
    assert sinks_of_app is not None
    assert sinks_of_app.sinks[3].msg_broker_conn_str == "host;9092;topic"
    # What was half of a password holds separators, which no single value may: only its place is kept.
    usable = {
        name: Secret(one.username, str(one.password).replace('"', "").replace(";", ""))
        for name, one in result.secrets.items()
    }
    texts = rendered(replace(result, secrets=usable))
    assert "password=Qz7\\sword\n" in texts["broker.txt"]
    assert "msg-broker-conn-str=host;5672;guest;Qz7login\n" in texts["deepstream_app.txt"]
    assert "SharedAccessKey=Qz7azure=\n" in texts["deepstream_app.txt"]


@pytest.mark.parametrize(
    ("key", "stays"), [("tlt_encode", True), ("nvidia_tlt", True), ("nvidia_tao", True), ("Qz7key", False)]
)
def test_keys_of_models_stay_when_everybody_knows_them(key: str, *, stays: bool) -> None:
    text = f"[property]\ntlt-model-key={key}\ntlt-encoded-model=m.etlt\ngie-unique-id=1\n"
    result = imported({"p.txt": text}, "p.txt", name="yard")
    assert (key in shown(result)) is stays
    assert f"tlt-model-key={key}\n" in rendered(result)["p.txt"]


def test_a_password_with_a_slash_and_an_at_sign_is_taken_out_whole() -> None:
    address, login = split_user_info("rtsp://admin:p@ss/W0RD@10.0.0.1:554/s1")
    assert (address, login) == ("rtsp://10.0.0.1:554/s1", ("admin", "p@ss/W0RD"))
    address, login = split_user_info("rtsp://admin:secret@cam.example/a@b/c")
    assert (address, login) == ("rtsp://cam.example/a@b/c", ("admin", "secret"))


def test_files_that_are_taken_as_they_are_hold_no_password() -> None:
    tracker = "%YAML:1.0\nA:\n  url: rtsp://viewer:Qz7word@10.0.0.7/a # http://x and me@y\n"
    text = app("rtsp://h/", "[tracker]\nenable=1\nll-config-file=t.yml\n[osd]\nenable=rtsp://viewer:Qz7word@h/\n")
    result = imported({"app.txt": text, "t.yml": tracker}, "app.txt", name="yard")
    assert "Qz7" not in shown(result)
    assert rendered(result)["t.yml"] == tracker


def test_errors_and_refused_values_show_no_password() -> None:
    bad = "[source0]\nenable=1\ntype=4\nuri=rtsp://viewer:Qz7\\x@10.0.0.7/a\n"
    for text in (bad + REST, "rtsp://viewer:Qz7@h/\n", '{"sources": [rtsp://viewer:Qz7@h/', f"{bad}uri"):
        result = tried({"app.txt": text}, "app.txt", name="yard")
        assert "Qz7" not in shown(result)
        assert isinstance(result, CannotImport) or "left out" in said(result)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("password=Qz7word", "Qz7word"),
        ("  passwd: Qz7word  # of the camera", "Qz7word"),
        ('  apiKey: "Qz7 word"', "Qz7 word"),
        ("sasl.password = Qz7 word", "Qz7 word"),
        ("password={Qz7#word", "{Qz7#word"),
        ("a: {password: Qz7word, b: c}", "Qz7word"),
        ("# old: mqtt_token=Qz7word", "Qz7word"),
        ("- secret: 'Qz7word'", "Qz7word"),
        ('{"user": "a", "db_pwd": "Qz7word", "b": 1}', "Qz7word"),
        ('proto-cfg="security.protocol=SSL;sasl.password=Qz7word;a=b"', "Qz7word"),
        ("url: postgres://h/?b=c&password=Qz7word&d=e", "Qz7word"),
    ],
)
def test_secrets_in_files_that_are_taken_as_they_are_become_placeholders(line: str, word: str) -> None:
    tracker = f"%YAML:1.0\nA:\n{line}\nmaxTokens: 5\npasswordFile: /run/p\nlabel token\npassword=\n"
    text = app("rtsp://h/", "[tracker]\nenable=1\nll-config-file=t.yml\n")
    result = imported({"/d/app.txt": text, "/d/t.yml": tracker}, "/d/app.txt", name="yard")
    assert "Qz7" not in shown(result)
    assert [one.password for one in result.secrets.values()] == [word]
    taken = instance_of(result).spec.files["t.yml"]
    assert taken == tracker.replace(word, "${secret:yard-files:password}")
    assert "/d/t.yml:3: note: the secret in this line became yard-files" in said(result)
    if " " not in word:
        assert rendered(result)["t.yml"] == tracker


def test_a_login_in_a_comment_of_a_file_that_is_taken_as_it_is_names_its_origin() -> None:
    text = app("rtsp://h/", "[tracker]\nenable=1\nll-config-file=sub/t.yml\n")
    result = imported({"/d/app.txt": text, "/d/sub/t.yml": "A:\n# rtsp://a:Qz7@h/\n"}, "/d/app.txt", name="yard")
    assert "/d/sub/t.yml:2: note: the secret in this line became yard-cameras" in said(result)


def test_settings_of_a_broker_without_their_quotes_get_them() -> None:
    broker = "[message-broker]\nproto-cfg=security.protocol=SASL_SSL;sasl.username=site;sasl.password=Qz7word\n"
    sinks = "[sink1]\nenable=1\ntype=6\nmsg-broker-config=b.txt\nmsg-broker-conn-str=h;9092;t\n"
    result = imported({"app.txt": app("rtsp://h/", sinks), "b.txt": broker}, "app.txt", name="yard")
    group = instance_of(result).spec.message_brokers["b.txt"]
    assert group.proto_cfg == (
        '"security.protocol=SASL_SSL;sasl.username=site;sasl.password=${secret:yard-broker:password}"'
    )
    assert result.secrets["yard-broker"] == Secret("site", "Qz7word")
    quotes = "b.txt:2: warning: [message-broker] proto-cfg: DeepStream needs the value in double quotes"
    assert quotes in said(result)
    broker = "[message-broker]\nproto-cfg=security.protocol=SSL;a=b\n"
    result = imported({"app.txt": app("rtsp://h/", sinks), "b.txt": broker}, "app.txt", name="yard")
    assert instance_of(result).spec.message_brokers["b.txt"].proto_cfg == '"security.protocol=SSL;a=b"'
    assert quotes in said(result)
    assert not result.secrets
