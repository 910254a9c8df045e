"""What backends share whose store is containers/storage and whose steps an OCI runtime runs.

No backend by itself: nothing registers it.
"""
