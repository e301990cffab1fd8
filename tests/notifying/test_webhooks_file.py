"""The file of the endpoints: what is wrong with it has a place, and no secret of it is shown."""

from pathlib import Path

import pytest

from controller.notifying.webhooks_file import BadWebhooks, EventChoice, parse_webhooks, target_of
from tests.notifying.happenings import FILE, ONE, happening

FULL = """
# Who is told.
endpoints:
- name: ops
  url: https://hooks.example.com:8443/fleet?token=hush
  secretFile: ops.secret
  tokenFile: /run/ops.token
  caFile: ca.pem
  events: {kinds: [Camera, Node], severities: [Warning], selector: "site in (hq, yard),!test"}
  gatherSeconds: 30
  mostInABatch: 1
- {name: chat, url: "http://[::1]:8000/notify/fleet", form: apprise, events: {reasons: [CameraNotReady]}}
"""


def test_all_that_can_be_said_is_read() -> None:
    ops, chat = parse_webhooks(FILE, FULL.encode()).endpoints
    assert (ops.target.host, ops.target.port, ops.target.path) == ("hooks.example.com", 8443, "/fleet?token=hush")
    assert ops.target.origin == "https://hooks.example.com:8443"
    assert (ops.gather_seconds, ops.most_in_a_batch, ops.form) == (30, 1, "cloudevents")
    assert (chat.target.host_header, chat.target.is_secure, chat.form) == ("[::1]:8000", False, "apprise")
    assert parse_webhooks(FILE, b"endpoints: []\n").endpoints == ()
    assert parse_webhooks(FILE, b"# nobody\n").endpoints == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f"{ONE}  secretfile: x\n", ":4:3: endpoints[0].secretfile: there is no such field; did you mean secretFile?"),
        (f"{ONE}  gatherSeconds: soon\n", ':4:18: endpoints[0].gatherSeconds: expected a number, got "soon"'),
        (f"{ONE}  gatherSeconds: 0\n", ":4:18: endpoints[0].gatherSeconds: expected a number of at least 0"),
        (f"{ONE}  form: xml\n", ":4:9: endpoints[0].form: expected 'cloudevents' or 'apprise', got \"xml\""),
        (f"{ONE}  events: {{kinds: [Camra]}}\n", ":4:20: endpoints[0].events.kinds[0]: expected 'Camera', "),
        (f"{ONE}  events: {{selector: 'a b'}}\n", ":4:22: endpoints[0].events.selector: 'a b' is no label selector"),
        (f"{ONE}- name: ops\n  url: https://b\n", ":1:1: endpoints: two are named ops: each needs a name of its own"),
        ("endpoints:\n- name: ops\n", ":2:3: endpoints[0].url: is missing"),
        ("endpoints:\n  ops: x\n", ":2:3: endpoints: expected a list"),
        ("- name: ops\n", ":1:1: expected a mapping with endpoints"),
        ("endpoints: [\n", "webhooks.yaml:"),
        (f"{ONE}---\nendpoints: []\n", ":5:1: one document is expected"),
        (f"{ONE}- https://b.example/hush\n", ':4:3: endpoints[1]: expected a mapping, got "https://…"'),
        (f"{ONE}  https://b.example/hush: 1\n", ':4:3: endpoints[0]["https://…"]: there is no such field'),
        (f"{ONE}  secretFile: whsec_hush\n", ":4:15: endpoints[0].secretFile: expected the name of a file that holds"),
        ("endpoint: []\n", ":1:1: endpoint: there is no such field; did you mean endpoints?"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(content: str, said: str) -> None:
    with pytest.raises(BadWebhooks) as refused:
        parse_webhooks(FILE, content.encode())
    assert str(FILE) in str(refused.value)
    assert said in str(refused.value)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://me:hush@example.com/", "https://hush@example.com/", "ftp://hush/", "hush", "https:///hush", "https://a b/hush",
        "https://a:99999/hush", "https://[hush/", "https://a/#hush", "https://ä/hush", 7, ["hush"], {"hush": "hush"},
    ],
)  # fmt: skip
def test_a_url_that_cannot_be_posted_to_is_refused_and_not_shown(url: object) -> None:
    with pytest.raises(BadWebhooks) as refused:
        parse_webhooks(FILE, f"endpoints: [{{name: ops, url: {url!r}}}]\n".encode())
    assert "webhooks.yaml:1:30: endpoints[0].url" in str(refused.value)
    assert "hush" not in str(refused.value)


def test_a_url_without_a_path_means_the_root() -> None:
    target = target_of("https://Hooks.example.com?a=b")
    assert (target.path, target.host_header) == ("/?a=b", "hooks.example.com")


def test_bytes_that_are_no_text_have_a_place_too() -> None:
    with pytest.raises(BadWebhooks, match=r"w\.yaml:1:1: the byte 0xFF"):
        parse_webhooks(Path("w.yaml"), b"\xffabc")


def test_an_endpoint_is_told_what_fits_all_that_it_asks_for() -> None:
    choice = EventChoice(kinds=("Camera",), severities=("Warning",), selector="site=hq")
    assert choice.fits(happening(1), {"site": "hq"})
    assert not choice.fits(happening(1), {})
    assert not choice.fits(happening(1, severity="Normal"), {"site": "hq"})
    assert not choice.fits(happening(1, kind="Node"), {"site": "hq"})
    assert EventChoice().fits(happening(1), {})
    assert not EventChoice(reasons=("NodeLost",)).fits(happening(1), {})
