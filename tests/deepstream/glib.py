"""GLib's own GKeyFile, through ctypes: what our reader of key files is measured against."""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from deepstream.keyfile_values import Reader, Value

_GROUP, _KEY = b"group", b"key"


_WARNING = 1 << 4
# It says of a value with two faults that an error was set twice; kept here, as the library calls it as long as it lives.
_SILENT = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(lambda *_: None)


class Refused(Exception):  # noqa: N818 -- not a failure: GLib's answer
    """GLib set an error."""


class _GError(ctypes.Structure):
    _fields_ = (("domain", ctypes.c_uint32), ("code", ctypes.c_int), ("message", ctypes.c_char_p))


@dataclass(frozen=True)
class _Function:
    """How a typed reader is called, and how to make a Python value of its answer."""

    name: str
    result: Any
    is_list: bool = False
    convert: Callable[[Any], Any] = lambda value: value


_READERS = {
    Reader.INTEGER: _Function("integer", ctypes.c_int),
    Reader.UINT64: _Function("uint64", ctypes.c_uint64),
    Reader.BOOLEAN: _Function("boolean", ctypes.c_int, convert=bool),
    Reader.DOUBLE: _Function("double", ctypes.c_double),
    Reader.STRING: _Function("string", ctypes.c_void_p, convert=lambda at: ctypes.string_at(at).decode()),
    Reader.INTEGER_LIST: _Function("integer_list", ctypes.POINTER(ctypes.c_int), is_list=True),
    Reader.DOUBLE_LIST: _Function("double_list", ctypes.POINTER(ctypes.c_double), is_list=True),
    Reader.STRING_LIST: _Function("string_list", ctypes.POINTER(ctypes.c_char_p), is_list=True, convert=bytes.decode),
}
READERS = tuple(_READERS)


class GLib:
    """The library.

    Raises:
        OSError: it is not on this machine.
    """

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libglib-2.0.so.0")
        self._library.g_log_set_handler(b"GLib", _WARNING, _SILENT, None)
        for name in ("g_key_file_get_groups", "g_key_file_get_keys"):
            getattr(self._library, name).restype = ctypes.POINTER(ctypes.c_char_p)
        for name in ("g_key_file_new", "g_key_file_get_value"):
            getattr(self._library, name).restype = ctypes.c_void_p
        for name in ("g_key_file_unref", "g_free", "g_strfreev", "g_error_free"):
            getattr(self._library, name).restype = None
        for function in _READERS.values():
            getattr(self._library, f"g_key_file_get_{function.name}").restype = function.result

    @contextmanager
    def load(self, text: str) -> Iterator["GLibKeyFile"]:
        """A key file with this text.

        Raises:
            Refused: GLib does not load it.
        """
        data = text.encode()
        with self._new() as file:
            file.call("load_from_data", data, ctypes.c_size_t(len(data)), 0)
            yield file

    @contextmanager
    def holding(self, raw: str) -> Iterator["GLibKeyFile"]:
        """A key file with one raw value, whatever it is, at group `group` and key `key`."""
        with self._new() as file:
            self._library.g_key_file_set_value(file.handle, _GROUP, _KEY, raw.encode())
            yield file

    @contextmanager
    def _new(self) -> Iterator["GLibKeyFile"]:
        handle = ctypes.c_void_p(self._library.g_key_file_new())
        try:
            yield GLibKeyFile(self._library, handle)
        finally:
            self._library.g_key_file_unref(handle)

    def loads(self, text: str) -> bool:
        """True when GLib loads this text."""
        try:
            with self.load(text):
                return True
        except Refused:
            return False

    def read(self, reader: Reader, raw: str) -> Value:
        """What a typed reader makes of a raw value.

        Raises:
            Refused: it refuses it.
        """
        with self.holding(raw) as file:
            return file.read(reader, _GROUP.decode(), _KEY.decode())


@dataclass(frozen=True)
class GLibKeyFile:
    """One GKeyFile."""

    library: ctypes.CDLL
    handle: ctypes.c_void_p

    def groups(self) -> list[str]:
        return self._texts(self.library.g_key_file_get_groups(self.handle, None))

    def keys(self, group: str) -> list[str]:
        """As GLib lists them: a key that is repeated stands here as often."""
        return self._texts(self.call("get_keys", group.encode(), None))

    def value(self, group: str, key: str) -> str:
        at = self.call("get_value", group.encode(), key.encode())
        try:
            return ctypes.string_at(at).decode()
        finally:
            self.library.g_free(ctypes.c_void_p(at))

    def read(self, reader: Reader, group: str, key: str) -> Value:
        """What a typed reader makes of the value.

        Raises:
            Refused: it refuses it.
        """
        function = _READERS[reader]
        size = ctypes.c_size_t()
        arguments = (ctypes.byref(size),) if function.is_list else ()
        answer = self.call(f"get_{function.name}", group.encode(), key.encode(), *arguments)
        try:
            if function.is_list:
                return tuple(function.convert(answer[at]) for at in range(size.value))
            return function.convert(answer)
        finally:
            if reader is Reader.STRING_LIST:
                self.library.g_strfreev(answer)
            elif function.is_list or reader is Reader.STRING:
                self.library.g_free(answer if function.is_list else ctypes.c_void_p(answer))

    def call(self, name: str, *arguments: Any) -> Any:
        """Calls `g_key_file_<name>`.

        Raises:
            Refused: GLib set an error.
        """
        error = ctypes.POINTER(_GError)()
        answer = getattr(self.library, f"g_key_file_{name}")(self.handle, *arguments, ctypes.byref(error))
        if error:
            message = error.contents.message.decode(errors="replace")
            self.library.g_error_free(error)
            raise Refused(message)
        return answer

    def _texts(self, strings: Any) -> list[str]:
        found: list[str] = []
        while strings[len(found)] is not None:
            found.append(strings[len(found)].decode())
        self.library.g_strfreev(strings)
        return found
