"""Start the app as serve.py starts Hobotnica."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[4]))

from myapp.framework import launch

COMPANION = "import sys; print('companion is here', flush=True); sys.stdin.read()"

if __name__ == "__main__":
    with launch.service(worker=[sys.executable, "-c", COMPANION]) as options:
        import skitai

        from tests.integration.framework import app

        with skitai.preference() as pref:
            skitai.mount("/", app, pref)
        skitai.run(**options)
