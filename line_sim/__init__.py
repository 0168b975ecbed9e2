"""A LINE of our own for demo and tests: the API, the webhooks and two phones. Never mounted in production."""
