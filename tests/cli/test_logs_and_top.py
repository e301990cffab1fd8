"""`fleet logs` and `fleet top`, against a server that answers as the API does."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.commands.logs import _for_terminal
from cli.main import fleet

LOG = "/api/v1/namespaces/default/pods/door/log"
NO_LOG = "/api/v1/namespaces/default/pods/hall/log"
NODES, PODS = "/apis/metrics.k8s.io/v1beta1/nodes", "/apis/metrics.k8s.io/v1beta1/namespaces/default/pods"


def listed(*names: str) -> dict[str, Any]:
    return {"kind": "List", "metadata": {}, "items": [{"metadata": {"name": name}} for name in names]}


def used(name: str, cpu: str, memory: str, *, container: bool = False) -> dict[str, Any]:
    usage = {"cpu": cpu, "memory": memory}
    metadata = {"metadata": {"name": name}}
    return {**metadata, "containers": [{"name": "app", "usage": usage}]} if container else {**metadata, "usage": usage}


ANSWERS: dict[str, Any] = {
    NO_LOG: {
        "kind": "Status",
        "code": 400,
        "reason": "BadRequest",
        "message": "words of a kubelet",
        "details": {"causes": [{"reason": "NoSuchLog", "message": "there is no log of instance hall"}]},
    },
    LOG: b"one\n\xc3\xa4 two\n",
    NODES: {**listed(), "items": [used("gate", "1250000000n", "2097152Ki"), used("yard", "30m", "1Gi")]},
    PODS: {**listed(), "items": [used("door", "250000000n", "3072Ki", container=True)]},
    "/apis/dsfleet.io/v1/nodes": listed("gate", "hut", "yard"),
    "/apis/dsfleet.io/v1/dsinstances": listed("door"),
    "/apis/dsfleet.io/v1/dsinstances/off": {
        "kind": "DsInstance",
        "metadata": {"name": "off"},
        "status": {"reason": "ScaledToZero", "message": "spec.replicas is 0"},
    },
}


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def run(asked: list[str]) -> Iterator[Callable[..., Result]]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            answer = ANSWERS.get(self.path.partition("?")[0])
            if answer is None:
                details = {"kind": "pods", "name": "x"}
                answer = {"kind": "Status", "reason": "NotFound", "message": "not found", "details": details}
                self.send_response(404)
            else:
                self.send_response(answer["code"] if isinstance(answer, dict) and "code" in answer else 200)
            self.send_header("Content-Type", "text/plain" if isinstance(answer, bytes) else "application/json")
            self.end_headers()
            self.wfile.write(answer if isinstance(answer, bytes) else json.dumps(answer).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    yield lambda *words: CliRunner().invoke(fleet, ["--server", url, *words])
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("word", ["door", "ds/door", "dsi/door", "dsinstance/door", "dsinstances/door", "pod/door"])
def test_an_instance_is_named_in_many_ways(run: Callable[..., Result], asked: list[str], word: str) -> None:
    result = run("logs", word)
    assert (result.exit_code, result.stdout) == (0, "one\nä two\n")
    assert asked == [LOG]


def test_a_log_that_there_is_not_is_told_in_the_words_of_the_agent(run: Callable[..., Result]) -> None:
    result = run("logs", "hall", "--previous")
    assert (result.exit_code, result.stderr) == (1, "error: there is no log of instance hall\n")


def test_the_options_are_those_of_kubectl(run: Callable[..., Result], asked: list[str]) -> None:
    run("logs", "door", "-f", "--tail", "5", "--since", "1m30s", "-p", "--timestamps", "--limit-bytes", "9")
    assert asked == [
        f"{LOG}?follow=true&tailLines=5&sinceSeconds=90&previous=true&timestamps=true&limitBytes=9",
    ]


def test_what_is_no_instance_is_said(run: Callable[..., Result], asked: list[str]) -> None:
    assert run("logs", "nobody").stderr == "error: there is no instance nobody: `fleet get ds` lists them\n"
    off = run("logs", "off").stderr
    assert off == "error: dsinstance/off has no log: it is not to run anywhere (ScaledToZero: spec.replicas is 0)\n"
    asked.clear()
    for word, said in (("cam/door", "is no instance"), ("ds/", "is not the name"), ("a/b/c", "is no instance")):
        result = run("logs", word)
        assert result.exit_code == 1
        assert said in result.stderr
    assert not asked


def test_a_server_that_sends_something_else_is_no_controller(
    nonsense: Callable[[int, str, bytes], str], run_offline: Callable[..., Result]
) -> None:
    result = run_offline("--server", nonsense(200, "text/html", b"<html>"), "logs", "door")
    assert "answers with 200 and text/html, as no fleet controller does" in result.stderr


def test_a_terminal_obeys_nothing_that_an_app_prints() -> None:
    assert _for_terminal("a\tb\r\n\x1b[31mred\x07\n") == "a       b\n\\x1b[31mred\\x07\n"


def test_what_nodes_use_and_who_says_nothing(run: Callable[..., Result]) -> None:
    for word in ("nodes", "node", "no"):
        result = run("top", word)
        assert result.exit_code == 0
        assert [line.split() for line in result.stdout.splitlines()] == [
            ["NAME", "CPU(cores)", "MEMORY"],
            ["gate", "1250m", "2048Mi"],
            ["yard", "30m", "1024Mi"],
        ]
        assert "node/hut: its agent does not answer" in result.stderr


def test_what_instances_use(run: Callable[..., Result], asked: list[str]) -> None:
    for word in ("instances", "instance", "ds", "dsinstances", "pods", "po"):
        result = run("top", word, "-l", "site=hq")
        assert result.stdout.split() == ["NAME", "CPU(cores)", "MEMORY", "door", "250m", "3Mi"]
        assert result.stderr == ""
    assert {path.partition("?")[2] for path in asked} == {"labelSelector=site%3Dhq"}


def test_rows_are_sorted_chosen_and_alone(run: Callable[..., Result]) -> None:
    def names(*words: str) -> list[str]:
        return [line.split()[0] for line in run("top", "nodes", "--no-headers", *words).stdout.splitlines()]

    assert names("--sort-by", "cpu") == ["gate", "yard"]
    assert names("--sort-by", "memory") == ["gate", "yard"]
    assert names("yard") == ["yard"]
    result = run("top", "nodes", "nowhere")
    assert (result.exit_code, result.stderr) == (1, "error: there is no node nowhere\n")
    assert "say nodes or instances" in run("top", "cameras").stderr


def test_of_a_fleet_whose_agents_do_not_answer_it_is_said(small_fleet: Any) -> None:
    def said(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(fleet, ["--server", small_fleet.url, *words])
        return result.exit_code, result.stderr

    assert said("logs", "nobody") == (1, "error: there is no instance nobody: `fleet get ds` lists them\n")
    assert said("logs", "entrance")[0] == 1
    assert said("top", "nodes") == (
        0,
        "node/node-a: its agent does not answer; fleet describe no node-a says more\n",
    )
    assert said("top", "instances")[1].startswith("dsinstance/entrance: it does not run, or its agent does not answer")
