"""Named tuples that are made in less than half of the time.

`typing.NamedTuple` compiles the text of every annotation when a class is made. Nobody here asks for annotations, a
plain run makes more than a hundred such classes, and a twentieth of its time went into that. All else is as there:
fields in their order with defaults at the end, methods, properties, and the docstring of the class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from collections import namedtuple

    _OWN = frozenset({"__module__", "__qualname__", "__annotations__"})

    class _Maker(type):
        def __new__(cls, name, bases, namespace):  # noqa: ANN001, ANN204 (types are what this does without)
            if not bases:
                return super().__new__(cls, name, bases, namespace)
            fields = tuple(namespace.get("__annotations__", ()))
            defaults = [namespace[field] for field in fields if field in namespace]
            # The class of `typing` is what this stands for.
            made = namedtuple(name, fields, defaults=defaults, module=namespace["__module__"])  # noqa: PYI024
            for key, value in namespace.items():
                if key not in _OWN and key not in fields:
                    setattr(made, key, value)
            return made

    class NamedTuple(metaclass=_Maker):
        """What is derived from this becomes a tuple with named fields."""


__all__ = ["NamedTuple"]
