"""The mounts of a RUN, made on the host: what is shown, kept, or hidden again afterwards."""
