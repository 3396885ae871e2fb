"""Parts of the accuracy page: which backtest is looked at, and what each block says of it."""
