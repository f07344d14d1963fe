"""What a session that dies leaves behind: a report, and the next start's word about it."""
