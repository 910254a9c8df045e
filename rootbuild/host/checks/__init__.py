"""The doctor's judgement: one module a subject, pure functions from what is known to findings."""
