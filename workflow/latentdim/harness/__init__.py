"""The harness: what happens around a method. It seeds, times, checkpoints, measures and writes the record."""
