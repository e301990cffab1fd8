"""One module for each command of `fleet`; what several of them need stands one level up."""
