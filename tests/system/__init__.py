"""The installed service on real hosts: real systemd, journald, sshd, sudo, su and login of each supported release."""
