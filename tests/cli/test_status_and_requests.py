import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cli.main import fleet
from ports.clock import SystemClock

WELL = """\
Fleet:       default (epoch 3, Kafka connected)
Revision:    sha256:aaaa (manifests)
Nodes:       1 of 1 ready
Instances:   1 of 1 ready
Cameras:     1 of 2 ready
"""
PARKED = """
Parked: revision sha256:bbbb: it removes 2 of 3 instances. The last good revision stays in force.
It would remove: entrance, yard.
If that is what you want: fleet approve sha256:bbbb
"""
REJECTED = """
Rejected: revision sha256:cccc: it has 1 error. The last good revision stays in force.
  m/a.yaml:3:1: spec.nod: there is no such field; did you mean node?
Correct the manifests and save them; `fleet validate` checks them before.
"""
CANDIDATE = {"description": "", "problems": [], "removed": [], "changes": ""}


def test_a_fleet_that_is_well(run: Callable[..., Any]) -> None:
    result = run("status")
    assert (result.exit_code, result.stdout) == (0, WELL)


def test_what_to_do_about_a_parked_revision(run: Callable[..., Any], served: Any) -> None:
    served.control.answer["candidate"] = CANDIDATE | {
        "state": "Parked",
        "id": "sha256:bbbb",
        "message": "it removes 2 of 3 instances",
        "removed": ["entrance", "yard"],
    }
    assert run("status").stdout == WELL + PARKED


def test_what_to_do_about_a_rejected_revision(run: Callable[..., Any], served: Any) -> None:
    served.control.answer["candidate"] = CANDIDATE | {
        "state": "Rejected",
        "id": "sha256:cccc",
        "message": "it has 1 error",
        "problems": ["m/a.yaml:3:1: spec.nod: there is no such field; did you mean node?"],
    }
    assert run("status").stdout == WELL + REJECTED


def test_reasons_pending_nodes_and_a_lost_broker(run: Callable[..., Any], served: Any) -> None:
    served.control.answer |= {
        "kafka": {"connected": False, "caughtUp": True},
        "revision": None,
        "nodes": {"total": 2, "ready": 1, "pending": 1},
        "reasons": [{"object": "dsinstance/yard", "reason": "NoNode", "message": "no node has zone=outdoor"}],
    }
    shown = run("status").stdout
    assert "Kafka away" in shown
    assert "none is in force" in shown
    assert "Nodes:       1 of 1 ready, 1 asking to join (fleet get nodes)" in shown
    assert "  dsinstance/yard: NoNode: no node has zone=outdoor\n" in shown
    assert "Kafka is away: what runs goes on, changes wait until it is back." in shown


def test_a_controller_that_starts_says_how_far_it_is(run: Callable[..., Any], served: Any) -> None:
    why = "reading the topics: 412 of 1,000 nodes' records"
    served.control.answer |= {"kafka": {"connected": True, "caughtUp": False}, "starting": why}
    expected = f"\nThe controller is starting: {why}. Nothing changes until it knows the fleet.\n"
    assert run("status").stdout == WELL + expected


TROUBLES = """\
Not ready:
  node/hut: NodeLost: last heard at noon (2 instances too: hall, yard; 7 cameras dark: a, b, c, d, e, …)
  dsinstance/door: BackOff: it left 3 times in a row (1 camera dark: dock)
  camera/gate: NoFrames: the last frame is old (1 camera dark: ramp)
Not as it should be:
  node/hut: LedgerWritable: WriteFailed: No space left on device (1 node too: shed)
"""


def test_a_cause_is_printed_once_with_what_it_keeps_dark(run: Callable[..., Any], served: Any) -> None:
    def entry(name: str, reason: str, message: str, **affected: list[str]) -> dict[str, Any]:
        counted = {kind: {"count": len(names), "names": names} for kind, names in affected.items()}
        return {"object": name, "reason": reason, "message": message, "affected": counted}

    served.control.answer |= {
        "notReady": [
            entry("camera/gate", "NoFrames", "the last frame is old", cameras=["ramp"]),
            entry("dsinstance/door", "BackOff", "it left 3 times in a row", cameras=["dock"]),
            entry("node/hut", "NodeLost", "last heard at noon", cameras=[*"abcdefg"], instances=["hall", "yard"]),
        ],
        "conditions": [
            {"type": "LedgerWritable"} | entry("node/hut", "WriteFailed", "No space left on device", nodes=["shed"])
        ],
    }
    assert run("status").stdout == WELL + TROUBLES


def test_topics_that_were_lost_and_what_differs_from_what_they_must_be(run: Callable[..., Any], served: Any) -> None:
    at = (SystemClock().now() - timedelta(seconds=90)).isoformat()
    loss = {"topics": ["AgentInfo", "AgentConfig"], "foundAt": at, "healedAt": None, "missing": 7}
    served.control.answer["topics"] = {"differences": ["AgentInfo: partitions is 1, must be 64"], "loss": loss}
    shown = run("status").stdout
    assert "  AgentInfo: partitions is 1, must be 64\n" in shown
    assert "What lay on the topics AgentInfo, AgentConfig was lost 9" in shown
    assert "7 generations are still to be sent again; what runs goes on." in shown
    served.control.answer["topics"] = {"differences": [], "loss": loss | {"healedAt": at, "missing": 0}}
    shown = run("status").stdout
    assert "nothing is to be done" in shown
    assert "must be" not in shown


def test_a_controller_that_only_reads(run: Callable[..., Any], served: Any) -> None:
    served.control.answer["superseded"] = {"message": "another controller (host-b, pid 7) leads"}
    assert "This controller only reads: another controller (host-b, pid 7) leads.\n" in run("status").stdout


def test_who_is_told_of_events(run: Callable[..., Any], served: Any) -> None:
    at = (SystemClock().now() - timedelta(seconds=90)).isoformat()
    fine = {"name": "chat", "state": "Delivering", "message": "", "since": None, "waiting": 1, "lost": 0}
    served.control.answer["webhooks"] = {"problem": "", "endpoints": [fine]}
    assert run("status").stdout == f"{WELL}Webhooks:    1 of 1 delivering\n"
    dead = {"name": "ops", "state": "Failing", "message": "HTTP 503", "since": at, "waiting": 7, "lost": 2}
    served.control.answer["webhooks"] = {"problem": "w.yaml:1:1: no", "endpoints": [fine, dead]}
    shown = run("status").stdout
    assert "Webhooks:    1 of 2 delivering\n  ops for 9" in shown
    assert (
        "s: HTTP 503, 7 events wait, 2 were lost\n  their file is not followed as it is now: w.yaml:1:1: no\n" in shown
    )


def test_status_for_programs(run: Callable[..., Any]) -> None:
    assert json.loads(run("status", "-o", "json").stdout)["epoch"] == 3
    assert "fleetId: default\n" in run("status", "-o", "yaml").stdout


def test_requests_reach_the_controller(run: Callable[..., Any], served: Any) -> None:
    assert run("approve", "sha256:bbbb").stdout == "revision sha256:bbbb is approved\n"
    assert run("update", "-m", "now please").stdout == "the controller was asked to reconcile\n"
    assert run("refresh").stdout == "the agents were asked to report\n"
    assert served.control.asked == [("approve", "sha256:bbbb"), ("update", "now please"), ("refresh", "")]


def test_what_an_earlier_agent_left_is_taken_over_or_ended(run: Callable[..., Any], served: Any) -> None:
    assert run("node", "adopt", "n1").stdout == "node n1 was asked to adopt\n"
    assert run("node", "clean", "n1", "--instance", "door").stdout == "node n1 was asked to clean\n"
    assert served.control.asked == [("adopt", ""), ("clean", "door")]
    assert "no manifest in force declares node hut" in run("node", "adopt", "hut").stderr


def test_a_key_is_trusted_or_it_is_said_why_not(run: Callable[..., Any], served: Any) -> None:
    assert run("node", "trust", "n1", "--key", "sha256:ab").stdout == "node n1 is known by sha256:ab from now on\n"
    assert served.control.asked == [("trust", "sha256:ab")]
    refused = run("node", "trust", "a/b", "--key", "sha256:ab")
    assert refused.exit_code == 1
    refused = run("node", "trust", "hut", "--key", "sha256:ab")
    assert refused.stderr == "error: the controller says Conflict: no Node manifest in force is named hut\n"


def test_a_key_that_was_refused_stands_in_the_status(run: Callable[..., Any], served: Any) -> None:
    served.control.answer["refusedKeys"] = [
        {"object": "node/n1", "reason": "KeyRefused", "message": "An agent " + "x" * 500}
    ]
    assert "An agent " + "x" * 500 in run("status").stdout


def test_holding_and_releasing(run: Callable[..., Any], served: Any) -> None:
    assert run("hold", "dsinstance/yard", "--reason", "cabling").stdout == "dsinstance/yard is held\n"
    assert run("release", "ds/yard").stdout == "dsinstance/yard is released\n"
    assert served.control.asked == [("hold", "cabling"), ("release", "yard")]
    refused = run("hold", "ds/yrad")
    assert (refused.exit_code, refused.stderr) == (
        1,
        "error: the controller says Conflict: there is no dsinstance 'yrad'\n",
    )


@pytest.mark.parametrize("words", ["yard", "cam/yard", "dsinstances", "ds/"])
def test_what_is_no_instance_cannot_be_held(run: Callable[..., Any], served: Any, words: str) -> None:
    result = run("hold", words)
    assert result.exit_code == 1
    assert "error: " in result.stderr
    assert served.control.asked == []


def test_a_refused_approval(run: Callable[..., Any]) -> None:
    result = run("approve", "sha256:dddd")
    assert result.stderr == "error: the controller says Conflict: no revision waits for approval\n"
    assert result.exit_code == 1


def test_versions_of_both_sides(run: Callable[..., Any], run_offline: Callable[..., Any]) -> None:
    assert run("version").stdout.startswith("Client Version: ")
    assert json.loads(run("version", "-o", "json").stdout)["serverVersion"]["major"] == "1"
    alone = run_offline("--server", "http://127.0.0.1:9", "version")
    assert alone.stdout.startswith("Client Version: ")
    assert "Server Version" not in alone.stdout
    assert alone.exit_code == 1


@pytest.mark.parametrize(
    ("color", "environment", "options"), [(True, {}, []), (False, {"NO_COLOR": "1"}, []), (False, {}, ["--no-color"])]
)
def test_color_can_be_turned_off(served: Any, color: bool, environment: dict[str, str], options: list[str]) -> None:
    from click.testing import CliRunner

    words = ["--server", served.url, *options, "status"]
    shown = CliRunner(env={"NO_COLOR": None, **environment}).invoke(fleet, words, color=True).stdout
    assert ("\x1b[" in shown) == color
