"""What is wrong with an instance and its cameras, before anything runs: DeepStream's rules, put to our manifests.

Here belong pure functions from manifests to violations, each with its place in the manifest. docs/rules.md lists them.

Never here: what DeepStream's rules are (`deepstream` has them), and rules between manifests (`source` has them).
"""
