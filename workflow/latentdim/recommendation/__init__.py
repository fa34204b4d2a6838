"""How many dimensions do some data need? A study of ordinary runs that is planned, brought up to date and read."""
