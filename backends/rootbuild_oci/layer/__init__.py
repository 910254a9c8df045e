"""What a container changed, as a layer: a tar archive with marks for what was removed."""
