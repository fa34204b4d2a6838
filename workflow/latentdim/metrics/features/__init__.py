"""Features of examples: the spaces in which generated sets are compared with real ones. No metric by themselves."""

METRIC = ()
