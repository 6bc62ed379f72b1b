"""Benchmarks: what the service costs beside the machine's floor, as ratios in one run."""
