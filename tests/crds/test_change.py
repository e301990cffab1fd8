"""Which class a changed value has: of fields of kinds, of what they embed, and as each kind of app takes it."""

from collections.abc import Mapping
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

import crds.difference
from crds.app_kind import AppKind
from crds.change import APPLIED_BY_AGENTS, ChangeClass, change_class_of, changes, fields_along
from crds.difference import Difference, difference, difference_to_apply
from crds.document import ManifestModel
from crds.instance_config import InstanceConfig
from deepstream.groups import KeyGroup, declared_key, key
from deepstream.keyfile_values import Reader
from tests.differ.generations import instance

NONE, HOT, RELOAD, RESTART, RECREATE, REBUILD = ChangeClass


# --- a kind that embeds what DeepStream declares ---


class Property(KeyGroup):
    batch_size: int | None = key("batch-size", Reader.INTEGER, "", engine=True)
    interval: int | None = key("interval", Reader.INTEGER, "")
    password: str | None = key("password", Reader.STRING, "", secret=True)
    thresholds: dict[str, float] = key("threshold-", Reader.DOUBLE, "", prefix=True)


class File(BaseModel):
    property: Property | None = None
    classes: Mapping[int, Property] = Field(default_factory=dict)


class Secondary(ManifestModel):
    config: File = Field(default_factory=File)
    label: str = changes(HOT, "")


class Tuning(ManifestModel):
    level: int = changes(NONE, 1)
    limits: Annotated[Property | None, Field()] = None


class Spec(ManifestModel):
    image: str = changes(RECREATE, "a")
    mot_pgie: File | None = changes(RESTART, None)
    secondary_gies: tuple[Annotated[Secondary, "one"], ...] = changes(RELOAD, ())
    by_name: dict[str, Secondary] = changes(RELOAD, default_factory=dict)
    pair: tuple[Tuning, Secondary] | None = changes(HOT, None)
    either: int | Tuning | list[Secondary] = changes(HOT, 1)
    tuning: Tuning = Field(default_factory=Tuning)
    groups: tuple[dict[str, Tuning], ...] = ()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("image",), RECREATE),
        (("mot_pgie",), RESTART),
        (("mot_pgie", "property"), RESTART),
        (("mot_pgie", "property", "interval"), RESTART),
        (("mot_pgie", "property", "batch_size"), REBUILD),
        (("motPgie", "property", "batchSize"), REBUILD),
        (("motPgie", "property", "thresholds", "person"), RESTART),
        (("motPgie", "property", "extraKeys", "batch-size"), RESTART),
        (("motPgie", "classes", "0", "batchSize"), REBUILD),
        (("motPgie", "classes", "batchSize"), RESTART),
        (("secondaryGies",), RELOAD),
        (("secondaryGies", 0), RELOAD),
        (("secondaryGies", 0, "label"), HOT),
        (("secondaryGies", 0, "config", "property", "batchSize"), REBUILD),
        (("secondaryGies", 0, "config", "property", "interval"), RELOAD),
        (("byName", "label"), RELOAD),
        (("byName", "label", "label"), HOT),
        (("byName", "a", "config", "property", "batchSize"), REBUILD),
        (("pair", 0, "level"), NONE),
        (("pair", 1, "level"), HOT),
        (("pair", 1, "config", "property", "batchSize"), REBUILD),
        (("pair", 2, "level"), HOT),
        (("either", "level"), NONE),
        (("either", 0, "config", "property", "batchSize"), REBUILD),
        (("tuning", "limits", "batchSize"), REBUILD),
        (("groups", 3, "x", "level"), NONE),
        (("image", "what", "follows", "belongs", 2, "it"), RECREATE),
        (("secondaryGies", 0, "of a newer version"), RELOAD),
    ],
    ids=str,
)
def test_the_innermost_declaration_on_the_path_wins(path: tuple[str | int, ...], expected: ChangeClass) -> None:
    assert change_class_of(Spec, path) is expected


@pytest.mark.parametrize("path", [(), ("tuning",), ("nothing",), ("tuning", "limits", "interval"), ("groups", 0)])
def test_a_path_without_a_declaration_is_an_error(path: tuple[str | int, ...]) -> None:
    with pytest.raises(KeyError, match="no change class is declared along"):
        change_class_of(Spec, path)


def test_fields_along_a_path_are_those_of_the_models_and_not_the_keys_between_them() -> None:
    path = ("secondaryGies", 1, "config", "property", "batchSize", "beyond")
    assert list(fields_along(Spec, path)) == [
        Spec.model_fields["secondary_gies"],
        Secondary.model_fields["config"],
        File.model_fields["property"],
        Property.model_fields["batch_size"],
    ]


def test_only_keys_of_deepstream_have_a_declared_key() -> None:
    batch_size = declared_key(Property.model_fields["batch_size"])
    assert batch_size is not None
    assert (batch_size.name, batch_size.engine) == ("batch-size", True)
    assert declared_key(Property.model_fields["extra_keys"]) is None
    assert declared_key(Spec.model_fields["image"]) is None


# --- how each kind of app takes a class ---

EFFECTIVE = {
    AppKind.RETINAFACE: {NONE: NONE, HOT: RESTART, RELOAD: RESTART, RESTART: RESTART, RECREATE: RECREATE}
    | {REBUILD: REBUILD},
    AppKind.REFERENCE: {NONE: NONE, HOT: RESTART, RELOAD: RESTART, RESTART: RESTART, RECREATE: RECREATE}
    | {REBUILD: RECREATE},
    AppKind.DEEPSTREAM_APP: {NONE: NONE, HOT: RESTART, RELOAD: RESTART, RESTART: RESTART, RECREATE: RECREATE}
    | {REBUILD: REBUILD},
}


@pytest.mark.parametrize("kind", list(AppKind))
@pytest.mark.parametrize("declared", list(ChangeClass))
def test_a_class_reaches_an_app_as_it_and_its_agent_can_take_it(kind: AppKind, declared: ChangeClass) -> None:
    effective = kind.effective(declared)

    assert effective is EFFECTIVE[kind][declared]
    assert effective in APPLIED_BY_AGENTS
    assert effective in kind.takes


def test_apps_with_a_rest_interface_take_hot_and_reload_and_those_with_engines_build_them() -> None:
    assert AppKind.DEEPSTREAM_APP.takes == set(ChangeClass)
    assert AppKind.RETINAFACE.takes == {NONE, RESTART, RECREATE, REBUILD}
    assert AppKind.REFERENCE.takes == {NONE, HOT, RELOAD, RESTART, RECREATE}


def test_once_agents_can_do_it_a_cheap_change_stays_cheap_for_those_who_take_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("crds.app_kind.APPLIED_BY_AGENTS", frozenset(ChangeClass))
    assert [AppKind.DEEPSTREAM_APP.effective(one) for one in ChangeClass] == list(ChangeClass)
    assert AppKind.RETINAFACE.effective(HOT) is RESTART
    assert [AppKind.REFERENCE.effective(one) for one in (HOT, RELOAD, REBUILD)] == [HOT, RELOAD, RECREATE]


@pytest.mark.parametrize(
    ("kind", "wanted"), [("retinaface", "SIGTERM"), ("reference", "SIGTERM"), ("deepstream-app", "SIGINT")]
)
def test_each_kind_leaves_on_its_own_signal(kind: str, wanted: str) -> None:
    assert AppKind(kind).stop_signal == wanted


# --- in the difference of two forms ---


@pytest.fixture(autouse=True)
def spec_of_this_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crds.difference, "DsInstanceSpec", Spec)


def form(
    settings: dict[str, Any],
    *,
    kind: AppKind = AppKind.RETINAFACE,
    image: str = "a:1",
    engines: str = "",
    files: str = "",
) -> InstanceConfig:
    plain = instance("yard").model_dump(mode="json")
    content = {
        **plain,
        "app_kind": kind.value,
        "image": image,
        "settings": settings,
        # As the renderer makes them: other settings are other files, another image another container.
        "digests": {
            **plain["digests"],
            "container": f"sha256:{image}",
            "files": files or f"sha256:{settings}",
            "engines": engines,
        },
    }
    return InstanceConfig.model_validate({**content, "digest": InstanceConfig.digest_of(content)})


def lines(found: Difference) -> list[str]:
    return [str(field) for field in found.fields]


def test_a_key_of_an_engine_deep_inside_is_told_as_such() -> None:
    before = form({"motPgie": {"property": {"batchSize": 4, "interval": 0}}, "secondaryGies": [{"config": {}}]})
    after = form(
        {
            "motPgie": {"property": {"batchSize": 8, "interval": 1}},
            "secondaryGies": [{"config": {"property": {"batchSize": 2}}}],
        }
    )

    assert lines(difference(before, after)) == [
        "spec.motPgie.property.batchSize: 4 -> 8 (rebuild-engine)",
        "spec.motPgie.property.interval: 0 -> 1 (restart)",
        "spec.secondaryGies[0].config.property: none -> present (rebuild-engine)",
    ]


def test_a_key_that_only_one_side_has_is_none_on_the_other() -> None:
    before = form({"motPgie": {"property": {"batchSize": 4}}})
    after = form({"motPgie": {"property": {"interval": 2}}})

    assert lines(difference(before, after)) == [
        "spec.motPgie.property.batchSize: 4 -> none (rebuild-engine)",
        "spec.motPgie.property.interval: none -> 2 (restart)",
    ]


def test_a_section_that_comes_as_a_whole_has_the_class_of_the_dearest_field_in_it() -> None:
    cheap, dear = {"property": {"interval": 2, "batchSize": None}}, {"property": {"interval": 2, "batchSize": 4}}
    for section, expected in ((cheap, "restart"), (dear, "rebuild-engine")):
        for absent in ({}, {"motPgie": None}):
            there, gone = form({"motPgie": section}), form(absent)
            assert lines(difference(gone, there)) == [f"spec.motPgie: none -> present ({expected})"]
            assert lines(difference(there, gone)) == [f"spec.motPgie: present -> none ({expected})"]


def test_a_field_that_leaves_its_default_is_told_by_name_although_its_section_was_left_out() -> None:
    before, after = form({}), form({"tuning": {"level": 7, "limits": {"batchSize": 3}}})

    assert lines(difference(before, after)) == [
        "spec.tuning.level: 1 -> 7 (none)",
        "spec.tuning.limits: none -> present (rebuild-engine)",
    ]
    assert [one.path for one in difference(after, before).fields] == ["spec.tuning.level", "spec.tuning.limits"]


def test_a_section_left_out_and_one_at_its_defaults_are_no_difference_by_themselves() -> None:
    before, after = form({}, files="sha256:files"), form({"tuning": {}}, files="sha256:files")

    assert difference(before, after) == Difference(())


def test_a_whole_list_of_sections_is_not_written_out() -> None:
    gies = [{"config": {"property": {"password": "hunter2"}}}]

    found = difference(form({}), form({"secondaryGies": gies}))

    assert lines(found) == ["spec.secondaryGies: none -> present (restart)"]
    assert "hunter2" not in repr(found)


def test_the_value_of_a_secret_key_is_never_told() -> None:
    before, after = (form({"motPgie": {"property": {"password": one}}}) for one in ("hunter2", "hunter3"))

    found = difference(before, after)

    assert lines(found) == ["spec.motPgie.property.password: hidden -> hidden (restart)"]
    assert lines(difference(form({"motPgie": {"property": {}}}), after)) == [
        "spec.motPgie.property.password: none -> hidden (restart)"
    ]


@pytest.mark.parametrize(
    ("before", "after", "kind", "expected"),
    [
        ("sha256:1", "sha256:2", AppKind.RETINAFACE, REBUILD),
        ("sha256:1", "sha256:2", AppKind.DEEPSTREAM_APP, REBUILD),
        ("sha256:1", "sha256:2", AppKind.REFERENCE, RECREATE),
        ("sha256:1", "sha256:1", AppKind.RETINAFACE, RECREATE),
        ("", "sha256:2", AppKind.RETINAFACE, RECREATE),
        ("sha256:1", "", AppKind.RETINAFACE, RECREATE),
        ("", "", AppKind.RETINAFACE, RECREATE),
    ],
)
def test_another_image_builds_engines_anew_when_they_depend_on_it(
    before: str, after: str, kind: AppKind, expected: ChangeClass
) -> None:
    found = difference(
        form({}, kind=kind, image="a:1", engines=before), form({}, kind=kind, image="a:2", engines=after)
    )

    assert lines(found) == [f"spec.image: a:1 -> a:2 ({expected})"]


def test_other_engines_that_no_field_tells_of_are_told_by_themselves() -> None:
    found = difference(
        form({"motPgie": {"property": {"interval": 1}}}, engines="sha256:1"),
        form({"motPgie": {"property": {"interval": 2}}}, engines="sha256:2"),
    )

    assert lines(found) == [
        "spec.motPgie.property.interval: 1 -> 2 (restart)",
        "TensorRT engines: built -> to be built anew (rebuild-engine)",
    ]


def test_what_changes_nothing_that_the_app_reads_touches_nothing() -> None:
    before = form({"motPgie": {"property": {"interval": 0}}}, files="sha256:files")
    after = form({"motPgie": {"property": {}}}, files="sha256:files")

    assert lines(difference(before, after)) == ["spec.motPgie.property.interval: 0 -> none (none)"]


@pytest.mark.parametrize("more", [{"telemetry": {"enable": False}}, {"priority": 0}, {"telemetry": {}}])
@pytest.mark.parametrize(("files", "expected"), [("sha256:files", NONE), ("sha256:others", RECREATE)])
def test_what_an_agent_does_not_know_is_noted_while_it_is_not_told_to_the_app(
    more: dict[str, Any], files: str, expected: ChangeClass
) -> None:
    """The plan promises the dearest that it may stand for."""
    without, given = form({}, files="sha256:files"), form(more, files=files)

    for before, after in ((without, given), (given, without)):
        assert difference(before, after).change_class is RECREATE
        assert difference_to_apply(before, after).change_class is expected
