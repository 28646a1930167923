"""Records a script that was not written for it."""
