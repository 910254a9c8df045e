"""From nodes to typed instructions, one module for each group of instructions."""
