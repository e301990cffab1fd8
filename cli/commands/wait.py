"""`fleet wait`: returns when objects have a condition, or are gone."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import click

from cli.completing import complete_objects
from cli.connection import Api, Refused, Unreachable
from cli.durations import Duration
from cli.failure import Failure, one_line, printable
from cli.kinds import EVENT, Kind, Target, targets_of
from cli.server import Server
from ports.clock import SystemClock

_ASK_AGAIN_S = 0.2

# Takes the object, or None when there is none; gives None when it is as awaited, else what was seen.
_Judge = Callable[[dict[str, Any] | None], str | None]


@click.command(short_help="Wait until objects have a condition, or are gone.")
@click.argument("what", nargs=-1, required=True, metavar="KIND/NAME... | KIND", shell_complete=complete_objects)
@click.option(
    "--for",
    "awaited",
    required=True,
    metavar="CONDITION",
    help="condition=Ready, condition=NAME=False, or delete.",
)
@click.option("--all", "everything", is_flag=True, help="All objects of the kind.")
@click.option("-l", "--selector", default="", help="All objects of the kind with these labels.")
@click.option("--timeout", type=Duration(), default="60s", show_default=True, help="How long, such as 90s or 5m.")
@click.pass_obj
def wait(
    server: Server, *, what: tuple[str, ...], awaited: str, everything: bool, selector: str, timeout: float
) -> None:
    """Returns 0 as soon as all objects are as awaited; 1 after the timeout, with what was last seen.

    An object that does not exist yet is waited for too.

    \b
    fleet wait --for=condition=Ready camera/dock-1 ds/entrance
    fleet wait --for=condition=Ready cameras --all --timeout 2m
    fleet wait --for=delete ds/yard
    """  # noqa: D301 - click keeps the lines below \b as they are
    judge = _judge_of(awaited)
    targets = targets_of(what)
    if any(target.kind == EVENT for target in targets):
        raise click.UsageError("events have no conditions to wait for")
    chosen = everything or bool(selector)
    if chosen and any(target.name for target in targets):
        raise click.UsageError("give names, or --all or -l, not both")
    if not chosen and not all(target.name for target in targets):
        raise click.UsageError("say which objects: KIND/NAME..., or KIND with --all or -l")
    api = Api(server)
    deadline = SystemClock().monotonic() + timeout
    for kind in dict.fromkeys(target.kind for target in targets):
        names = [target.name for target in targets if target.kind == kind and target.name]
        _Waiter(api, kind, judge, names or None, selector).run(deadline, timeout)


def _judge_of(awaited: str) -> _Judge:
    if awaited == "delete":
        return lambda found: None if found is None else "it still exists"
    form, _, rest = awaited.partition("=")
    name, _, status = rest.partition("=")
    if form != "condition" or not name:
        raise click.UsageError(f"--for is condition=NAME, condition=NAME=STATUS or delete, not '{printable(awaited)}'")
    wanted = status or "True"

    def judge(found: dict[str, Any] | None) -> str | None:
        if found is None:
            return "it does not exist"
        for condition in (found.get("status") or {}).get("conditions") or []:
            if str(condition.get("type", "")).lower() == name.lower():
                if str(condition.get("status", "")).lower() == wanted.lower():
                    return None
                why = ": ".join(one_line(str(condition[key])) for key in ("reason", "message") if condition.get(key))
                return f"{condition.get('type')} is {condition.get('status')}" + (f" ({why})" if why else "")
        return f"it has no condition {name}"

    return judge


class _Waiter:
    """Waits for the objects of one kind."""

    def __init__(self, api: Api, kind: Kind, judge: _Judge, names: Sequence[str] | None, selector: str) -> None:
        self._api, self._kind, self._judge, self._names = api, kind, judge, names
        self._query = {"labelSelector": selector} if selector else {}
        if names and len(names) == 1:
            self._query["fieldSelector"] = f"metadata.name={names[0]}"
        self._objects: dict[str, dict[str, Any] | None] = {}
        self._said: set[str] = set()

    def run(self, deadline: float, timeout: float) -> None:
        """Returns when all are as awaited.

        Raises:
            Failure: the deadline came first, or nothing is selected.
        """
        from cli.watching import Watched, follow

        listing = True
        self._until_the_fleet_is_shown(deadline, timeout)
        for event in follow(self._api, Watched(self._kind, self._query), deadline):
            if event["type"] == "BOOKMARK":
                listing = False
            else:
                name = str(event["object"]["metadata"]["name"])
                self._objects[name] = None if event["type"] == "DELETED" else event["object"]
            if not listing and self._all_met():
                return
        if listing:
            raise Failure(f"after {timeout:g} s the controller has not shown its {self._kind.plural} yet")
        unmet = "\n".join(
            f"  {Target(self._kind, name)}: {seen}" for name in self._awaited() if (seen := self._seen(name))
        )
        raise Failure(f"not so after {timeout:g} s:\n{unmet}")

    def _until_the_fleet_is_shown(self, deadline: float, timeout: float) -> None:
        """A script starts a fleet and waits for it in the next line: the controller may not listen yet, or not know it yet.

        What it does not show then is neither gone nor missing.
        """
        while True:
            late = SystemClock().monotonic() + _ASK_AGAIN_S > deadline
            try:
                if _shows_a_fleet(self._api.get("/fleet/v1/status")):
                    return
            except Refused as refused:
                if refused.status != HTTPStatus.FORBIDDEN:
                    raise
                # Who may see a part alone is not told how the controller is; its lists answer 503 until it knows the fleet.
                return
            except Unreachable:
                if late:
                    raise
            if late:
                raise Failure(f"after {timeout:g} s the controller still shows no fleet: `fleet status` says why")
            SystemClock().pause(_ASK_AGAIN_S)

    def _awaited(self) -> list[str]:
        return list(self._names or sorted(self._objects))

    def _seen(self, name: str) -> str | None:
        return self._judge(self._objects.get(name))

    def _all_met(self) -> bool:
        names = self._awaited()
        if not names:
            raise Failure(f"there are no {self._kind.plural} to wait for")
        for name in names:
            if self._seen(name) is None and name not in self._said:
                self._said.add(name)
                click.echo(
                    f"{Target(self._kind, name)} {'is gone' if self._objects.get(name) is None else 'condition met'}"
                )
        return all(self._seen(name) is None for name in names)


def _shows_a_fleet(status: Mapping[str, Any]) -> bool:
    """False while a controller reads what was published before, or its first manifests; no revision in force is empty."""
    if status.get("starting") or not (status.get("kafka") or {}).get("caughtUp", True):
        return False
    totals = [(status.get(kind) or {}).get("total", 1) for kind in ("nodes", "instances", "cameras")]
    return any(totals) or status.get("candidate") is not None
