"""`fleet import`: manifests from the configuration of a DeepStream app that runs already."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.failure import Failure, printable
from deepstream.versions import NEWEST, DsVersion, release_in_image

if TYPE_CHECKING:
    from crds.document import Manifest
    from crds.secret import Secret
    from importer import Imported, ImportOptions, Remark

_OWN_WORDS = re.compile(
    "(user name and password in the address|user name or the password|password in the path of the address|"
    "the user in the address|became secret|its password is empty|it has no password|the secret in)"
)
_COLOURS = {"error": "red", "warning": "yellow"}


@click.command("import", short_help="Make manifests from a DeepStream configuration.")
@click.argument("path", type=click.Path())
@click.option("--name", metavar="NAME", help="Name of the instance; default: made from PATH.")
@click.option("--node", metavar="NODE", help="Name of the node that shall run it.")
@click.option("--image", metavar="IMAGE", help="Image of the container that runs it.")
@click.option(
    "--ds-version",
    type=click.Choice([version.value for version in DsVersion]),
    help="The release of DeepStream that the configuration is for; default: the one in the tag of NVIDIA's images, else the "
    "newest that takes it.",
)
@click.option(
    "--base-dir",
    metavar="DIR",
    help="The folder of PATH as the container sees it: relative paths become absolute by it.",
)
@click.option(
    "--label", "labels", metavar="KEY=VALUE", multiple=True, help="A label of all manifests; may be repeated."
)
@click.option(
    "-o",
    "--output",
    metavar="FILE|DIR",
    help="Write the manifests there: into one file if it ends in .yaml, else into a folder.",
)
@click.option("--force", is_flag=True, help="With -o: replace files that are there already.")
@click.option("--strict", is_flag=True, help="Exit with 1 when anything was left out, as the remarks say.")
@click.option(
    "--secrets-dir",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write the user names and passwords that were taken out into DIR, one folder for each secret.",
)
def import_config(
    path: str,
    *,
    name: str | None,
    node: str | None,
    image: str | None,
    ds_version: str | None,
    base_dir: str | None,
    labels: tuple[str, ...],
    output: str | None,
    force: bool,
    strict: bool,
    secrets_dir: Path | None,
) -> None:
    """Makes Camera and DsInstance manifests from an existing configuration.

    PATH is a file of deepstream-app (txt or YAML), one of nvinfer or nvdsanalytics, or the configuration folder of the
    retinaface app. The files that it names are read, too.

    User names and passwords in addresses are taken out: manifests name a secret instead. What cannot be kept is said on
    standard error, as file:line: severity: sentence. Exit code 0 when there are manifests, 1 when there are none, or with
    --strict when a remark says that something was left out; the manifests are written all the same.

    \b
    fleet import /opt/app/configs/source4.txt --node node-a --image nvcr.io/nvidia/deepstream:9.1-samples
    fleet import configs/ --name entrance --node node-a -o manifests/ --secrets-dir /etc/fleet/secrets
    """  # noqa: D301 - click keeps the lines below \b as they are
    if force and output is None:
        raise click.UsageError("--force is about the files of -o")
    from cli.import_problems import broken_rules, refusals

    options = _options(name, node, image, ds_version, base_dir, labels)
    imported, texts = _imported(path, options, output)
    _refuse_passwords(texts, imported.secrets)
    if output is not None and not force:
        _refuse_to_replace(texts)
    if secrets_dir is not None:
        _write_secrets(secrets_dir, imported.secrets)
    if output is None:
        click.echo(_document_stream(texts), nl=False)
    else:
        from cli.output_files import write_file

        for file, text in texts.items():
            write_file(Path(file), text, force=force)
    remarks = _lines((*imported.remarks, *broken_rules(imported), *refusals(imported, texts)), imported.secrets)
    for severity, line in remarks:
        click.secho(line, err=True, fg=_COLOURS.get(severity))
    click.echo(_summary(imported, [severity for severity, _ in remarks], output), err=True)
    for line in _about_secrets(imported, secrets_dir):
        click.echo(line, err=True)
    left_out = [f"{one.file}:{one.line}" for one in imported.remarks if one.left_out]
    if strict and left_out:
        places = ", ".join(dict.fromkeys(left_out))
        raise Failure(f"--strict: {_counted(len(left_out), 'thing')} left out: {printable(places)}")


def _imported(path: str, options: "ImportOptions", output: str | None) -> "tuple[Imported, dict[str, str]]":
    """What is imported, and its YAML.

    Unless a release is asked for, it is the newest one that takes the configuration: old models do not load in new ones.
    """
    from dataclasses import replace

    from cli.folder_of_configs import list_folder, read_file
    from cli.import_problems import broken_rules, refusals
    from deepstream.findings import Severity
    from importer import CannotImport, Remark, import_config

    def attempt(version: DsVersion | None) -> "tuple[Imported, dict[str, str]]":
        imported = import_config(path, read_file, list_folder, replace(options, ds_version=version))
        return imported, _texts(imported, output)

    def fails(imported: "Imported", texts: Mapping[str, str]) -> bool:
        errors = [one for one in broken_rules(imported) if one.severity is Severity.ERROR]
        return bool(errors or refusals(imported, texts))

    try:
        newest = attempt(options.ds_version)
        named = options.ds_version is not None or release_in_image(options.image or "") is not None
        if named or not fails(*newest):
            return newest
        for version in sorted(DsVersion, key=lambda one: one.order, reverse=True)[1:]:
            imported, texts = attempt(version)
            if not fails(imported, texts):
                message = (
                    f"DeepStream {NEWEST} does not run this configuration, so spec.dsVersion is {version}, the newest "
                    "that does; say the release of the image with --ds-version"
                )
                remark = Remark(Severity.WARNING, imported.main, 1, message)
                return replace(imported, remarks=(*imported.remarks, remark)), texts
    except CannotImport as error:
        raise Failure(printable(str(error))) from None
    return newest


def _options(
    name: str | None,
    node: str | None,
    image: str | None,
    ds_version: str | None,
    base_dir: str | None,
    labels: Sequence[str],
) -> "ImportOptions":
    from crds.document import LabelKey, LabelValue, ObjectName
    from importer import ImportOptions

    for option, value in (("--name", name), ("--node", node)):
        if value is not None and not _is_valid(ObjectName, value):
            raise click.UsageError(f"{option} '{printable(value)}': a name has small letters, digits, `-` and `.`")
    pairs = {}
    for label in labels:
        key, equals, value = label.partition("=")
        if not equals or not _is_valid(LabelKey, key) or not _is_valid(LabelValue, value):
            raise click.UsageError(f"--label '{printable(label)}' is not of the form site=hq")
        pairs[key] = value
    return ImportOptions(
        name=name,
        node=node,
        image=image,
        ds_version=DsVersion(ds_version) if ds_version else None,
        base_dir=base_dir,
        labels=pairs,
    )


def _is_valid(form: Any, value: str) -> bool:
    from pydantic import TypeAdapter, ValidationError

    try:
        TypeAdapter(form).validate_python(value)
    except ValidationError:
        return False
    return True


# --- manifests -------------------------------------------------------------------------------------------------------


def _texts(imported: "Imported", output: str | None) -> dict[str, str]:
    """YAML by the file that it belongs into; one for standard output."""
    from controller.source.read.yaml_text import yaml_text

    def text(manifests: "Sequence[Manifest]") -> str:
        return "---\n".join(yaml_text(one.document()) for one in manifests)

    if output is None or not _is_folder(output):
        return {output or "<stdout>": text(imported.manifests)}
    cameras = [one for one in imported.manifests if one.kind == "Camera"]
    others = [one for one in imported.manifests if one.kind != "Camera"]
    files = {str(Path(output) / f"{one.name}.yaml"): text([one]) for one in others}
    if cameras:
        stem = f"{others[0].name}-cameras" if others else "cameras"
        files[str(Path(output) / f"{stem}.yaml")] = text(cameras)
    return files


def _is_folder(output: str) -> bool:
    return output.endswith("/") or Path(output).is_dir() or not output.endswith((".yaml", ".yml"))


def _document_stream(texts: Mapping[str, str]) -> str:
    return "---\n".join(texts.values())


def _refuse_to_replace(texts: Mapping[str, str]) -> None:
    taken = [file for file in texts if Path(file).exists()]
    if taken:
        verb = "is" if len(taken) == 1 else "are"
        raise Failure(f"{', '.join(taken)} {verb} there already: write elsewhere, or replace with --force")


# --- remarks ---------------------------------------------------------------------------------------------------------


def _lines(remarks: "Iterable[Remark]", secrets: "Mapping[str, Secret]") -> list[tuple[str, str]]:
    """What is said of an import: severity, and a line without any password."""
    from crds.masking import masked, secret_words

    words = [word for secret in secrets.values() for word in secret_words(secret)]

    def shown(line: str) -> str:
        # Some people's password is a word of our own sentences.
        pieces = _OWN_WORDS.split(line)
        return "".join(one if at % 2 else masked(one, words, sentences=True) for at, one in enumerate(pieces))

    return [(one.severity.value, masked(shown(printable(str(one))), sentences=True)) for one in remarks]


def _summary(imported: "Imported", severities: Sequence[str], output: str | None) -> str:
    cameras = sum(one.kind == "Camera" for one in imported.manifests)
    instances = len(imported.manifests) - cameras
    where = f" in {output}" if output else ""
    parts = [
        f"{_counted(len(imported.manifests), 'manifest')}{where}: {_counted(cameras, 'camera')}, {_counted(instances, 'instance')}",
        *(_counted(severities.count(word), word) for word in ("error", "warning", "note") if word in severities),
    ]
    if imported.secrets:
        parts.append(f"{_counted(len(imported.secrets), 'secret')} taken out")
    return "; ".join(parts)


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


# --- secrets ---------------------------------------------------------------------------------------------------------


def _refuse_passwords(texts: Mapping[str, str], secrets: "Mapping[str, Secret]") -> None:
    """Manifests go into git, where nothing can be taken back."""
    from urllib.parse import quote

    for name, secret in secrets.items():
        for form in (str, lambda value: quote(value, safe="")):
            login = f"://{form(secret.username)}@"
            if secret.password is not None:
                login = f"{form(secret.username)}:{form(secret.password)}@"
            if any(login in text for text in texts.values()):
                raise Failure(
                    f"the manifests would hold the password of {name}: nothing was written. Please report this"
                )


def _write_secrets(directory: Path, secrets: "Mapping[str, Secret]") -> None:
    """Writes the secrets as agents read them.

    Raises:
        Failure: another value is there already, or the disk does not allow it; then nothing was written.
    """
    from cli.output_files import write_file
    from nodeagent.folders.secret_files import read_secret
    from nodeagent.model import Waiting

    missing = []
    for name, secret in secrets.items():
        if not (directory / name).exists():
            missing.append(name)
            continue
        try:
            known = read_secret(directory, name)
        except Waiting as problem:
            raise Failure(f"{problem}: complete or remove {directory / name}") from None
        if known != secret and known.password is None and known.username == secret.username:
            raise Failure(f"{directory / name} has no file 'password': complete or remove {directory / name}")
        if known != secret:
            raise Failure(f"{directory / name} holds another user name or password: remove it, or name another DIR")
    for name in missing:
        write_file(directory / name / "username", secrets[name].username, private=True)
        password = secrets[name].password
        if password is not None:
            write_file(directory / name / "password", password, private=True)


def _about_secrets(imported: "Imported", directory: Path | None) -> list[str]:
    """A line for each secret: where it is or must be made, and where it came from."""
    lines = []
    for name in sorted(imported.secrets):
        places = [f"{one.file}:{one.line}" for one in imported.remarks if _names(one.message, name)]
        password = "" if imported.secrets[name].password is None else f" and SECRETS/{name}/password"
        came_from = f" (from {', '.join(dict.fromkeys(places))})" if places else ""
        lines.append(
            f"secret {name}{came_from}: give {directory / name}/ to the nodes that run the instance"
            if directory
            else f"secret {name}{came_from}: make SECRETS/{name}/username{password} on the nodes that run "
            "the instance, or let --secrets-dir write them"
        )
    return lines


def _names(message: str, name: str) -> bool:
    import re

    return re.search(rf"(?<![-a-z0-9.]){re.escape(name)}(?![-a-z0-9])", message) is not None
