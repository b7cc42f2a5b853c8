"""What goes on by itself beside the answers: following the source. Any number of workers may run; one of them works."""
