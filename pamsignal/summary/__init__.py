"""What happened, added up: who logged in, who attacked, what was new. From records of the trail, for people. Pure."""
