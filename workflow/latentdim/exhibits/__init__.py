"""Exhibits: tables and figures, each a query over the long table of records."""
