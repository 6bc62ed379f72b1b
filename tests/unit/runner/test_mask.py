from __future__ import annotations

import base64
import re
import time
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myapp.runner.mask import MASK, Masker, forms, worth_masking

SECRETS = st.lists(
    st.one_of(
        st.text(alphabet="abc", min_size=1, max_size=12),
        st.text(alphabet="ab\n", min_size=6, max_size=30),
        st.text(min_size=6, max_size=20),
    ),
    max_size=4,
)


def masked(secrets: list[str], *chunks: bytes) -> bytes:
    masker = Masker(secrets)
    return b"".join([masker.feed(chunk) for chunk in chunks] + [masker.finish()])


@st.composite
def streams(draw):
    secrets = draw(SECRETS)
    pieces = st.one_of(
        st.binary(max_size=8),
        st.text(alphabet="abc\n", max_size=8).map(str.encode),
        st.sampled_from([s.encode("utf-8", "surrogateescape") for s in secrets] or [b"x"]),
        st.sampled_from([base64.b64encode(s.encode()) for s in secrets] or [b"x"]),
    )
    data = b"".join(draw(st.lists(pieces, max_size=12)))
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=10)))
    return secrets, data, cuts


def needles(secrets: list[str]) -> set[bytes]:
    return {needle for secret in secrets for needle in forms(secret)}


@settings(max_examples=400, deadline=None)
@given(streams())
def test_the_chunks_make_no_difference(stream):
    secrets, data, cuts = stream
    chunks = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    assert masked(secrets, *chunks) == masked(secrets, data)


@settings(max_examples=300, deadline=None)
@given(streams())
def test_exactly_the_bytes_of_secrets_are_replaced(stream):
    secrets, data, _ = stream
    covered = bytearray(len(data))
    for needle in needles(secrets):
        for found in re.finditer(b"(?=" + re.escape(needle) + b")", data):
            covered[found.start() : found.start() + len(needle)] = b"\1" * len(needle)
    kept = bytes(byte for byte, hidden in zip(data, covered, strict=True) if not hidden)
    assert masked(secrets, data).replace(MASK, b"") == kept.replace(MASK, b"")


@settings(max_examples=200, deadline=None)
@given(streams())
def test_nothing_is_held_back_without_a_possible_secret(stream):
    secrets, data, _ = stream
    masker = Masker(secrets)
    out = masker.feed(data)
    if not any(
        data.endswith(needle[:size])
        for needle in needles(secrets)
        for size in range(1, len(needle))
    ):
        assert masker.finish() == b""
        assert out == masked(secrets, data)


def test_a_secret_is_masked_across_a_chunk_border():
    assert masked(["hunter22-swordfish"], b"is hunter22-", b"swordfish.\n") == b"is ***.\n"


def test_a_secret_fed_byte_by_byte_is_masked():
    data = b"a tok_1234567 b"
    assert masked(["tok_1234567"], *[bytes([byte]) for byte in data]) == b"a *** b"


def test_every_long_line_of_a_secret_is_masked():
    secret = "-----BEGIN KEY-----\nMIIabcdef123\r\nshort\n  indented-line\n"
    out = masked([secret], b"MIIabcdef123\nshort\nkey: indented-line\n")
    assert out == b"***\nshort\nkey: ***\n"


@pytest.mark.parametrize("before", [b"", b"a", b"ab", b"abc"])
@pytest.mark.parametrize("after", [b"", b"\n", b"xy"])
def test_base64_of_a_text_that_holds_the_secret_is_masked(before, after):
    secret = "correct horse battery"
    code = base64.b64encode(before + secret.encode() + after)
    out = masked([secret], code).replace(MASK, b"")
    # What is left are the letters that its neighbours have a part in, and the padding.
    assert len(out) <= 10
    assert MASK in masked([secret], code)


def test_base64_with_line_breaks_is_masked():
    secret = "x1Y" * 90
    wrapped = base64.encodebytes(secret.encode())
    assert re.sub(rb"[*\s]", b"", masked([secret], wrapped)) == b""


def test_url_forms_are_masked():
    secret = "p@ss word/1+1"
    for form in (quote(secret, safe=""), quote(secret), quote(secret, safe="").lower()):
        assert secret not in form
        assert masked([secret], form.encode()) == MASK


def test_a_json_string_of_the_secret_is_masked():
    assert masked(['say "hello" now'], b'{"a": "say \\"hello\\" now"}') == b'{"a": "***"}'


@pytest.mark.parametrize(
    "value", ["", "abc", "12345", "password", "Production", "-------", "1010101"]
)
def test_short_and_common_values_are_not_masked(value):
    assert not worth_masking(value)
    assert masked([value], b"password abc 12345 Production ------- 1010101") == (
        b"password abc 12345 Production ------- 1010101"
    )


def test_overlapping_secrets_are_masked_as_one():
    assert masked(["abcdefgh", "efghijkl"], b"-abcdefghijkl-") == b"-***-"


def test_the_repr_hides_the_secrets():
    assert "hunter22" not in repr(Masker(["hunter22xyz"]))


def test_hostile_input_takes_linear_time():
    masker = Masker(["ab" * 2000 + "c", "aaaaaab"])
    began = time.process_time()
    for _ in range(8):
        masker.feed(b"ab" * 32768)
    small = time.process_time() - began
    began = time.process_time()
    for _ in range(32):
        masker.feed(b"ab" * 32768)
    assert time.process_time() - began < 20 * max(small, 0.01)
