"""Why a change was not made, with all causes, and what to do."""

import re
from collections.abc import Callable

from cli.connection import Refused
from cli.failure import Failure, printable
from cli.kinds import Target

_MOST_LINES = 40
_CONFLICT, _GUARD = "FieldManagerConflict", "RemovalGuard"


class NotDone(Failure):
    """A change that the controller refused."""

    def __init__(self, what: Target | str, refused: Refused, place: Callable[[str], str] | None = None) -> None:
        """Takes the object, the refusal, and where a field of the object stands in a file, if it does."""
        head = f"{what} is refused ({refused.reason})" if refused.reason else f"{what}"
        where = f"{place(_field_at_fault(refused))}: " if place else ""
        super().__init__("\n  ".join([f"{printable(where)}{printable(head)}:", *reasons_of(refused)]))


def _field_at_fault(refused: Refused) -> str:
    causes = causes_of(refused)
    if causes:
        return "" if causes[0][2] in (_CONFLICT, _GUARD) else causes[0][0]
    unknown = re.search(r'unknown field "([^"]+)"', str(refused.said.get("message")))
    return unknown[1] if unknown else ""


def reasons_of(refused: Refused) -> list[str]:
    """Lines that say why."""
    message = str(refused.said.get("message") or refused.message)
    lines = [printable(line.rstrip()) for line in message.splitlines() if line.strip()]
    causes = causes_of(refused)
    kinds = {kind for _, _, kind in causes}
    if len(causes) > 1 and not kinds & {_CONFLICT, _GUARD}:
        lines = [line.removesuffix(f" (and {len(causes) - 1} more)") for line in lines]
        lines += [printable(f"{field}: {text}" if field else text) for field, text, _ in causes[1:]]
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], f"… and {len(lines) - _MOST_LINES} lines more"]
    details = refused.said.get("details") or {}
    if _GUARD in kinds and details.get("revision"):
        lines.append(printable(f"to say yes: --approve {details['revision']}"))
    if _CONFLICT in kinds:
        lines.append("to take these fields over: --force-conflicts")
    return lines


def causes_of(refused: Refused) -> list[tuple[str, str, str]]:
    """Field, message and reason of each cause."""
    details = refused.said.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    return [
        (str(one.get("field") or ""), str(one.get("message") or ""), str(one.get("reason") or ""))
        for one in causes or []
        if isinstance(one, dict)
    ]
