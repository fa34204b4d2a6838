"""One table: its model, its cells by run coordinates, what is best in it, and what it is written as."""
