"""A mailbox of our own for demo and tests: takes every letter, sends none on. Never part of a real server."""
