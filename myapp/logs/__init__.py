"""Build logs as text: terminal bytes become safe HTML lines, without any I/O."""
