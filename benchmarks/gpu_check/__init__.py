"""What a GPU does to this suite's runs, in one command of a few minutes: `make gpu-check`.

Agreement with the CPU, equal repeats, speed, the share of the card's peak, and a beginning of a paper's table. Each
section writes its file row by row, so whatever ends the command loses nothing that was finished.
"""
