"""``python -m latentdim``."""

from latentdim.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
