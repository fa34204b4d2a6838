"""Metrics: pure functions of (model, data, random stream), and the plain functions on arrays behind them."""
