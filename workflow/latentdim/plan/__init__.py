"""From a study to its runs: expansion, compatibility, cost, what can't go well. Pure, and without torch."""
