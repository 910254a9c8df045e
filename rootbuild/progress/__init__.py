"""How a build is shown while it goes on."""
