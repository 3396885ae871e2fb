"""Parts of the similarity page: what the scenario resembles, and which districts and date types are alike."""
