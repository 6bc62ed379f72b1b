"""The sample repository: a Makefile whose tests take about ten seconds and pass."""

from __future__ import annotations

MESSAGE = "Say hello"

MAKEFILE = r"""# Hobotnica runs `make test` on every push. Nothing else is needed.
GREEN = \033[32m
BOLD = \033[1m
CYAN = \033[36m
END = \033[0m

test: greeting lint unit integration
	@printf '$(GREEN)$(BOLD)All good.$(END)\n'

greeting:
	@printf '$(BOLD)hello-hobotnica$(END) at %s\n' "$${HOBOTNICA_SHA:-this checkout}"

lint:
	@printf '$(CYAN)==> Looking at the style$(END)\n'
	@for file in *.sh; do sh -n "$$file" && printf '  $(GREEN)ok$(END) %s\n' "$$file"; sleep 1; done

unit:
	@printf '$(CYAN)==> Unit tests$(END)\n'
	@for number in 1 2 3 4 5; do printf '  $(GREEN)ok$(END) test %s\n' $$number; sleep 1; done

integration:
	@printf '$(CYAN)==> Integration tests$(END)\n'
	@for step in start speak stop; do printf '  %s ... ' $$step; sleep 1; \
		printf '$(GREEN)ok$(END)\n'; done
	@sh hello.sh

.PHONY: test greeting lint unit integration
"""

HELLO = """#!/bin/sh
echo "Hello from Hobotnica: eight arms, one Makefile."
"""

README = """# hello-hobotnica

The sample repository of Hobotnica's demonstration. Its contract with the CI is its Makefile.
"""

FILES = {"Makefile": MAKEFILE, "hello.sh": HELLO, "README.md": README}


def next_files(number: int) -> dict[str, str]:
    """What one more pushed commit changes."""
    return {"COUNT": f"{number}\n"}
