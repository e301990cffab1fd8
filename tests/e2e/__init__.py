"""A package to pytest, so that its fleets end with the last of their tests: without this file they run until all tests are done."""
