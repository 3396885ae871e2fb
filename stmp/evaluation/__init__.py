"""Rolling-origin evaluation: windows that cannot show the future, metrics, and the scores of many forecasters."""

from stmp.evaluation.backtest import Evaluation, Score, evaluate
from stmp.evaluation.window import Window, rolling_windows

__all__ = ["Evaluation", "Score", "Window", "evaluate", "rolling_windows"]
