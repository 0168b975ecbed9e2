"""Rows in, files out: workbooks and CSV. Knows SQL results and Excel, never the web."""
