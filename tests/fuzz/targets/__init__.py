"""One module for each target: `target(data)` takes any bytes, and raises if what it promises is not so."""
