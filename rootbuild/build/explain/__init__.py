"""Why steps run: what is different from the nearest that is remembered of earlier builds.

`records` is what is remembered of a stage, `material` what a step's part of it is made of,
`compare` tells two of them apart, and `explainer` does all that during a build.
"""
