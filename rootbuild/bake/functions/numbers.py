"""Functions on numbers and truth values."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from rootbuild.bake.evaluate import arithmetic
from rootbuild.bake.functions.signature import Function
from rootbuild.bake.values import Number, Unfit, equal, narrowed


def _extreme(choose: Callable[[Sequence[Number]], Number]) -> Function:
    def body(*values: Number) -> Number:
        if not values:
            raise Unfit("at least one number is needed")
        return choose(values)

    return Function("*n", body)


def _log(number: Number, base: Number) -> Number:
    try:
        return narrowed(math.log(number, base))
    except (ValueError, ZeroDivisionError) as error:
        raise Unfit(str(error)) from None


def _parse_int(text: str, base: int) -> int:
    try:
        return int(text, base)
    except ValueError:
        raise Unfit(f"cannot parse {text!r} as a base {base} integer") from None


def _operator(sign: str) -> Function:
    return Function("nn", lambda a, b: arithmetic(sign, a, b))


FUNCTIONS = {
    "absolute": Function("n", abs),
    "add": _operator("+"),
    "and": Function("bb", lambda a, b: a and b),
    "ceil": Function("n", math.ceil),
    "divide": _operator("/"),
    "equal": Function("aa", equal),
    "floor": Function("n", math.floor),
    "greaterthan": _operator(">"),
    "greaterthanorequalto": _operator(">="),
    "int": Function("n", int),
    "lessthan": _operator("<"),
    "lessthanorequalto": _operator("<="),
    "log": Function("nn", _log),
    "max": _extreme(max),
    "min": _extreme(min),
    "modulo": _operator("%"),
    "multiply": _operator("*"),
    "negate": Function("n", lambda a: -a),
    "not": Function("b", lambda a: not a),
    "notequal": Function("aa", lambda a, b: not equal(a, b)),
    "or": Function("bb", lambda a, b: a or b),
    "parseint": Function("si", _parse_int),
    "pow": Function("nn", lambda a, b: narrowed(a**b)),
    "signum": Function("i", lambda a: (a > 0) - (a < 0)),
    "subtract": _operator("-"),
}
