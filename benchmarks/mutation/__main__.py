"""Change one small thing at a time in methods, metrics, training and nets, and see whether a test fails.

Each mutant is tried in a copy of the working tree by the tests that import its module, the nearest and shortest first,
until one fails. A failure counts only of a test file that passes on the unchanged tree. Verdicts are kept, and hold as
long as the module and the tests that they rest on stay as they are; the same command again tries what is left.

Usage: python -m benchmarks.mutation [--seed 1] [--mutants 100] [--workers 2] [--limit 60] [--minutes 60]
"""

if __name__ == "__main__":  # each trial's process imports this file anew, and needs nothing of it
    from benchmarks.mutation.command import main

    main()
