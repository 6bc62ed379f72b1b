"""Hobotnica: tests and deploys GitHub repositories that have a Makefile."""

__version__ = "0.1.0"
