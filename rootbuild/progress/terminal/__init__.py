"""Progress on a terminal: what is over scrolls up, what runs is drawn again and again below it."""
