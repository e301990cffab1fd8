import logging

from bus.client_log import NotTooOften, client_logger


def line(text: str) -> logging.LogRecord:
    return logging.LogRecord("bus", logging.ERROR, __file__, 1, text, None, None)


def test_lines_that_differ_in_numbers_alone_are_said_once_a_minute() -> None:
    now = [0.0]
    said = NotTooOften(lambda: now[0])
    assert said.filter(line("FAIL: 127.0.0.1:9092: refused (after 0ms)"))
    now[0] = 59.0
    assert not said.filter(line("FAIL: 127.0.0.1:9092: refused (after 17ms)"))
    assert said.filter(line("SASL handshake failed")), "another kind of line"
    now[0] = 60.5
    assert said.filter(line("FAIL: 127.0.0.1:9092: refused (after 3ms)"))


def test_what_is_remembered_is_bounded() -> None:
    said = NotTooOften(lambda: 0.0)
    letters = [f"{chr(97 + one // 676)}{chr(97 + one // 26 % 26)}{chr(97 + one % 26)}" for one in range(3000)]
    assert all(said.filter(line(text)) for text in letters)
    assert len(said._said) <= 1000


def test_all_clients_of_a_bus_share_one_filter() -> None:
    parent = logging.getLogger("test-bus")
    assert client_logger(parent) is client_logger(parent)
    assert len(client_logger(parent).filters) == 1
