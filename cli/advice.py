"""What a person should know and do, from the answer of `/fleet/v1/status`."""

from typing import Any

from cli.ages import age_of
from cli.failure import one_line, printable

_MOST_PROBLEMS = 20


def sentences(answer: dict[str, Any]) -> list[str]:
    """What a person should know and do: about lost brokers and topics, refused keys, and a candidate that is not in force."""
    found = []
    if superseded := answer.get("superseded"):
        found.append(f"This controller only reads: {shown(superseded.get('message'), 1000)}.")
    if starting := answer.get("starting"):
        found.append(f"The controller is starting: {shown(starting, 1000)}. Nothing changes until it knows the fleet.")
    kafka = answer.get("kafka") or {}
    if not kafka.get("connected"):
        found.append("Kafka is away: what runs goes on, changes wait until it is back.")
    elif not kafka.get("caughtUp") and not starting:
        found.append("The controller is still reading what was published before: nothing changes until it has.")
    found += [f"{shown(one.get('message'), 1000)}." for one in answer.get("refusedKeys") or []]
    found += _about_topics(answer.get("topics") or {})
    candidate = answer.get("candidate")
    if candidate:
        found.append(_about(candidate, bool(answer.get("revision"))))
    elif not answer.get("revision"):
        found.append("No manifests were read yet.")
    return found


def _about_topics(topics: dict[str, Any]) -> list[str]:
    found = []
    if differences := topics.get("differences"):
        lines = ["Topics are not as they must be, and may lose what is written to them. Set them right:"]
        found.append("\n".join([*lines, *(f"  {printable(str(one))}" for one in differences)]))
    if loss := topics.get("loss"):
        names = ", ".join(shown(one) for one in loss.get("topics") or [])
        text = (
            f"What lay on the topics {names} was lost {age_of(str(loss.get('foundAt')))} ago, and they were made anew."
        )
        if loss.get("healedAt"):
            text += f" All is there again since {age_of(str(loss['healedAt']))}: nothing is to be done."
        else:
            text += f" {shown(loss.get('missing'))} generations are still to be sent again; what runs goes on."
        found.append(text)
    return found


def _about(candidate: dict[str, Any], something_in_force: bool) -> str:
    state, name = shown(candidate.get("state")), shown(candidate.get("id"))
    stays = "The last good revision stays in force." if something_in_force else "No revision is in force."
    about = f"{state}: " + (f"revision {name}: " if candidate.get("id") else "") + shown(candidate.get("message"))
    lines = [f"{about}. {stays}"]
    problems = candidate.get("problems") or []
    lines += [f"  {printable(str(problem))}" for problem in problems[:_MOST_PROBLEMS]]
    if len(problems) > _MOST_PROBLEMS:
        lines.append(f"  … and {len(problems) - _MOST_PROBLEMS} more: fleet validate")
    if state == "Rejected":
        lines.append("Correct the manifests and save them; `fleet validate` checks them before.")
    if state == "Parked":
        removed = ", ".join(shown(one) for one in candidate.get("removed") or [])
        lines.append(f"It would remove: {removed}." if removed else "")
        lines.append(f"If that is what you want: fleet approve {name}")
    return "\n".join(line for line in lines if line)


def shown(value: Any, most_characters: int = 400) -> str:
    """A value of the answer, in one line; `-` for none."""
    return one_line(str(value), most_characters) if value not in (None, "") else "-"
