"""Reading archives that ADD unpacks: compression, and tar entries as a stream."""
