"""Sets whose examples are all combinations of known factors, and images of any combination."""
