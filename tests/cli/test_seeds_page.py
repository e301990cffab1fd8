"""What docs/seeds.md tells to be there, is there."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from bus.codec import encode_signed
from cli.main import fleet
from tests.bus.records_of_a_fleet import CONTROLLER, STRANGER
from tests.publish.test_publisher import config

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "seeds.md").read_text("utf-8")
SCHEMAS = {
    kind: json.loads((ROOT / "crds" / "schemas" / f"{kind.lower()}.schema.json").read_text("utf-8"))
    for kind in ("Camera", "DsInstance", "Node")
}


def rows() -> Iterator[tuple[str, str, str]]:
    for line in PAGE.splitlines():
        if line.startswith("| ") and not line.startswith("| there |"):
            there, here, seen = (cell.strip() for cell in line.strip("| ").split(" | "))
            yield there, here, seen


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


FIELDS = sorted(
    {one for _, here, _ in rows() for one in quoted(here) if re.match(r"(Camera|DsInstance|Node)\.spec", one)}
)
SEEN = sorted({one for _, _, seen in rows() for one in quoted(seen)})


def resolved(schema: Any, definitions: Any) -> list[Any]:
    """The forms that a part of a schema may have."""
    if "$ref" in schema:
        return resolved(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        return [one for form in schema["anyOf"] for one in resolved(form, definitions)]
    return [schema]


def parts(schema: Any, name: str) -> list[Any]:
    """What a part of a schema says of the field of that name; of `*`, of fields with names of their own."""
    if name != "*":
        return [schema["properties"][name]] if name in schema.get("properties", {}) else []
    of_any_name = [schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()]
    return [one for one in of_any_name if isinstance(one, dict)]


@pytest.mark.parametrize("field", FIELDS)
def test_each_field_is_one_of_its_kind(field: str) -> None:
    kind, *path = field.split(".")
    definitions = SCHEMAS[kind].get("$defs", {})
    forms = [SCHEMAS[kind]]
    for name in path:
        found = [one for form in forms for one in parts(form, name)]
        assert found, f"{field}: nothing is called {name}"
        forms = [one for form in found for one in resolved(form, definitions)]


def test_each_row_says_how_it_is_seen() -> None:
    assert len(list(rows())) > 80
    for there, here, seen in rows():
        assert there, here
        assert quoted(seen), there


@pytest.mark.parametrize("seen", SEEN)
def test_each_test_and_each_command_is_there(seen: str) -> None:
    if seen.startswith("tests/"):
        file, _, name = seen.partition("::")
        assert (ROOT / file).is_file()
        assert not name or re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text("utf-8"), re.MULTILINE)
        return
    program, *words = shlex.split(seen)
    assert program == "fleet"
    command: click.Command = fleet
    context = click.Context(fleet, info_name="fleet")
    while isinstance(command, click.Group):
        name = words.pop(0)
        found = command.get_command(context, name)
        assert found is not None, name
        command = found
    # What it may not be told it refuses; what it is told is not looked for.
    command.make_context(seen, [word for word in words if word != "--help"], resilient_parsing=True)


def test_its_consumer_reads_what_a_controller_publishes_and_nobody_else() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    published = config()
    found = names["instances"](encode_signed(published, CONTROLLER), CONTROLLER.public_key_hex)
    assert found == {
        one.instance_name: {file.path: file.content for file in one.files} for one in published.node_config_list
    }
    assert found
    with pytest.raises(Exception, match="signature"):
        names["instances"](encode_signed(published, STRANGER), CONTROLLER.public_key_hex)
