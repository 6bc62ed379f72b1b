"""The demonstration: a pretended GitHub with one sample repository beside the real service."""

from myapp.demo.launch import run

__all__ = ["run"]
