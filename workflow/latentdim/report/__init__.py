"""The report of a study: its exhibits, tables and page, made from whatever run folders hold."""
