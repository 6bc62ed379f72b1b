"""What a build prints, and what becomes of it."""

from __future__ import annotations

import base64
import re
import time
from pathlib import Path

LIMIT = 1 << 20


def most_memory(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) << 10


def test_bytes_that_are_no_text_come_through(best):
    outcome = best.run("test:\n\t@printf '\\377\\376\\000\\201 \\303\\n'\n")
    assert outcome.result.state == "passed"
    assert b"\xff\xfe\x00\x81 \xc3\n" in outcome.log


def test_both_streams_are_one_in_their_order(best):
    outcome = best.run("test:\n\t@echo 1; echo 2 >&2; echo 3; echo 4 >&2\n")
    assert outcome.output == "1\n2\n3\n4\n"


def test_much_output_is_cut_in_constant_memory(builder):
    lines = "yes 0123456789abcdef0123456789abcdef | head -c 50000000"
    running = builder.start(f"test:\n\t@{lines}; echo; echo end\n", log_limit=LIMIT)
    before = most_memory(running.until(b"$ make test\n").pid)
    running.until(b"log cut at")
    peak = most_memory(running.pid)
    outcome = running.outcome()
    assert outcome.result.state == "passed"
    assert f"==> log cut at {LIMIT} bytes\n" in outcome.text
    assert "end" not in outcome.output
    assert LIMIT < len(outcome.log) < LIMIT + 1000
    assert peak - before < 8 << 20


def test_a_verdict_does_not_need_the_output_that_was_cut(best):
    makefile = "all:\n$(info $(shell yes long-line-of-output | head -c 100000))\n"
    outcome = best.run(makefile, log_limit=2048)
    assert outcome.result.reason == "The Makefile has no target 'test'"


def test_secrets_are_masked_before_they_leave_the_process(builder):
    secret = "s3cr3t-and-long\nsecond-line-of-it"
    script = (
        'test:\n\t@echo "$$KEY"; printf "%s" s3cr3t-an; sleep 0.3; printf "d-long\\n";'
        ' printf "%s" "$$KEY" | base64\n'
    )
    outcome = builder.run(script, environment={"KEY": secret}, secrets=(secret,), token="tok_4711")
    everything = b"".join(body for _, body in outcome.frames)
    for form in (b"s3cr3t-and-long", b"second-line-of-it", base64.b64encode(secret.encode())):
        assert form not in everything
    assert outcome.output.splitlines() == ["***", "***", "***"]


def test_the_masked_parts_of_a_slow_line_come_together(best):
    outcome = best.run(
        'test:\n\t@printf tok_; sleep 0.3; printf 4711; sleep 0.3; echo " end"\n', token="tok_4711"
    )
    assert outcome.output == "*** end\n"


def test_output_comes_while_the_build_runs(best):
    running = best.start("test:\n\t@echo early; sleep 600\n")
    running.until(b"early\n").stop()
    assert running.outcome().result.state == "cancelled"


def test_chunks_are_of_a_moderate_size(best):
    outcome = best.run("test:\n\t@yes | head -c 300000\n")
    sizes = [len(body) for kind, body in outcome.frames if kind == "log"]
    assert max(sizes) <= 64 << 10


def test_a_receiver_that_does_not_read_holds_the_build_back_and_loses_nothing(best):
    running = best.start("test:\n\t@seq 1 400000\n", idle_timeout=1.0)
    running.until(b"$ make test\n")
    # As long as a worker without its database does not read, longer than silence may last.
    time.sleep(1.5)
    outcome = running.outcome()
    assert outcome.result.state == "passed"
    assert outcome.output.splitlines() == [str(number) for number in range(1, 400001)]


def test_a_stop_is_heard_while_nobody_reads(best):
    running = best.start("test:\n\t@yes\n")
    running.until(b"$ make test\n")
    running.stop()
    assert running.outcome().result.state == "cancelled"
