"""Parts of the page of plans: one is opened or begun, overridden, saved, compared with others and held against what came."""
