"""A page of documentation for each kind: an example, tables of its fields, and the rules that tables cannot hold."""

from collections.abc import Mapping
from typing import Final

from crds.change import ChangeClass
from crds.document import Manifest
from tools.kinds.json_schema import json_schema
from tools.kinds.spec_examples import EXAMPLES
from tools.kinds.spec_tables import table, tables, text

_EVERYWHERE: Final = (
    "Fields are written in camelCase. A field that is not in the table is an error.",
    'Types are taken at their word: `5` is no text and `"5"` no number. Text that YAML reads as something else is quoted.',
    "`status`, and what a server adds to `metadata`, is written by the controller and refused in a manifest.",
    "`metadata.name` is unique within the kind.",
)
_RULES: Final[Mapping[str, tuple[str, ...]]] = {
    "Camera": (
        "The id of a camera (`spec.cameraId`, or else its name) is unique in the fleet.",
        "`spec.address` holds no user name and no password: they lie in the secret that `spec.credentialsRef` names.",
        "A camera with `exclusive: true` belongs to at most one instance.",
        (
            "A group of `spec.analytics` without `enable` is on. Its points are whole pixels of `spec.analytics.frame`, or else "
            "of `spec.width` and `spec.height`. A shape with a decimal point in any of its numbers is in fractions of the "
            "picture, all of them from 0.0 to 1.0: `[0.5, 1]` is the middle of the lower edge, `[0, 1]` in a shape of whole "
            "numbers a pixel. DeepStream gets both scaled to the size that its instance works with."
        ),
        (
            "The agent judges by `spec.limits`. Of the apps only the reference workload is told of them, and of "
            "`spec.frameDelaySeconds`: with any other app a change touches nothing that runs."
        ),
    ),
    "DsInstance": (
        "Exactly one of `spec.node` and `spec.nodeSelector` is given, and it leads to a node of the same revision.",
        "Its cameras are those that `spec.cameras` names and those that `spec.cameraSelector` selects.",
        "Every name in `spec.cameras` is the name of a Camera of the same revision; a selector may select none.",
        "It has at most `spec.streammux.batchSize` cameras.",
        "With `spec.container.network: none` it has no camera of type rtsp.",
        "With `spec.app.kind: reference` its network is `host`: the agent asks the app for its frames.",
        (
            "`spec.inference` is for `app.kind: retinaface`; `spec.reference` for `app.kind: reference`; "
            "`spec.deepstreamApp` (which that kind needs), "
            "`spec.inferConfigs`, `spec.preprocessConfigs` and `spec.messageBrokers` for `app.kind: deepstream-app`."
        ),
        (
            "A detector of `spec.reference` has the fields of its kind: motion `pictureWidth` and `minimumAreaPercent`; people "
            "`pictureWidth` and `minimumConfidence`; onnx `model`, which it needs, "
            "`labels`, `minimumConfidence`, `nmsIou`, `colours` and `scale`."
        ),
        "Files lie side by side in one folder. A path that names none of them is one in the image, and is left as it is.",
        "Keys of mappings are text: a number among them, such as that of a sink or a class, may need quotes.",
        (
            "What DeepStream itself asks for, across fields and files, and what each rule prevents: "
            "[docs/rules.md](../rules.md)."
        ),
    ),
    "Node": ("`spec.nodeId` is unique in the fleet: the agent of the machine greets with it.",),
}
_CLASSES: Final[Mapping[ChangeClass, str]] = {
    ChangeClass.NONE: "nothing that runs is touched",
    ChangeClass.HOT: "the running app could take it over its REST interface; agents of this version restart it instead",
    ChangeClass.RELOAD: "the app could read a file again; agents of this version restart it instead",
    ChangeClass.RESTART: "the app is stopped and started in its container",
    ChangeClass.RECREATE: "the container is replaced",
    ChangeClass.REBUILD_ENGINE: "the container is replaced after a TensorRT engine was built",
}
_OF_CLASSES: Final = (
    "What a change of a field does. An app that cannot do that takes the next dearer class; what a change of this very "
    "instance does, `fleet plan` says."
)
_OF_GROUPS: Final = (
    "What DeepStream's own files hold, under their names in camelCase. A field that is not given is not written, and "
    "DeepStream's own default holds. Versions are releases of DeepStream: `from` the first one that reads a key, `to` the "
    "last one that uses it; without a word all of 6.0 to 9.2 do."
)


_OF_MAPPINGS: Final = "## Values of mappings"
_OURS: Final = frozenset({"AlertDistance", "AlertSpread", "CameraAlert"})


def spec_page(kind: type[Manifest]) -> str:
    """The page of a kind, in Markdown."""
    name = kind.__name__
    schema = json_schema(kind)
    found = tables(schema)
    used = {row.change_class for rows in (found.fields, *(one.rows for one in found.sections)) for row in rows}
    classes = [f"- **{one.value}**: {words}." for one, words in _CLASSES.items() if one.value in used]
    parts = [
        "<!-- Generated by `python -m tools.kinds.schemas`: change crds/ instead. -->",
        f"# {name}",
        schema["description"],
        f"Plural `{kind.plural}`, short `{kind.short_name}`, schema for editors `crds/schemas/{name.lower()}.schema.json`.",
        f"```yaml\n{EXAMPLES[name]}```",
        "## Fields",
        table(found.fields),
        *(["## Change classes", _OF_CLASSES, "\n".join(classes)] if classes else []),
        "## Rules",
        "\n".join(f"- {rule}" for rule in (*_RULES[name], *_EVERYWHERE)),
    ]
    # Those that are read from a file of DeepStream are apart from those that are values of mappings of ours.
    ours = tuple(one for one in found.sections if one.name in _OURS)
    groups = tuple(one for one in found.sections if one not in ours)
    for head, sections in (([_OF_MAPPINGS], ours), (["## Groups of DeepStream", _OF_GROUPS], groups)):
        parts += head if sections else []
        for section in sections:
            parts += [f"### {section.name}", text(section.meaning), table(section.rows)]
    return "\n\n".join(parts) + "\n"
