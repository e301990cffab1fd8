"""The page in a real browser, on a real fleet. A package to pytest, so that both end with the last of these tests."""
