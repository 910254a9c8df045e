"""BuildKit's build checks: what is allowed in a Dockerfile, but should not stand there."""
