"""What is asked as one value, and its answer: a workload on a platform, mapped and chained."""
