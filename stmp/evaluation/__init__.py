"""Rolling-origin evaluation: windows that cannot show the future, metrics, the scores of many forecasters, and studies of their cells."""

from stmp.evaluation.backtest import Evaluation, Score, evaluate
from stmp.evaluation.cells import Backtest, Provenance, cells_of
from stmp.evaluation.window import Window, recent_cutoffs, rolling_windows

__all__ = ["Backtest", "Evaluation", "Provenance", "Score", "Window", "cells_of", "evaluate", "recent_cutoffs", "rolling_windows"]
