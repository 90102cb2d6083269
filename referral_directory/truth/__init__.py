"""How records stay true: their history, who doubts them, what their sources say now, and how they come and go."""
