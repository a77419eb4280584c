"""What people look at: the page, the summary, the answers, the pictures, the documentation."""
