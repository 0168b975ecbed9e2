"""LINE: what we say (messages), how it travels (client), and what comes back (signature, postback)."""
