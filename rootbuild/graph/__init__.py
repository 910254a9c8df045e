"""Instructions -> stages: who is based on whom, who copies from whom, and what the target needs."""
