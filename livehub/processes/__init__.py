"""Several livehub processes as one server, over Redis or Valkey. docs/realtime.md explains it, ADR 10 says why."""
