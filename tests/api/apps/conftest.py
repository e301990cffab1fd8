"""The small fleet of the tests of writes."""

from tests.writing.conftest import directory, fleet, many

__all__ = ("directory", "fleet", "many")
