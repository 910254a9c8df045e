"""What a build attests of its result: in-toto statements, and how an image index holds them."""
