"""What a build hands on: images as archives, folders and pushes, and files of a filesystem."""
