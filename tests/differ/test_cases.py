"""Every document of `cases/*.yaml`: what is desired, what was observed and remembered, and the plan as text.

`desired` maps instances to their specs (see `generations`); without the key nothing is known to be desired. `before`
is what the containers were made from, where that is not what is desired. `observed` says what is there of an
instance: `running`, `paused`, `created`, `exited 3` or `exited`. `under way` says which operations of a chain are not done yet. `files` names instances whose folder is not as it should be,
`drift` what somebody changed of a container, with ! what cannot be set back while it runs,
`adopt` what a person wants to be taken over, `images` what references of images mean now; what is there was made from 0123456789abcdef. `hung` says what shows that an app hangs.
Times are seconds from now.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig
from nodeagent.differ.diff import diff
from nodeagent.model import (
    Applied,
    FilesState,
    InstanceHistory,
    Leftover,
    LoginProblem,
    Observed,
    ObservedInstance,
)
from nodeagent.operations import Chain, Drift, OpKind, Outcome, OutcomeKind, UnderWay
from tests.differ.generations import NOW, generation, instance, rendered
from tests.differ.operations import operation

CASES = Path(__file__).parent / "cases"
KEYS = {
    "name",
    "desired",
    "before",
    "cameras",
    "cameras before",
    "observed",
    "notes lost",
    "files",
    "history",
    "under way",
    "folders",
    "images",
    "hung",
    "drift",
    "adopt",
    "plan",
    "wake after",
}


def read_cases() -> list[tuple[str, dict[str, Any]]]:
    cases = []
    for path in sorted(CASES.glob("*.yaml")):
        for case in yaml.load_all(path.read_text(), yaml.CSafeLoader):
            assert case.keys() <= KEYS, f"{path.name}: {case.keys() - KEYS}"
            cases.append((f"{path.stem}: {case['name']}", case))
    return cases


def desired_in(case: dict[str, Any]) -> AgentConfig | None:
    return generation(rendered(case["desired"], case.get("cameras")), 2) if "desired" in case else None


def observed_in(case: dict[str, Any], desired: AgentConfig | None) -> Observed:
    made_from = {one.instance_name: one for one in desired.node_config_list} if desired else {}
    if "before" in case:
        cameras = case.get("cameras before", case.get("cameras"))
        made_from |= {one.instance_name: one for one in rendered(case["before"], cameras)}
    lost = case.get("notes lost", [])
    return Observed(
        {name: there(made_from[name], text, noted=name not in lost) for name, text in case.get("observed", {}).items()},
        {
            one.instance_name: files(case.get("files", {}).get(one.instance_name))
            for one in (desired.node_config_list if desired else ())
        },
        tuple(case.get("folders", ())),
        case.get("images", {}),
        {name: tuple(map(drift, fields)) for name, fields in case.get("drift", {}).items()},
        {name: leftover(name, made_from[name], text) for name, text in case.get("adopt", {}).items()},
    )


def drift(field: str) -> Drift:
    return Drift(field.rstrip("!"), "a", "b", live=not field.endswith("!"))


def leftover(name: str, config: InstanceConfig, runtime_id: str) -> Leftover:
    return Leftover("n", name, "older" if runtime_id == "same" else runtime_id, running=True, digest=config.digest)


def there(config: InstanceConfig, text: str, *, noted: bool = True) -> ObservedInstance:
    word, _, code = text.partition(" ")
    name = config.instance_name
    return ObservedInstance(
        name,
        runtime_id=f"id-{name}",
        running=word in {"running", "paused"},
        generation=1,
        digest=config.digest,
        digests=config.digests,
        started_at=None if word == "created" else NOW - timedelta(seconds=30),
        finished_at=NOW if word == "exited" else None,
        exit_code=int(code) if code else None,
        applied=Applied(config, 1, f"id-{name}") if noted else None,
        image_id="sha256:0123456789abcdef",
        paused=word == "paused",
    )


def files(text: str | None) -> FilesState:
    if text is None:
        return FilesState(current=True)
    if text.startswith("secret "):
        return FilesState(current=False, secrets_missing=(text.removeprefix("secret "),))
    if text.startswith("dark "):
        problem = LoginProblem("SecretNotFound", "secret 'x' is missing")
        return FilesState(current=True, dark=dict.fromkeys(text.split()[1:], problem))
    if text.startswith("kept "):
        return FilesState(current=True, kept={text.split()[1]: LoginProblem("SecretNotFound", "secret 'x' is missing")})
    assert text == "drifted"
    return FilesState(current=False)


def history_in(case: dict[str, Any], desired: AgentConfig | None) -> dict[str, InstanceHistory]:
    configs = {one.instance_name: one for one in desired.node_config_list} if desired else {}
    return {name: history(configs.get(name), **given) for name, given in case.get("history", {}).items()}


def history(config: InstanceConfig | None, **given: Any) -> InstanceHistory:
    for key in ("last_exit_at", "last_stop_at", "last_revival_at", "set_back_at"):
        if key in given:
            given[key] = NOW + timedelta(seconds=given[key])
    failed = given.pop("failed", None)
    if failed is None:
        return InstanceHistory(**given)
    kind, op_kind, message = failed
    # A failure of another form of the instance has another digest.
    op = operation(OpKind(op_kind), instance("x") if given.pop("of another form", False) or config is None else config)
    outcome = Outcome(op, OutcomeKind(kind), NOW, message)
    return InstanceHistory(**given, outcome=outcome, failed_digest=op.towards if kind == "permanent" else None)


def under_way_in(case: dict[str, Any], desired: AgentConfig | None) -> dict[str, UnderWay]:
    configs = {one.instance_name: one for one in desired.node_config_list} if desired else {}
    return {name: under_way(name, configs.get(name), **given) for name, given in case.get("under way", {}).items()}


def under_way(
    name: str, config: InstanceConfig | None, *, ops: list[str], fails: bool = False, towards: str = "this form"
) -> UnderWay:
    form = instance(name, image="another:1") if config is None or towards == "another form" else config
    done_to = tuple(operation(OpKind(kind), form, runtime_id=f"id-{name}") for kind in ops)
    goes = towards == "nothing" or (config is None and towards == "this form")
    return UnderWay(Chain(done_to, None if goes else form.digest), fails)


def seconds_from_now(moment: datetime | None) -> float | None:
    return None if moment is None else (moment - NOW).total_seconds()


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in read_cases()])
def test_the_plan_of_a_case_is_the_text_that_it_expects(case: dict[str, Any]) -> None:
    desired = desired_in(case)

    past, under_way, hung = history_in(case, desired), under_way_in(case, desired), case.get("hung", {})
    plan = diff(desired, observed_in(case, desired), past, under_way, NOW, hung)

    assert str(plan) == case.get("plan", "").rstrip("\n")
    assert seconds_from_now(plan.wake_at) == case.get("wake after")


def test_names_of_cases_are_unique() -> None:
    names = [name for name, _ in read_cases()]
    assert len(set(names)) == len(names)
    assert len(names) >= 25
