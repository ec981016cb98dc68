"""What packages that extend livehub test themselves with. Never imported by the server."""
