"""What one import has at hand and collects: the texts that it reads, its remarks, its secrets, its files."""

import posixpath
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from crds.foreign_placeholders import holds_placeholder
from deepstream.app.values import SwitchedGroup
from deepstream.config_text import is_yaml
from deepstream.findings import ConfigTextError, Finding, Severity
from deepstream.groups import KeyGroup
from importer.model import CannotImport, ImportOptions, ReadFile, Remark
from importer.names import FileNames, ranges
from importer.paths import Place
from importer.places import Lines, Places
from importer.secrets_taken import CleanKeys, SecretsTaken, without_logins

MOST_CHARACTERS: Final = 262_144
"""Of a file that a manifest holds with its text."""
MOST_FILES: Final = 64
_FEW: Final = 3
"""Up to so many equal findings are said one by one."""


class Desk:
    """The state of one import."""

    def __init__(
        self,
        main: str,
        whole: str,
        read_file: ReadFile,
        options: ImportOptions,
        name: str,
        own_files: Iterable[str] = (),
    ) -> None:
        self.main = main
        """The file, or the folder with a slash behind it."""
        self.whole = whole
        """The file that stands for all that is imported."""
        self.options = options
        self.name = name
        self.place = Place(base_dir=options.base_dir)
        self.secrets = SecretsTaken(name)
        self.names = FileNames(own_files)
        self.remarks: list[Remark] = []
        self.places = Places(whole)
        self.files: dict[str, str] = {}
        self._read_file = read_file
        self._folder = posixpath.dirname(main)
        self._placed: dict[str, str] = {}
        self._relative: set[tuple[str, str]] = set()

    def shown(self, path: str) -> str:
        """A path that is seen from the folder of the main file, as the caller would write it."""
        return posixpath.normpath(posixpath.join(self._folder, path))

    def text(self, path: str) -> str | None:
        """The text of a file, by its path as the folder of the main file sees it."""
        return None if not path or "\0" in path else self._read_file(self.shown(path))

    def remark(self, severity: Severity, file: str, line: int | None, message: str, *, left_out: bool = False) -> None:
        """Remembers something to be said of a file that was read.

        Args:
            severity: how bad it is.
            file: the file.
            line: in it; the file as a whole without one.
            message: the sentence.
            left_out: that something is in no manifest.
        """
        self.remarks.append(Remark(severity, file, line or 1, message, left_out))

    def forget(self, severity: Severity, file: str, line: int | None) -> None:
        """Forgets what a reader said of a line, of which more is said now."""
        self.remarks = [
            one for one in self.remarks if line is None or (one.file, one.line, one.severity) != (file, line, severity)
        ]

    def findings(
        self, file: str, findings: Iterable[Finding], line_of: Callable[[str], int | None] = lambda _: None
    ) -> None:
        """Remembers what a reader found in a file: many equal ones of numbered groups as one, at the first line.

        Args:
            file: the file.
            findings: what was found.
            line_of: gives the line of a key, for readers that know none.
        """
        equal: dict[tuple[object, ...], list[Finding]] = {}
        for at, one in enumerate(findings):
            numbered = one.group[-1:].isdecimal()
            equal.setdefault((one.severity, one.key, one.message, None if numbered else at), []).append(one)
        for found in equal.values():
            # A few have a line each, so that people find them.
            for some in [found] if len(found) > _FEW else [[one] for one in found]:
                where = f"{ranges([one.group for one in some])} {some[0].key}" if some[0].group else some[0].key
                message = without_logins(some[0].message)
                where = where.strip()
                line = some[0].line or line_of(some[0].key)
                shown = f"{where}: {message}" if where else message
                self.remark(some[0].severity, file, line, shown, left_out=some[0].left_out)

    def refuse(self, file: str, error: ConfigTextError) -> CannotImport:
        """The error for a file that DeepStream itself would not load."""
        return CannotImport(f"{file}:{error.line}: {without_logins(error.message)}")

    def name_of(self, on_disk: str) -> str | None:
        """The name in the configuration folder of a file that was taken over."""
        return self._placed.get(posixpath.normpath(on_disk))

    def take_name(self, on_disk: str, group: str, *, key_file: bool = False) -> str:
        """Gives a file that is taken over a name in the configuration folder; YAML is written as a key file."""
        from_yaml = key_file and is_yaml(on_disk)
        name = self.names.take(on_disk, group, ".txt" if from_yaml else None)
        self._placed[posixpath.normpath(on_disk)] = name
        if from_yaml:
            self.remark(Severity.NOTE, self.shown(on_disk), None, f"the YAML file is written as a key file, {name}")
        elif name != posixpath.basename(on_disk):
            self.remark(Severity.NOTE, self.shown(on_disk), None, f"the file is called {name} from now on")
        return name

    def take_text(self, on_disk: str, group: str, text: str | None = None) -> bool:
        """Takes a file over as it is; False when it cannot be read, or is too large for a manifest.

        Args:
            on_disk: its path, as the folder of the main file sees it.
            group: what names it.
            text: instead of what stands there, with as many lines.
        """
        if self.name_of(on_disk):
            return True
        text = self.text(on_disk) if text is None else text
        if text is None or len(text) > MOST_CHARACTERS or len(self.files) >= MOST_FILES:
            return False
        clean, lines, foreign = self.secrets.without_secrets_in_text(text)
        name = self.take_name(on_disk, group)
        self.files[name] = clean
        self.places.put(("files", name), self.shown(on_disk), None)
        for line, names in lines.items():
            self.remark(Severity.NOTE, self.shown(on_disk), line, f"the secret in this line became {', '.join(names)}")
        for line in foreign:
            message = "in place of a secret stands a placeholder of another program; nothing fills it in"
            self.remark(Severity.WARNING, self.shown(on_disk), line, message)
        return True

    def rewritten(self, path: str, place: Place) -> str:
        """A path of a file in some place as it is to be written into the configuration folder."""
        if not path:
            return path
        return self.name_of(place.on_disk(path)) or place.kept(path)

    def stays(self, file: str, line: int | None, key: str, path: str) -> None:
        """Says of each path once that it must lead somewhere in the container too; what to do, the first time."""
        if path.startswith("/") or (key, path) in self._relative:
            return
        advice = (
            "; as above"
            if self._relative
            else (
                ": it must lead to the file from the configuration folder in the container "
                "(spec.container.configMountPath, or a volume there); or import with --base-dir"
            )
        )
        self._relative.add((key, path))
        self.remark(Severity.NOTE, file, line, f"{key}: the relative path {path} is kept{advice}")

    def group(self, group: KeyGroup, purpose: str, file: str, name: str, lines: Lines) -> dict[str, Any]:
        """A group as it stands in a manifest, without secrets; each that was taken out is said."""
        clean = self.secrets.without_secrets(group, purpose)
        data = clean.data
        self._say_secrets(clean, file, name, lines)
        used = not isinstance(group, SwitchedGroup) or bool(group.enable)
        for field, declared in group.keys().items():
            value = data.get(type(group).model_fields[field].alias or field)
            if declared.name in clean.dropped or not _holds_placeholder(value):
                continue
            parts = value if isinstance(value, dict) and declared.prefix else {"": value}
            for part in (part for part, one in parts.items() if _holds_placeholder(one)):
                self._say_placeholder(file, name, f"{declared.name}{part}", lines, used=used)
        for key, raw in group.extra_keys.items():
            if key not in clean.dropped and holds_placeholder(raw):
                self._say_placeholder(file, name, key, lines, used=used)
        for key in self.secrets.quoted_now(group, data):
            message = (
                f"[{name}] {key}: DeepStream needs the value in double quotes, and refuses it without: they are added"
            )
            self.remark(Severity.WARNING, file, lines.of(name, key), message)
        return data

    def extra_groups(self, groups: Mapping[str, Mapping[str, str]], file: str, lines: Lines) -> dict[str, Any]:
        """Groups that nobody knows as they stand in a manifest, without secrets."""
        result = {}
        for name, keys in groups.items():
            clean = self.secrets.without_secret_keys(keys, "keys")
            result[name] = clean.data
            self._say_secrets(clean, file, name, lines)
            for key in (key for key, raw in clean.data.items() if holds_placeholder(raw)):
                self._say_placeholder(file, name, key, lines)
        return result

    def _say_secrets(self, clean: CleanKeys, file: str, name: str, lines: Lines) -> None:
        for key in clean.taken:
            self._say_taken(file, lines.of(name, key), f"[{name}] {key}", clean.data)
        for key in clean.dropped:
            message = (
                f"[{name}] {key}: in place of a secret stands a placeholder of another program; nothing fills it in, no secret "
                "is made of it, and it is left out: make a secret of the node, and write ${secret:NAME:password}"
            )
            self.remark(Severity.WARNING, file, lines.of(name, key), message, left_out=True)

    def _say_placeholder(self, file: str, name: str, key: str, lines: Lines, *, used: bool = True) -> None:
        message = f"[{name}] {key}: the value holds a placeholder of another program; nothing fills it in: write what is meant"
        self.remark(Severity.WARNING if used else Severity.NOTE, file, lines.of(name, key), message)

    def _say_taken(self, file: str, line: int | None, where: str, data: Mapping[str, Any]) -> None:
        shown = str(_value_of(data, where.rpartition(" ")[2]))
        names = [name for name in self.secrets.by_name if f"${{secret:{name}:" in shown]
        self.remark(Severity.NOTE, file, line, f"{where}: the secret in it became {', '.join(names)}")


def _value_of(data: Mapping[str, Any], key: str) -> Any:
    """What a manifest has for a key of a file; all of it when that cannot be told."""
    found = {**data, **data.get("extraKeys", {})}
    return next((value for name, value in found.items() if _letters(name) == _letters(key)), data)


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()


def _holds_placeholder(value: Any) -> bool:
    """True for a value, or a list or mapping of values, with a placeholder of another program."""
    if isinstance(value, Mapping):
        return any(_holds_placeholder(one) for one in value.values())
    if isinstance(value, list | tuple):
        return any(_holds_placeholder(one) for one in value)
    return isinstance(value, str) and holds_placeholder(value)
