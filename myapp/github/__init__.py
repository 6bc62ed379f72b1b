"""GitHub without I/O: requests to send, answers and payloads to read, kinds of failure.

Nothing here opens a socket or reads a clock: the web side sends these requests by `was.stub`, the
worker by an ordinary HTTP client, and both read the answers with the same functions.
"""
