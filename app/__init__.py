"""The dashboard: what it offers, what it asks for (inputs), what it computes once (loading), its pictures, and its pages (views)."""
