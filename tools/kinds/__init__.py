"""Writes the JSON Schemas, the CustomResourceDefinitions and docs/spec from the kinds in `crds`."""
