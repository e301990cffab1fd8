"""What fails a test that visits the page is noticed, and what was seen is kept."""

from pathlib import Path

import pytest
from playwright.sync_api import Error

from tests.browser.visitor import Visitor, axe_findings
from tests.patience import wait_until

_ELSEWHERE = "http://192.0.2.1/"


def test_errors_and_what_the_policy_forbids_are_noticed(visitor: Visitor) -> None:
    page = visitor.open()
    page.evaluate("console.error('a word of the page')")
    page.evaluate("setTimeout(() => { throw new Error('of a bug') })")
    page.evaluate(f"fetch('{_ELSEWHERE}').catch(() => 0)")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))")
    page.evaluate(f"document.body.append(Object.assign(document.createElement('img'), {{src: '{_ELSEWHERE}'}}))")
    expected = ("a word of the page", "of a bug", "connect-src", "script-src", "img-src")

    def all_are_noticed() -> bool:
        # Events are told while something is asked of the browser.
        return page.evaluate("window.ran") is None and all(one in "\n".join(visitor.faults()) for one in expected)

    wait_until(all_are_noticed, "every fault is noticed")
    visitor.expect_fault("")


def test_a_request_to_another_host_is_noticed(visitor: Visitor) -> None:
    visitor.context.route(f"{_ELSEWHERE}**", lambda route: route.abort())
    with pytest.raises(Error, match="ERR_FAILED"):
        visitor.open(_ELSEWHERE)
    assert f"a request to another host: {_ELSEWHERE}" in visitor.faults()
    visitor.expect_fault("")


def test_what_is_seen_is_kept(visitor: Visitor, tmp_path: Path) -> None:
    visitor.open()
    visitor.keep_what_is_seen(tmp_path / "kept")
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {"0.png", "trace.zip"}


def test_axe_looks_at_the_page(visitor: Visitor) -> None:
    page = visitor.open()
    page.evaluate("document.body.append(Object.assign(document.createElement('img'), {src: 'favicon.svg'}))")
    assert any(one.startswith("image-alt") for one in axe_findings(page))
