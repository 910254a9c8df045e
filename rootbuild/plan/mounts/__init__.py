"""`RUN --mount`: one module per type, each with its data and how that is made from the options."""
