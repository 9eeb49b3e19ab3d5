"""`python3 -m pamsignal` is the same program as `pamsignal`."""

from pamsignal.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
