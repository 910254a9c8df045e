"""What is known about registries: Docker's configuration and the credentials that it leads to."""
