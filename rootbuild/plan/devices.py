"""`RUN --device`: CDI devices by their names; what they are, the host knows."""

from __future__ import annotations

from rootbuild.booleans import truth
from rootbuild.dockerfile.fields import CsvError, split_csv
from rootbuild.dockerfile.suggest import did_you_mean
from rootbuild.errors import DockerfileError
from rootbuild.records import dataclass

KEYS = ("name", "required")


@dataclass(frozen=True, slots=True)
class DeviceRequest:
    """`vendor/class`, `vendor/class=name` or `vendor/class=*`, and whether it has to be there."""

    name: str
    required: bool = False


def read_device(text: str) -> DeviceRequest:
    """Read the value of one `--device`. Raises DockerfileError."""
    try:
        fields = split_csv(text)
    except CsvError as error:
        raise _bad(f"failed to parse csv devices: {error}") from error
    name, required = "", False
    for field in fields:
        key, equals, value = field.partition("=")
        key = key.lower()
        if key == "required":
            required = _boolean(key, value) if equals else True
        elif key == "name" and equals:
            if name:
                raise _bad(f"device name already set to {name}")
            name = value
        elif not name:
            name = field
        elif not equals:
            raise _bad(f"invalid field '{field}' must be a key=value pair")
        else:
            raise _bad(f"unexpected key '{key}' in '{field}'{did_you_mean(key, KEYS)}")
    return DeviceRequest(name, required)


def _boolean(key: str, value: str) -> bool:
    try:
        return truth(value)
    except ValueError:
        raise _bad(f"invalid value for {key}: {value}") from None


def _bad(message: str) -> DockerfileError:
    return DockerfileError(message, id="bad-device")
