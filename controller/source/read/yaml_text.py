"""Plain data to YAML text, for people to read and to edit."""

import io
import re
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import SafeRepresenter

from controller.source.read.yaml_scalars import plain_value

# 12:30 is 750 to programs that read YAML 1.1.
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+")

# Of these, block style writes none as an escape, and plain style not all: a terminal obeys some, and readers take others for line ends.
_ESCAPED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


class _Representer(SafeRepresenter):
    """Writes without anchors, and quotes every text that some program would not read as text."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature of ruamel.yaml
        """True: shared data is written twice."""
        return True

    def represent_text(self, data: str) -> ScalarNode:
        """A text in the style that reads best."""
        style: str | None
        if _ESCAPED.search(data):
            style = '"'
        elif "\n" in data and not any(
            line.startswith((" ", "\t")) or line != line.rstrip() for line in data.splitlines()
        ):
            style = "|"
        else:
            style = '"' if plain_value(data) != data or _SEXAGESIMAL.fullmatch(data) else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Representer.add_representer(str, _Representer.represent_text)


def yaml_text(document: Mapping[str, Any]) -> str:
    """One document in block style, in the order of its keys, with a final newline.

    Args:
        document: plain data, as `Manifest.document()` gives it.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = _Representer
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.allow_unicode = True
    yaml.width = 4096
    text = io.StringIO()
    yaml.dump(dict(document), text)
    return text.getvalue()
