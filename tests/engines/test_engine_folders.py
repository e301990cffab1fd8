"""Engines are found by the next container of the same image, kind of GPU and models, and by no other."""

from itertools import combinations
from pathlib import Path

import pytest

from nodeagent.engines.docker.engine_folders import engine_folder_name, gpus_of_machine

IMAGE, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64
A10, L4 = {"GPU-1": "NVIDIA A10"}, {"GPU-2": "NVIDIA L4"}


def test_a_folder_for_each_image_gpu_and_set_of_models() -> None:
    names = [
        engine_folder_name(IMAGE, A10, (), "sha256:" + "1" * 64),
        engine_folder_name(OTHER, A10, (), "sha256:" + "1" * 64),
        engine_folder_name(IMAGE, L4, (), "sha256:" + "1" * 64),
        engine_folder_name(IMAGE, A10, (), "sha256:" + "2" * 64),
        engine_folder_name(IMAGE, {}, (), "sha256:" + "1" * 64),
        engine_folder_name(None, A10, (), "sha256:" + "1" * 64),
    ]
    assert names[0] == "aaaaaaaaaaaa_nvidia-a10_111111111111"
    assert all(one != other for one, other in combinations(names, 2))
    assert not any("/" in name or name.startswith(".") for name in names)


@pytest.mark.parametrize(
    ("wanted", "gpu"),
    [
        ((), "nvidia-a10+nvidia-l4"),
        (("0",), "nvidia-a10+nvidia-l4"),
        (("GPU-2",), "nvidia-l4"),
        (("all",), "nvidia-a10+nvidia-l4"),
    ],
)
def test_the_gpus_that_the_container_sees_count_where_they_are_told_by_uuid(wanted: tuple[str, ...], gpu: str) -> None:
    assert engine_folder_name(IMAGE, {**A10, **L4, "GPU-3": "NVIDIA L4"}, wanted, "").split("_")[1:] == [gpu, "none"]


def test_the_driver_tells_the_gpus_of_the_machine(tmp_path: Path) -> None:
    driver, board = tmp_path / "gpus", tmp_path / "model"
    assert gpus_of_machine(driver, board) == {}
    assert engine_folder_name(IMAGE, {}, (), "") == "aaaaaaaaaaaa_unknown-gpu_none"
    board.write_text("NVIDIA Jetson AGX Orin Developer Kit\0")
    assert list(gpus_of_machine(driver, board).values()) == ["NVIDIA Jetson AGX Orin Developer Kit"]
    board.write_text("Raspberry Pi 4 Model B\0")
    assert gpus_of_machine(driver, board) == {}
    (driver / "0000:01:00.0").mkdir(parents=True)
    (driver / "0000:01:00.0" / "information").write_text(
        "Model: \t\t NVIDIA A10\nIRQ:   \t\t 95\nGPU UUID: \t GPU-1\nVideo BIOS: \t 94.02\n"
    )
    assert gpus_of_machine(driver, board) == A10
