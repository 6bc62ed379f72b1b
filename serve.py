#!/usr/bin/env python3
"""Start Hobotnica: `python3 serve.py [--port N] [--devel]`, settings from the environment."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (whoever has an older one must read this line)
    sys.exit(f"hobotnica: Python 3.11 or newer is needed, this is {sys.version.split()[0]}")

import myapp
from myapp.framework import launch

if __name__ == "__main__":
    with launch.service(myapp.migrate) as options:
        import skitai

        with skitai.preference() as pref:
            skitai.mount("/", myapp, pref)
        skitai.run(**options)
