"""How well bad pictures are told from good ones: a labelled set made of real art, its measures, its figures."""
