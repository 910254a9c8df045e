"""The tables of commands, one module a group."""
