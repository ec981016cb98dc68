"""An example of a package that extends the commerce of livehub; see docs/hooks.md there."""
