import stat
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from pipeline.files.json_reader import ConfigError
from tasks.service.login_throttle import LoginThrottle
from tasks.service.tokens import Tokens
from tasks.service.users import Users, hash_password, write_user

PASSWORD = "correct horse"
# A true line of a file, but written here: the ids of tests are the same in every process.
HASHED = "scrypt$32768$8$3$kcV1NpH5XyraPJlic6B1cA==$1wgYNqIP2dDlZDx9oVNWP+dRd5r3tm0xrXmvcErEQsI="


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "new" / "users"
    assert write_user(file, "alice", PASSWORD)
    return file


def test_only_the_right_password_of_a_user_that_there_is_will_do(file: Path) -> None:
    users = Users(file)
    assert users.check("alice", PASSWORD) == users.credential("alice")
    for name, password in (("alice", "wrong"), ("alice", ""), ("alice", PASSWORD + " "), ("bob", PASSWORD)):
        assert users.check(name, password) is None
    assert users.credential("bob") is None


def test_the_file_holds_no_password_and_is_for_its_owner_alone(file: Path) -> None:
    assert PASSWORD not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert hash_password(PASSWORD) != hash_password(PASSWORD)


def test_changes_of_the_file_are_noticed_without_a_restart(file: Path) -> None:
    users = Users(file)
    before = users.credential("alice")
    assert write_user(file, "bob", "battery staple")
    assert not write_user(file, "alice", "another horse")
    assert users.check("bob", "battery staple")
    assert users.check("alice", PASSWORD) is None
    assert users.credential("alice") not in (None, before)


def test_a_file_that_breaks_while_it_is_in_use_leaves_the_users_as_they_were(file: Path) -> None:
    users = Users(file)
    file.write_text("alice:in-clear\n")
    assert users.check("alice", PASSWORD)


@pytest.mark.parametrize(
    "line",
    ["alice", "alice:secret", "a b:" + HASHED, "alice:scrypt$1048576$8$1$c2FsdA==$" + "A" * 44,
     "alice:scrypt$3$8$1$c2FsdA==$" + "A" * 44, "alice:scrypt$16$8$1$c2FsdA==$%%", "alice:scrypt$16$8$0$c2FsdA==$" + "A" * 44],
)  # fmt: skip
def test_a_file_that_is_no_file_of_users_is_refused_without_being_shown(tmp_path: Path, line: str) -> None:
    file = tmp_path / "users"
    file.write_text(f"# users\n{line}\n")
    with pytest.raises(ConfigError, match=r"users:2: not a line") as refused:
        Users(file)
    assert line.partition(":")[2] not in str(refused.value).removeprefix(str(file)) or ":" not in line
    with pytest.raises(ConfigError):
        write_user(file, "bob", PASSWORD)


@pytest.mark.parametrize("content", [None, "", "# nobody\n", b"\xff\xfe"])
def test_a_service_without_users_is_told_how_to_make_one(tmp_path: Path, content: str | bytes | None) -> None:
    file = tmp_path / "users"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError, match=r"fleet tasks add-user|cannot be read: not UTF-8"):
        Users(file)


@pytest.mark.parametrize(("name", "password"), [("", PASSWORD), ("a:b", PASSWORD), ("a\nb", PASSWORD), ("../a", PASSWORD),
                                                ("alice", "short"), ("alice", "x" * 257)])  # fmt: skip
def test_names_and_passwords_that_will_not_do_are_refused(tmp_path: Path, name: str, password: str) -> None:
    with pytest.raises(ValueError, match=r"a user's name|a password must"):
        write_user(tmp_path / "users", name, password)
    assert list(tmp_path.iterdir()) == []


def test_a_token_is_known_until_its_time_is_over(engine: Engine, file: Path) -> None:
    users = Users(file)
    credential = users.credential("alice") or ""
    assert Tokens(engine, users).user(Tokens(engine, users).give("alice", credential)) == "alice"
    assert Tokens(engine, users).user(Tokens(engine, users, lifetime_s=-1).give("alice", credential)) is None
    for guess in ("", "x", "\udcff", "' OR 1=1 --"):
        assert Tokens(engine, users).user(guess) is None


def test_a_token_is_void_when_the_password_changes_or_the_user_goes(engine: Engine, file: Path) -> None:
    users = Users(file)
    tokens = Tokens(engine, users)
    write_user(file, "bob", PASSWORD)
    given = {name: tokens.give(name, users.credential(name) or "") for name in ("alice", "bob")}
    write_user(file, "alice", "another horse")
    file.write_text("\n".join(line for line in file.read_text().splitlines() if not line.startswith("bob")))
    assert [tokens.user(token) for token in given.values()] == [None, None]


def test_the_database_holds_no_token(engine: Engine, file: Path) -> None:
    users = Users(file)
    token = Tokens(engine, users).give("alice", users.credential("alice") or "")
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM tokens")).all()
    assert len(rows) == 1
    assert token not in str(rows)


def test_tokens_that_have_expired_are_forgotten(engine: Engine, file: Path) -> None:
    users = Users(file)
    for _ in range(3):
        Tokens(engine, users, lifetime_s=-1).give("alice", "")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM tokens")).scalar() == 1


def test_guesses_wait_longer_each_time_and_a_right_one_ends_it() -> None:
    throttle = LoginThrottle()
    assert [throttle.attempt("a", "alice", 0.0) for _ in range(5)] == [0.0] * 5
    waits = []
    now_s = 0.0
    for _ in range(8):
        waits.append(throttle.attempt("a", "alice", now_s))
        now_s += waits[-1]
        assert throttle.attempt("a", "alice", now_s) == 0
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]
    throttle.succeeded("a", "alice")
    assert throttle.attempt("b", "alice", now_s) == 0


def test_nobody_is_locked_out_by_guesses_from_elsewhere() -> None:
    throttle = LoginThrottle()
    for _ in range(20):
        throttle.attempt("attacker", "alice", 0.0)
    assert throttle.attempt("home", "alice", 0.0) == 0


def test_nobody_is_delayed_by_guesses_at_others_behind_the_same_proxy() -> None:
    throttle = LoginThrottle()
    for _ in range(20):
        throttle.attempt("proxy", "mallory", 0.0)
    assert throttle.attempt("proxy", "alice", 0.0) == 0


def test_who_has_a_password_cannot_use_it_to_guess_others() -> None:
    throttle = LoginThrottle()
    begun = 0
    for _ in range(20):
        if throttle.attempt("a", "mallory", 0.0) == 0:
            throttle.succeeded("a", "mallory")
        begun += throttle.attempt("a", "alice", 0.0) == 0
    assert begun == 5


def test_failures_are_forgotten_after_a_while() -> None:
    throttle = LoginThrottle()
    for _ in range(5):
        throttle.attempt("a", "alice", 0.0)
    assert throttle.attempt("a", "alice", 1.0) > 0
    assert throttle.attempt("a", "alice", 1000.0) == 0
    assert throttle.attempt("a", "alice", 1000.0) == 0


def test_many_addresses_and_names_do_not_fill_the_memory() -> None:
    throttle = LoginThrottle()
    for number in range(15_000):
        throttle.attempt(str(number), "alice", 0.0)
        throttle.attempt("a", str(number), 0.0)
    assert len(throttle._failures) <= 10_000
