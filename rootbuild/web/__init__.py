"""HTTP as files and registries need it: redirects, proxies, patience, and what failures mean.

It is urllib's, by an opener that knows nothing but HTTP: a client library would cost more to import
than the rest of a build with nothing to do.
"""
