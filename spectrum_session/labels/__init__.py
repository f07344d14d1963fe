"""Labels: colours and patterns with their contrast, titles made safe, and frames drawn."""
