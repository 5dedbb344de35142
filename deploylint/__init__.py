"""deploylint: says before `git push` whether a Python app will be detected, built and booted."""

__version__ = "0.1.0"
