"""What a planner sets, as Streamlit widgets, and the typed values that come of it."""
