"""`buildx bake`: definition files -> targets -> options of builds. Nothing here runs a build."""
