"""How many dimensions a set of points has, whatever an autoencoder would make of them."""
