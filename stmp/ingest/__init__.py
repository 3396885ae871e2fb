"""From raw order lines to a market folder: read, understood, counted out of core, and every line accounted for."""

from stmp.ingest.build import build, look
from stmp.ingest.datum import Datum
from stmp.ingest.limits import Limits
from stmp.ingest.plan import Plan
from stmp.ingest.report import Report

__all__ = ["Datum", "Limits", "Plan", "Report", "build", "look"]
