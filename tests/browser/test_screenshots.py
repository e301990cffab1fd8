from pathlib import Path

import cv2
from playwright.sync_api import Browser

from tests.e2e.running_fleet import UpFleet
from tools.screenshots import FOLDER, SCREENSHOTS, take

MOST_BYTES = 150_000


def assert_is_shown(path: Path, width: int, height: int) -> None:
    assert path.stat().st_size <= MOST_BYTES
    picture = cv2.imread(str(path))
    assert picture is not None, f"{path} is no picture"
    assert picture.shape == (height, width, 3)
    # Nothing but a ground, and a line of text upon it, spreads by less.
    assert picture.std() > 20, f"{path} shows nothing"


def test_the_pictures_of_the_readme_can_be_taken_of_any_fleet(
    chromium: Browser, fleet: UpFleet, tmp_path: Path
) -> None:
    taken = take(chromium, fleet.url, tmp_path / "pictures")
    for path, one in zip(taken, SCREENSHOTS, strict=True):
        assert_is_shown(path, one.width, one.height)


def test_the_readme_shows_all_that_are_taken() -> None:
    readme = (FOLDER.parents[1] / "README.md").read_text(encoding="utf-8")
    for one in SCREENSHOTS:
        path = FOLDER / f"{one.name}.webp"
        assert f"docs/pictures/{path.name}" in readme
        assert_is_shown(path, one.width, one.height)
    assert {path.name for path in FOLDER.iterdir()} == {f"{one.name}.webp" for one in SCREENSHOTS}
