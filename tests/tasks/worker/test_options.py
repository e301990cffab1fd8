import pytest

from tasks.worker.options import read_options


def test_the_size_of_pictures_is_said_as_width_and_height() -> None:
    options = read_options(["--bootstrap-servers", "x", "--input-size", "640x384", "--layout", "yolox"], "worker")
    assert (options.input_size, options.layout) == ((640, 384), "yolox")


def test_one_number_is_both_sides() -> None:
    assert read_options(["--bootstrap-servers", "x", "--input-size", "640"], "worker").input_size == (640, 640)


@pytest.mark.parametrize("size", ["640x", "x384", "0x384", "640x-1", "ax b", "640x384x3"])
def test_a_size_that_is_none_is_refused(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        read_options(["--bootstrap-servers", "x", "--input-size", size], "worker")
    assert left.value.code == 2
    assert "--input-size" in capsys.readouterr().err
