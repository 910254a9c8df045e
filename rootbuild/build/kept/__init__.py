"""What builds have kept: listing it, and removing it by rules or when it grows too large."""
