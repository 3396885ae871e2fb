"""Parts of the stock page: rules, quantities, a fixed supply, the curve, and the warehouse."""
