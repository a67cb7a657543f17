"""Tests say what the program does; every port has one suite that all its implementations pass."""
