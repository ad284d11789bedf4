"""The command line: one file a command. A command parses, calls one job function, prints, returns an exit code."""
