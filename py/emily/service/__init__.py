"""The services: settings, logs, metrics, the tiers as processes, the HTTP API and its page."""
