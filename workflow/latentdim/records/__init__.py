"""What a run left behind in its folder."""
