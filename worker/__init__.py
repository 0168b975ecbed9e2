"""The worker: whatever happens outside a request — webhooks, messages, jobs and periodic work."""
