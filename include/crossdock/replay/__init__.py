"""What is kept is read, judged and made again, after a look at what that would change. Nothing goes out by itself."""
