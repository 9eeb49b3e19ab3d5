"""What a service needs of its host: a loop, a log, the service manager, directories, a status file."""
