"""How well duplicates are told from variants: a labelled set, a scorer and the methods, apart from each other."""
