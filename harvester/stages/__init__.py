"""The way of a picture, one stage a module; `rounds` drives them."""
