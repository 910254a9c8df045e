"""Values that several threads want and one of them makes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Once(Generic[Key, Value]):
    """A value for each key, made by who asks first; others wait for it.

    If making it fails, who asks next tries again.
    """

    def __init__(self, make: Callable[[Key], Value]) -> None:
        self._make = make
        self._values: dict[Key, Value] = {}
        self._making: dict[Key, threading.Lock] = {}
        self._lock = threading.Lock()

    def __getitem__(self, key: Key) -> Value:
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            if key not in self._values:
                self._values[key] = self._make(key)
            return self._values[key]

    def made(self) -> Mapping[Key, Value]:
        """The values that there are by now."""
        return dict(self._values)
