"""The suite itself: each check passes where it must and fails where it must."""
