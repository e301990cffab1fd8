"""Writes what is generated from the kinds, or says which of it is stale.

`python -m tools.kinds.schemas` writes the JSON Schemas, the CustomResourceDefinitions and the pages of documentation;
`python -m tools.kinds.schemas --check` compares them and ends with 1 when one is stale.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from crds.kinds import KINDS
from tools.kinds.custom_resource import custom_resource_definition
from tools.kinds.json_schema import json_schema
from tools.kinds.spec_page import spec_page


def generated_files() -> Mapping[str, str]:
    """The text of every generated file, by its path from the top of the project."""
    files: dict[str, str] = {}
    for name, kind in KINDS.items():
        files[f"crds/schemas/{name.lower()}.schema.json"] = _json_text(json_schema(kind))
        # JSON is YAML: this room needs no library for it.
        files[f"crds/schemas/{name.lower()}.crd.yaml"] = _json_text(custom_resource_definition(kind))
        files[f"docs/spec/{name}.md"] = spec_page(kind)
    return files


def stale_files(top: Path) -> tuple[str, ...]:
    """The paths of generated files that are missing or differ.

    Args:
        top: the directory of the project.
    """
    return tuple(path for path, text in generated_files().items() if _text_of(top / path) != text)


def write(top: Path) -> None:
    """Writes every generated file.

    Args:
        top: the directory of the project.
    """
    for path, text in generated_files().items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text(text, encoding="utf-8")


def main(arguments: Sequence[str], top: Path) -> int:
    """The command line.

    Args:
        arguments: nothing, or `--check`.
        top: the directory of the project.

    Returns:
        The exit code: 0, 1 for stale files, 2 for wrong arguments.
    """
    if list(arguments) == ["--check"]:
        stale = stale_files(top)
        for path in stale:
            sys.stderr.write(f"{path} is stale: run python -m tools.kinds.schemas\n")
        return 1 if stale else 0
    if arguments:
        sys.stderr.write("usage: python -m tools.kinds.schemas [--check]\n")
        return 2
    write(top)
    return 0


def _text_of(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _json_text(value: Mapping[str, object]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(__file__).resolve().parents[2]))
