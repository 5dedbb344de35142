"""What older Pythons lack: Python 3.10 has no tomllib."""

import sys

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["tomllib"]
