"""What is wrong with what a camera sends, although it sends."""
