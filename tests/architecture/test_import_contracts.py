"""The import contracts of pyproject.toml: the code keeps them, and any import that they forbid breaks them."""

import copy
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import chain, combinations, product
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter import Contract
from importlinter.api import read_configuration
from importlinter.contracts.acyclic_siblings import AcyclicSiblingsContract
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.layers import LayersContract
from importlinter.contracts.protected import BrokenContractMetadata, ProtectedContract

from tests.patience import patient

Options = dict[str, Any]

_TREE = Path(__file__).parents[2]
_CONFIGURATION = read_configuration(str(_TREE / "pyproject.toml"))
_SESSION = _CONFIGURATION["session_options"]
_ROOTS: list[str] = _SESSION["root_packages"]
_NOT_IN_THE_WHEEL = {"tests", "tools"}


def _contracts_of(kind: str) -> list[Any]:
    return [pytest.param(one, id=one["name"]) for one in _CONFIGURATION["contracts_options"] if one["type"] == kind]


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """All imports of the product, as lint-imports reads them."""
    return grimp.build_graph(*_ROOTS, include_external_packages=True, cache_dir=None)


@pytest.fixture(scope="module")
def modules(graph: grimp.ImportGraph) -> list[str]:
    """Those of the product itself."""
    return sorted(module for module in graph.modules if not graph.is_module_squashed(module))


@pytest.fixture(scope="module")
def libraries(graph: grimp.ImportGraph) -> set[str]:
    """What the product imports from elsewhere, without the standard library."""
    return {module for module in graph.modules if graph.is_module_squashed(module)} - sys.stdlib_module_names


def unnoticed(graph: grimp.ImportGraph, contract: Contract, planted: Iterable[tuple[str, str]]) -> list[str]:
    """Those of the planted imports that are not told, of a contract that is kept without them."""
    assert contract.check(graph, verbose=False).kept
    graph, planted = copy.deepcopy(graph), set(planted)
    for importer, imported in planted:
        graph.add_import(importer=importer, imported=imported, line_number=1, line_contents="planted")
    told = set(links_in(contract.check(graph, verbose=False).metadata))
    return [f"{importer} -> {imported}" for importer, imported in sorted(planted - told)]


def links_in(told: Any) -> Iterator[tuple[str, str]]:
    """The imports that a broken contract tells of for their own sake, and not as a part of a longer way."""
    match told:
        case {"importer": str(importer), "imported": str(imported), "line_numbers": _}:
            yield importer, imported
        case {"chain": links, "extra_firsts": firsts, "extra_lasts": lasts}:
            if len(links) == 1:
                yield from links_in([*links, *firsts, *lasts])
        case {"chains": chains}:
            yield from links_in([one for one in chains if len(one) == 1])
        case dict():
            yield from links_in([*told.values()])
        case list():
            yield from chain.from_iterable(map(links_in, told))
        case BrokenContractMetadata():
            yield from links_in(told.illegal_links)


def is_within(module: str, rooms: Iterable[str]) -> bool:
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


@pytest.mark.parametrize("options", _contracts_of("protected"))
def test_a_library_is_imported_in_its_rooms_and_nowhere_else(
    graph: grimp.ImportGraph, modules: list[str], options: Options
) -> None:
    protected, rooms = options["protected_modules"], options["allowed_importers"]
    elsewhere = [module for module in modules if not is_within(module, rooms)]
    planted = [*product(elsewhere, protected)]
    assert planted
    assert unnoticed(graph, ProtectedContract(options["name"], _SESSION, options), planted) == []

    importers = {module for library in protected for module in graph.find_modules_that_directly_import(library)}
    idle = [room for room in rooms if not any(is_within(module, [room]) for module in importers)]
    assert idle == [], "nobody there imports it any more: the permission can go"


def test_each_library_has_one_contract(libraries: set[str]) -> None:
    covered = [library for one in _contracts_of("protected") for library in one.values[0]["protected_modules"]]
    assert set(covered) == libraries, "say in pyproject.toml who may import it"
    assert len(covered) == len(set(covered))


@pytest.mark.parametrize("options", _contracts_of("layers"))
def test_no_room_imports_one_above_it_or_beside_it(graph: grimp.ImportGraph, options: Options) -> None:
    planted = []
    for container in options.get("containers", [""]):
        prefix = f"{container}." if container else ""
        layers = [[f"{prefix}{room}" for room in re.split(r" [|:] ", layer)] for layer in options["layers"]]
        planted += [pair for above, below in combinations(layers, 2) for pair in product(below, above)]
        for layer, rooms in zip(options["layers"], layers, strict=True):
            planted += [pair for pair in product(rooms, rooms) if pair[0] != pair[1] and "|" in layer]
    assert planted
    assert unnoticed(graph, LayersContract(options["name"], _SESSION, options), planted) == []


@pytest.mark.parametrize("options", _contracts_of("forbidden"))
def test_no_room_imports_what_is_forbidden_to_it(
    graph: grimp.ImportGraph, modules: list[str], options: Options
) -> None:
    # The last module of each room: it is the deepest.
    sources = [[module for module in modules if is_within(module, [room])][-1] for room in options["source_modules"]]
    planted = [*product(sources, (name for name in options["forbidden_modules"] if name in graph.modules))]
    # A contract takes what it ignores out of the graph, and looks for it there when it is asked again.
    options, graph = dict(options), copy.deepcopy(graph)
    for ignored in options.pop("ignore_imports", []):
        importer, imported = ignored.split(" -> ")
        graph.remove_import(importer=importer, imported=imported)
    assert unnoticed(graph, ForbiddenContract(options["name"], _SESSION, options), planted) == []


@pytest.mark.parametrize("options", _contracts_of("acyclic_siblings"))
def test_nothing_imports_what_imports_it(graph: grimp.ImportGraph, modules: list[str], options: Options) -> None:
    assert set(options["ancestors"]) == set(_ROOTS)
    contract = AcyclicSiblingsContract(options["name"], _SESSION, options)
    assert contract.check(graph, verbose=False).kept
    graph, planted = copy.deepcopy(graph), set()
    for root in _ROOTS:
        inside = [module for module in modules if is_within(module, [root])]
        pairs = [
            (one, other)
            for other in inside
            for one in sorted(graph.find_modules_directly_imported_by(other))
            if one in inside and one != root
        ]
        for importer, imported in pairs[-1:]:
            planted.add(root)
            graph.add_import(importer=importer, imported=imported, line_number=1, line_contents="planted")
    assert len(planted) > len(_ROOTS) // 2
    told = contract.check(graph, verbose=False).metadata["cycle_breakers_by_package"]
    assert {package.partition(".")[0] for package in told} == planted


def test_all_of_the_wheel_is_under_contract(modules: list[str]) -> None:
    shipped = {file.parent.name for file in _TREE.glob("*/__init__.py")} - _NOT_IN_THE_WHEEL
    assert shipped == set(_ROOTS)
    files = [file.relative_to(_TREE).with_suffix("") for root in _ROOTS for file in (_TREE / root).rglob("*.py")]
    assert modules == sorted(".".join(file.parent.parts if file.name == "__init__" else file.parts) for file in files)


def test_a_planted_file_is_found_by_the_program(tmp_path: Path) -> None:
    for root in _ROOTS:
        shutil.copytree(_TREE / root, tmp_path / root, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(_TREE / "pyproject.toml", tmp_path)
    chains = tmp_path / "nodeagent" / "chains.py"
    chains.write_text(f"{chains.read_text()}\nimport docker\n")

    program = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    ended = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=patient(60))
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert " kept, 1 broken." in ended.stdout
    assert "nodeagent.chains -> docker" in ended.stdout
