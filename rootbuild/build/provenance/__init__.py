"""What a build's provenance tells of it, out of its plan. Loaded by builds that attest only."""
