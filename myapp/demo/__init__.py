"""The demonstration: a pretended GitHub with one sample repository beside the real service."""
