"""Build contexts: where the files come from that COPY and ADD name."""
