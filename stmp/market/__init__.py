"""The contract for data: a folder with market.toml, read by ``load_market`` into one aligned, checked Market."""

from stmp.market.calendar import DAY_OFF, WORKDAY, Calendar, DateType, Occurrence
from stmp.market.market import ALL, About, Market

__all__ = ["ALL", "DAY_OFF", "WORKDAY", "About", "Calendar", "DateType", "Market", "Occurrence"]
