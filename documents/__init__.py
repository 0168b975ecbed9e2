"""Paper: HTML made into PDF that reads right in Thai."""
