"""What Snakemake asks of a plan."""
