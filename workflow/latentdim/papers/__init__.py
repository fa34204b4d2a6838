"""What papers print: read from a study's reference.csv, found in its grid, and compared with what was measured here."""
