"""Searches for a latent dimension: pure functions over finished runs that name the next size to train."""
