"""Secrets of today are all masked, however many an instance has; of earlier ones the latest are."""

from nodeagent.folders.remembered_words import RememberedWords


def words(first: int, last: int) -> list[str]:
    return [f"password-{number}" for number in range(first, last)]


def test_an_instance_may_have_as_many_secrets_as_it_has_cameras() -> None:
    remembered = RememberedWords()
    assert remembered.with_those_of_today("hall", words(0, 300)) == tuple(words(0, 300))
    assert remembered.with_those_of_today("hall", ()) == tuple(words(0, 300))


def test_of_those_that_were_replaced_the_latest_are_kept() -> None:
    remembered = RememberedWords()
    remembered.with_those_of_today("hall", words(0, 300))
    assert remembered.with_those_of_today("hall", words(299, 500)) == (*words(199, 299), *words(299, 500))
    for at in range(500, 900):
        remembered.with_those_of_today("hall", words(at, at + 1))
    assert remembered.with_those_of_today("hall", ()) == tuple(words(799, 900))
    remembered.forget("hall")
    assert remembered.with_those_of_today("hall", ()) == ()
