"""Datasets: what is registered (``declared``), and preparing them once into arrays that all runs share."""
