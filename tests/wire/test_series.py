"""Series of cameras between versions: golden files of a lease and an answer, and what says nothing of them."""

import json

import pytest

from bus.codec import Undecodable, decode_signed
from bus.signature import SigningKey
from crds.answers import AgentAnswer
from crds.asking import SERIES
from crds.document import WireModel
from crds.messages import AgentCommand
from tests.wire.golden import (
    AGENT_KEY,
    CONTROLLER_KEY,
    golden,
    payload_of,
    sealed,
    with_unknown_fields,
    without_added_fields,
)


def test_what_the_golden_files_say_is_understood() -> None:
    lease = decode_signed(AgentCommand, golden("AgentCommand.series"), [CONTROLLER_KEY.public_key_hex]).lease
    assert lease is not None
    assert lease.series is not None
    assert (lease.number, lease.what, lease.series.instance, lease.series.camera_id) == (9, SERIES, "hall", "dock")
    series = decode_signed(AgentAnswer, golden("AgentAnswer.series"), [AGENT_KEY.public_key_hex]).series
    assert series is not None
    assert (series.step_seconds, series.age_seconds, series.counts_told, series.left_out) == (60, 12.5, True, 1)
    assert (series.fps, series.objects) == ((24.98, None, 25.0), (3, None, 0))
    assert (series.lines, series.regions) == ({"entry": (2, None, 7)}, {"yard": (1, None, 0)})


@pytest.mark.parametrize(
    ("model", "name", "signer"),
    [
        pytest.param(AgentCommand, "AgentCommand.series", CONTROLLER_KEY, id="a lease of series"),
        pytest.param(AgentAnswer, "AgentAnswer.series", AGENT_KEY, id="series"),
    ],
)
def test_every_field_is_kept_and_what_is_not_known_changes_nothing(
    model: type[WireModel], name: str, signer: SigningKey
) -> None:
    payload = payload_of(golden(name))
    found = decode_signed(model, golden(name), [signer.public_key_hex])
    assert without_added_fields(json.loads(found.model_dump_json()), payload) == payload
    newer = payload | {"of_a_newer_version": {"with": ["parts"]}}
    assert decode_signed(model, sealed(model.__name__, newer, signer), [signer.public_key_hex]) == found


def test_a_lease_of_series_is_one_for_agents_that_know_newer_fields() -> None:
    payload = payload_of(golden("AgentCommand.series"))
    found = decode_signed(AgentCommand, golden("AgentCommand.series"), [CONTROLLER_KEY.public_key_hex])
    newer = sealed("AgentCommand", with_unknown_fields(payload), CONTROLLER_KEY)
    assert decode_signed(AgentCommand, newer, [CONTROLLER_KEY.public_key_hex]) == found


@pytest.mark.parametrize("name", ["AgentCommand.logs", "AgentCommand.usage"])
def test_leases_of_before_ask_for_none(name: str) -> None:
    lease = decode_signed(AgentCommand, golden(name), [CONTROLLER_KEY.public_key_hex]).lease
    assert lease is not None
    assert lease.series is None


@pytest.mark.parametrize(
    "said", [{"age_seconds": 1e300}, {"step_seconds": 10**15}, {"step_seconds": 86_401}], ids=["age", "step", "day"]
)
def test_times_that_no_agent_has_are_not_taken(said: dict[str, float]) -> None:
    payload = payload_of(golden("AgentAnswer.series"))
    value = sealed("AgentAnswer", {**payload, "series": {**payload["series"], **said}}, AGENT_KEY)
    with pytest.raises(Undecodable):
        decode_signed(AgentAnswer, value, [AGENT_KEY.public_key_hex])
