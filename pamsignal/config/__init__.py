"""From pamsignal.yaml to typed settings. `load` is for the daemon; `check` for the process that may import yaml."""
