"""What the suite rests on: files, leases, the machine, names, random streams. Knows nothing of studies."""
