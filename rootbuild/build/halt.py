"""How the threads of a build learn that they shall stop."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator


class Canceled(BaseException):
    """This part of the build is not wanted any more: another has failed, or we are to end."""


class Halt:
    """A switch that is pressed once. Whoever waits for something looks at it now and then."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def press(self) -> None:
        """Stop everybody."""
        self._event.set()

    @property
    def pressed(self) -> bool:
        """Whether everybody shall stop."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise Canceled if it is pressed."""
        if self.pressed:
            raise Canceled

    def pause(self, seconds: float) -> None:
        """Wait that long. Raises Canceled as soon as it is pressed."""
        self._event.wait(seconds)
        self.check()

    @contextlib.contextmanager
    def blamed(self) -> Iterator[None]:
        """What goes wrong in the block after it was pressed is due to that: Canceled is raised.

        Also when nothing goes wrong, as a step that was ended may look well.
        """
        try:
            yield
        except Exception as error:
            if self.pressed:
                raise Canceled from error
            raise
        self.check()
