"""Reports: claims of a study against what its networks did, with effect sizes and intervals."""
