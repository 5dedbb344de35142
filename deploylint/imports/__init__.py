"""The import closure of a process: every module of the app that importing some of them runs, and what is not found.

What an import of another's code does is not followed.
"""

from deploylint.imports.closure import PROGRAM, Closure, Found, Missing, Outside, Step, Visit
from deploylint.imports.finder import Finder, Located, absolute, called_name
from deploylint.imports.walk import LIMIT, Walk

__all__ = [
    "LIMIT",
    "PROGRAM",
    "Closure",
    "Finder",
    "Found",
    "Located",
    "Missing",
    "Outside",
    "Step",
    "Visit",
    "Walk",
    "absolute",
    "called_name",
]
