"""The demo town's invented people and complaints: words only, written by hand; loading them is elsewhere."""
