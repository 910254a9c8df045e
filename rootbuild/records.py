"""Data classes, as `dataclasses` has them and type checkers see them, that are cheap to define.

Most of the time of a short command goes into loading modules, and a third of that went into
`dataclasses`: it compiles code for each class, some 0.3 ms, and loads `inspect`. Here the methods
of all classes are the same few functions over the names of the fields. There are no more features
than we use; what is made here can be given to the functions of `dataclasses` as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import asdict as asdict
    from dataclasses import dataclass as dataclass
    from dataclasses import field as field
    from dataclasses import fields as fields
    from dataclasses import replace as replace
else:
    from operator import attrgetter

    _NOTHING = object()
    _FIELDS = "__record_fields__"

    class Field:
        """A field of a class: its name, what it is if it is not given, whether `repr` shows it."""

        __slots__ = ("default", "factory", "name", "shown")

        def __init__(self, name, default=_NOTHING, factory=None, shown=True):
            self.name, self.default, self.factory, self.shown = name, default, factory, shown

    def field(*, default=_NOTHING, default_factory=None, repr=True):
        """More about a field; see `dataclasses.field`."""
        return Field("", default, default_factory, repr)

    def dataclass(*, slots, frozen=False, order=False):
        """Make a class of its annotations; see `dataclasses.dataclass`. There are always slots."""
        assert slots
        return lambda cls: _made(cls, frozen, order)

    def fields(record):
        """The fields of an object or class, in their order."""
        return tuple(getattr(record, _FIELDS).values())

    def replace(record, /, **changes):
        """An object with other values in some fields."""
        values = {name: getattr(record, name) for name in getattr(record, _FIELDS)}
        return record.__class__(**{**values, **changes})

    def asdict(record):
        """An object as a dictionary, and those in its fields as well."""
        return {name: _plain(getattr(record, name)) for name in getattr(record, _FIELDS)}

    def _plain(value):
        if hasattr(value, _FIELDS):
            return asdict(value)
        if isinstance(value, dict):
            return {_plain(key): _plain(one) for key, one in value.items()}
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*map(_plain, value))
        if isinstance(value, (list, tuple)):
            return type(value)(map(_plain, value))
        return value

    def _made(cls, frozen, order):
        content = {**cls.__dict__}
        for name in ("__dict__", "__weakref__"):
            content.pop(name, None)
        if content.get("__hash__", _NOTHING) is None:
            del content["__hash__"]  # what Python puts there for who defines __eq__
        found = {}
        for base in reversed(cls.__mro__[1:]):
            found.update(base.__dict__.get(_FIELDS, ()))
        own = content.get("__annotations__", {})
        content["__slots__"] = tuple(name for name in own if name not in found)
        for name in own:
            found[name] = _field(name, content.pop(name, _NOTHING))
        names = content["__match_args__"] = tuple(found)
        content[_FIELDS] = found
        content["__record_key__"] = attrgetter(*names) if names else staticmethod(_no_key)
        content["__dataclass_fields__"] = _StandardFields()
        content["__dataclass_params__"] = _StandardParams(frozen)
        methods = {
            **_METHODS,
            **(_FROZEN if frozen else {"__hash__": None}),
            **(_ORDERED if order else {}),
        }
        made = type(cls)(cls.__name__, cls.__bases__, {**methods, **content})
        made.__qualname__ = cls.__qualname__
        made.__record_fill__ = tuple(getattr(made, name).__set__ for name in names)
        return made

    def _field(name, default):
        if isinstance(default, Field):
            return Field(name, default.default, default.factory, default.shown)
        return Field(name, default)

    def _no_key(record):
        return ()

    def _begin(self, *given, **named):
        """Fill the slots, which may not be assigned to otherwise where the class is frozen."""
        fill = self.__record_fill__
        if named or len(given) != len(fill):
            given = _values(self, given, named)
        for put, value in zip(fill, given):  # noqa: B905 - they are as many
            put(self, value)

    def _values(self, given, named):
        """The values of all fields, in their order."""
        found, name = fields(self), self.__class__.__name__
        if len(given) > len(found):
            raise TypeError(f"{name} takes {len(found)} values, not {len(given)}")
        rest = [_value(one, named, name) for one in found[len(given) :]]
        if named:
            raise TypeError(f"{name} takes no (second) value for {', '.join(named)}")
        return (*given, *rest)

    def _value(one, named, name):
        if one.name in named:
            return named.pop(one.name)
        if one.factory is not None:
            return one.factory()
        if one.default is _NOTHING:
            raise TypeError(f"{name} needs a value for {one.name!r}")
        return one.default

    def _equal(self, other):
        if other.__class__ is not self.__class__:
            return NotImplemented
        return self.__record_key__(self) == self.__record_key__(other)

    def _less(self, other):
        if other.__class__ is not self.__class__:
            return NotImplemented
        return self.__record_key__(self) < self.__record_key__(other)

    def _less_or_equal(self, other):
        if other.__class__ is not self.__class__:
            return NotImplemented
        return self.__record_key__(self) <= self.__record_key__(other)

    def _hashed(self):
        return hash(self.__record_key__(self))

    def _shown(self):
        shown = (one.name for one in fields(self) if one.shown)
        found = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{self.__class__.__qualname__}({found})"

    def _reduced(self):
        """For `copy` and `pickle`."""
        return self.__class__, tuple(getattr(self, name) for name in getattr(self, _FIELDS))

    def _refuse(self, name, value=None):
        raise AttributeError(f"cannot assign to field {name!r}")

    _METHODS = {
        "__init__": _begin,
        "__eq__": _equal,
        "__repr__": _shown,
        "__reduce__": _reduced,
    }
    _FROZEN = {"__hash__": _hashed, "__setattr__": _refuse, "__delattr__": _refuse}
    _ORDERED = {"__lt__": _less, "__le__": _less_or_equal}

    class _StandardFields:
        """What `dataclasses` calls the fields, for who uses it."""

        def __get__(self, record, cls):
            import dataclasses

            return dataclasses.make_dataclass(
                cls.__name__, [(one.name, object, _standard(one)) for one in fields(cls)]
            ).__dataclass_fields__

    def _standard(one):
        from dataclasses import field

        if one.factory is not None:
            return field(default_factory=one.factory, repr=one.shown)
        given = {} if one.default is _NOTHING else {"default": one.default}
        return field(**given, repr=one.shown)

    class _StandardParams:
        def __init__(self, frozen):
            self.frozen = frozen
