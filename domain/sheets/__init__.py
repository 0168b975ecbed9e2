"""Rows of an Excel file, taken in whole or not at all: read, judged row by row, applied, taken back.

``kinds`` says what can come in; ``checking`` judges a file, ``applying`` takes it in, ``undoing`` takes it
back. The file itself is opened by ``spreadsheets.py``, in a child that can be killed.
"""
