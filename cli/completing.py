"""What the shell completes: kinds, and the names of objects as the controller knows them."""

from typing import TYPE_CHECKING

import click

from cli.kinds import CAMERA, DSINSTANCE, KINDS, OBJECT_KINDS, Kind
from cli.server_address import DEFAULT_SERVER

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_PATIENCE_SECONDS = 0.5


def complete_targets(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Completes `KIND`, `KIND,KIND`, `KIND NAME` and `KIND/NAME`."""
    words = ctx.params.get(param.name or "") or ()
    if words and "/" not in words[0]:
        return [name for name in _names(ctx, _kind(words[0])) if name.startswith(incomplete)]
    kind, slash, start = incomplete.partition("/")
    if slash:
        return [f"{kind}/{name}" for name in _names(ctx, _kind(kind)) if name.startswith(start)]
    before, comma, last = incomplete.rpartition(",")
    words = [kind.plural for kind in KINDS] + ([] if comma else ["all"])
    return [f"{before}{comma}{word}" for word in words if word.startswith(last.lower())]


def complete_objects(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001 - click's signature
    """Completes `KIND/NAME`."""
    kind, slash, start = incomplete.partition("/")
    if slash:
        return [f"{kind}/{name}" for name in _names(ctx, _kind(kind)) if name.startswith(start)]
    return [f"{kind.singular}/" for kind in OBJECT_KINDS if kind.singular.startswith(incomplete.lower())]


def complete_cameras(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001 - click's signature
    """Completes `NAME` and `KIND/NAME` of cameras."""
    kind, slash, start = incomplete.rpartition("/")
    if slash and _kind(kind) != CAMERA:
        return []
    return [f"{kind}{slash}{name}" for name in _names(ctx, CAMERA) if name.startswith(start)]


def complete_instance_and_path(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> "list[str] | list[CompletionItem]":
    """Completes `KIND/NAME` or `KIND NAME` for instances, and a directory after that."""
    from click.shell_completion import CompletionItem

    words = ctx.params.get(param.name or "") or ()
    if len(words) > 1 or any("/" in word for word in words):
        return [CompletionItem(incomplete, type="dir")]
    if words:
        return [name for name in _names(ctx, DSINSTANCE) if name.startswith(incomplete)]
    kind, slash, start = incomplete.partition("/")
    if slash:
        return [f"{kind}/{name}" for name in _names(ctx, DSINSTANCE) if name.startswith(start)]
    return [f"{DSINSTANCE.singular}/"] if DSINSTANCE.singular.startswith(incomplete.lower()) else []


def _kind(word: str) -> Kind | None:
    return next((kind for kind in KINDS if word.lower() in (kind.singular, kind.plural, kind.short)), None)


def _names(ctx: click.Context, kind: Kind | None) -> list[str]:
    """The names of all objects of a kind; none at all when the controller does not say them at once."""
    if kind is None:
        return []
    from cli.connection import Api
    from cli.failure import Failure
    from cli.server import Server, token_given

    given = ctx.find_root().params
    try:
        token = token_given(given.get("token"), given.get("token_file"))
        ways = given.get("ca"), given.get("client_cert"), given.get("client_key")
        server = Server(given.get("server") or DEFAULT_SERVER, token, *ways)
        answer = Api(server, timeout_seconds=_PATIENCE_SECONDS).get_list(kind.path)
        return [str(item["metadata"]["name"]) for item in answer["items"]]
    except Failure:
        return []
