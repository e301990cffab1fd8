"""`fleet kubeconfig`: what kubectl needs to know."""

import json
from base64 import b64encode
from pathlib import Path

import click

from cli.failure import Failure
from cli.server import Server


@click.command(short_help="Print a configuration for kubectl.")
@click.option("--name", default="fleet", show_default=True, help="What cluster, user and context are called.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write it to a file, which you alone can read.")
@click.pass_obj
def kubeconfig(server: Server, *, name: str, output: Path | None) -> None:
    """Prints a configuration with which kubectl asks this controller, with --token and --ca or --client-cert.

    \b
    fleet --server https://ctl:8420 --ca ca.pem --token-file token kubeconfig -o ~/.kube/fleet
    KUBECONFIG=~/.kube/fleet kubectl get cameras
    """  # noqa: D301 - click keeps the lines below \b as they are
    if server.url.startswith("unix:"):
        raise Failure("kubectl knows no unix sockets: name the controller by https://")
    url = server.url if "://" in server.url else f"http://{server.url}"
    if server.token and not url.startswith("https://"):
        raise Failure(f"kubectl sends no token to {url}: start the controller with --tls, and name it by https://")
    text = _text(name, url, server)
    if output is None:
        click.echo(text, nl=False)
        return
    from ports.disk import RealDisk

    try:
        RealDisk().write(output, text.encode())
    except OSError as error:
        raise Failure(f"{output} cannot be written: {error.strerror}") from None


def _text(name: str, url: str, server: Server) -> str:
    cluster = {"server": url}
    if server.ca:
        cluster["certificate-authority-data"] = _encoded(server.ca)
    user = {"token": server.token} if server.token else {}
    if server.client_certificate:
        user["client-certificate-data"] = _encoded(server.client_certificate)
        user["client-key-data"] = _encoded(server.client_key or server.client_certificate)
    # JSON values are YAML, and need no rules about quoting of their own.
    return (
        "apiVersion: v1\nkind: Config\n"
        f"clusters:\n- name: {json.dumps(name)}\n  cluster: {json.dumps(cluster)}\n"
        f"users:\n- name: {json.dumps(name)}\n  user: {json.dumps(user)}\n"
        f"contexts:\n- name: {json.dumps(name)}\n  context: {json.dumps({'cluster': name, 'user': name})}\n"
        f"current-context: {json.dumps(name)}\n"
    )


def _encoded(path: Path) -> str:
    try:
        return b64encode(path.read_bytes()).decode()
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}") from None
