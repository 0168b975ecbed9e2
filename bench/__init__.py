"""Measuring the product against goals: filling it with invented rows, timing its pages."""
