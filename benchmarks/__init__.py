"""What the suite's speed is, measured against plain alternatives on the machine at hand: `python -m benchmarks`."""
