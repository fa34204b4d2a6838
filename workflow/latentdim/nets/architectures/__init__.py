"""The networks, declared, one file a family: a file that is put here is found. All of it is free of torch."""
