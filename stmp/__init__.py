"""STMP Studio: few-shot purchase forecasts for shopping festivals, by district and category.

The library imports in one direction: market -> tasks -> model -> training / forecasting -> evaluation.

Axis vocabulary, used in every docstring and beside every line that changes a shape:
B batch of tasks, K support shots, T steps of the window, R regions, C categories, H target days,
S samples, Z latent size.
"""

__version__ = "0.1.0"
