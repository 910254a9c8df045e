"""Images as data: names, platforms, configs and history."""
