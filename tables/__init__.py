"""The columns and constraints, one file per noun. Import classes from ``models``."""
