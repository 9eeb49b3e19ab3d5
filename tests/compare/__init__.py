"""pamsignal, fail2ban and sshguard on the same lines: docs/explanation/recognition.md says what comes out."""
