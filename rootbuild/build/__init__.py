"""Running a plan: what is known is looked up, the rest is done by an engine, step by step."""
