"""Files as others lay them down: where they lie, whether they are whole, and what is in them."""
