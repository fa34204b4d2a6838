"""What became of a plan's runs, read back from their folders."""
