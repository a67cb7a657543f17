"""Named workloads, measured as whole commands; medians of several runs."""
