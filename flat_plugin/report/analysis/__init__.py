"""What results say: tables of runs, sums, gains, fronts, and why two of them differ."""
