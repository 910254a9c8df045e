"""What is installed in an image, read from its package databases, as an SPDX document."""
