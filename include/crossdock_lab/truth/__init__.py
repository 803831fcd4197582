"""What is really wrong in the world, written when it is planned; never asked of the product."""
