"""A toy of every kind that can be registered, in a package of its own: what somebody else's repository would hold."""
