"""Window management as pure policy: events in, commands out. No wlroots, no sockets, no clock."""
