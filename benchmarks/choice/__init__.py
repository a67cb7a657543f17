"""What a selection is worth: crawls of the sandbox, where the truth of every picture is known, beside simpler choices."""
