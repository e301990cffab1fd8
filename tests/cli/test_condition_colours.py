"""A condition of which True is bad is not shown as good."""

import click
import pytest

from cli.tables import Columns


@pytest.mark.parametrize(
    ("cells", "colour"),
    [
        (["Ready", "True"], "green"),
        (["Ready", "False"], "red"),
        (["Degraded", "True"], "red"),
        (["Degraded", "False"], "green"),
        (["ReportTruncated", "True"], "red"),
        (["Degraded", "Unknown"], "yellow"),
    ],
)
def test_true_is_red_where_it_is_bad(cells: list[str], colour: str) -> None:
    assert Columns().line(cells).endswith(click.style(cells[1], fg=colour))
