"""A controller whose manifests lie in a directory, and `fleet` that asks it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.main import fleet
from controller.source.fetch.directory import DirectorySource
from tests.writing.conftest import many, write_fleet
from tests.writing.served import Served, served

__all__ = ("many",)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    top = tmp_path / "manifests"
    write_fleet(top)
    return top


@pytest.fixture
def api(directory: Path) -> Iterator[Served]:
    with served(DirectorySource(directory)) as one:
        yield one


@pytest.fixture
def run(api: Served) -> Callable[..., Result]:
    """Runs `fleet` against the controller."""

    def invoke(*words: str, **how: Any) -> Result:
        return CliRunner().invoke(fleet, ["--server", api.url, *words], **how)

    return invoke
