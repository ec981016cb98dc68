"""HTTP: routes by domain, problem documents, OpenAPI, pages. Knows the domains' services, never the storage."""
