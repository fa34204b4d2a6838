"""What runs store for exhibits to draw from, declared: one module, and in each run one file, for each."""
