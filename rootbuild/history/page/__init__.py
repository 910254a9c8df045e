"""A build's record as a page for browsers that needs nothing but itself."""
