"""Why steps run: what in their keys has changed since a run that is remembered."""
