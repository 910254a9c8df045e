"""Images where they are, in registries: looked at, put together, and copied, without a store."""
