"""nvdsanalytics: regions, lines and directions that objects are counted by, and the file that names them."""
