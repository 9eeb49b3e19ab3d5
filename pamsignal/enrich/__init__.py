"""What can be looked up about an event: a miss is None, and nothing here ever raises."""
