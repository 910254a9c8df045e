"""What builds remember: keys of steps and images, digests of files and of copied content."""
