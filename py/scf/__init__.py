"""SCF: the daemon that turns fossils into models: trains, attests and releases them."""
