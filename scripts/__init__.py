"""The programs behind the Makefile: install, run, train."""
