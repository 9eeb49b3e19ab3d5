"""What more than one group of tests works with: the daemon, who it sends to, what it reads, programs of others."""
