"""nvdspreprocess: what of a frame becomes a tensor for which inference, and the file that says so."""
