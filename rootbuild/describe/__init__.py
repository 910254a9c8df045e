"""A Dockerfile told to people and programs: reports, listings, pictures."""
