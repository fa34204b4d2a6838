"""How near `latentdim recommend` comes to the intrinsic dimension of data that it was not made with."""
