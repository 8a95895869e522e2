"""Jobs where they are done: runners that send them, the worker that does them."""
