"""Stages -> steps: what each instruction does once variables are known, and its cache key."""
