"""Functions on dates, which are text of RFC 3339."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from rootbuild.bake.functions.signature import Function
from rootbuild.bake.values import Unfit

_TOKEN = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+")
_DURATION = re.compile(r"([0-9.]+)(ns|us|µs|ms|s|m|h)")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def _read(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", text))
    except ValueError:
        found = datetime.min
    if found.tzinfo is None:
        raise Unfit(f"not a valid RFC3339 timestamp: {text!r}")
    return found


def _write(at: datetime) -> str:
    text = at.replace(microsecond=0).isoformat()
    return text.replace("+00:00", "Z")


def _add(text: str, duration: str) -> str:
    sign = -1 if duration.startswith("-") else 1
    rest = duration.lstrip("+-")
    if not rest or _DURATION.sub("", rest):
        raise Unfit(f"not a valid duration: {duration!r}")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(rest))
    return _write(_read(text) + timedelta(seconds=sign * seconds))


def _format(form: str, text: str) -> str:
    at = _read(text)
    return "".join(_token(match.group(0), at) for match in _TOKEN.finditer(form))


def _token(token: str, at: datetime) -> str:
    if token.startswith("'"):
        return token[1:-1].replace("''", "'")
    if not token[0].isalpha():
        return token
    twelve = at.hour % 12 or 12
    offset = at.strftime("%z")
    known = {
        "YYYY": f"{at.year:04}", "YY": f"{at.year % 100:02}",
        "MMMM": at.strftime("%B"), "MMM": at.strftime("%b"), "MM": f"{at.month:02}",
        "M": str(at.month), "DD": f"{at.day:02}", "D": str(at.day),
        "EEEE": at.strftime("%A"), "EEE": at.strftime("%a"),
        "hh": f"{at.hour:02}", "h": str(at.hour), "HH": f"{twelve:02}", "H": str(twelve),
        "AA": "PM" if at.hour >= 12 else "AM", "aa": "pm" if at.hour >= 12 else "am",
        "mm": f"{at.minute:02}", "m": str(at.minute),
        "ss": f"{at.second:02}", "s": str(at.second),
        "ZZZZZ": f"{offset[:3]}:{offset[3:5]}", "ZZZZ": offset,
        "ZZZ": "UTC" if offset == "+0000" else offset,
        "Z": "Z" if offset == "+0000" else f"{offset[:3]}:{offset[3:5]}",
    }  # fmt: skip
    if token not in known:
        raise Unfit(f"invalid date format verb {token!r}")
    return known[token]


FUNCTIONS = {
    "formatdate": Function("ss", _format),
    "timeadd": Function("ss", _add),
    "timestamp": Function("", lambda: _write(datetime.now(timezone.utc))),
}
