"""Maps and charts as pure functions: numbers in, a figure out, no call to Streamlit."""
