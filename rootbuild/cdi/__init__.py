"""Devices by the Container Device Interface: what vendors write down, and what steps get of it.

https://github.com/cncf-tags/container-device-interface/blob/main/SPEC.md
"""
