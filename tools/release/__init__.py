"""What a release is held against before it goes out: the files that name its version, its tag, and what was built."""
