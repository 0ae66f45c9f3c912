"""For operators and readers: the process, the database, Prometheus, this document."""

from server.fields.parser import Schema
from server.openapi.error_responses import named
from server.openapi.operations import in_path, operation, shown
from server.openapi.page import FILES
from server.openapi.schemas import one_of, shape

TAG = "Operations"
SCHEMAS = {"Health": shape({"status": one_of("ok")})}


def _text(description: str, content_type: str) -> Schema:
    content = {content_type: {"schema": {"type": "string"}}}
    return {"description": description, "headers": named(), "content": content}


_FILES: dict[str, Schema] = {content_type.partition(";")[0]: {} for content_type in FILES.values()}

PATHS = {
    "/healthz": {
        "get": operation(
            "getHealth",
            TAG,
            "Is the process up",
            {200: shown("It is.", "Health", ok={"status": "ok"})},
            errors=(500,),
            public=True,
        )
    },
    "/readyz": {
        "get": operation(
            "getReadiness",
            TAG,
            "Is the database there, and can it be written to",
            {200: shown("It is.", "Health", ok={"status": "ok"})},
            errors=(500, 503),
            public=True,
        )
    },
    "/metrics": {
        "get": operation(
            "getMetrics",
            TAG,
            "Metrics for Prometheus",
            {200: _text("Them.", "text/plain")},
            errors=(500,),
            description="Requests, batches and checks; open incidents, monitors by status, pending alerts; whether the "
            "database is up and how its pool is used; the build.",
            public=True,
        )
    },
    "/api/openapi.json": {
        "get": operation(
            "getDocument",
            TAG,
            "This document",
            {
                200: {
                    "description": "OpenAPI 3.1.",
                    "headers": named(),
                    "content": {"application/json": {"schema": {"type": "object", "required": ["openapi", "paths"]}}},
                }
            },
            errors=(500,),
            public=True,
        )
    },
    "/api/docs": {
        "get": operation(
            "getPage",
            TAG,
            "This document in a browser",
            {200: _text("A page.", "text/html")},
            errors=(500,),
            public=True,
        )
    },
    "/api/docs/{file}": {
        "get": operation(
            "getPageFile",
            TAG,
            "A file of that page",
            {200: {"description": "The file.", "headers": named(), "content": _FILES}},
            errors=(404, 500),
            parameters=(in_path("file", {"type": "string"}, "Its name.", "page.js"),),
            public=True,
        )
    },
}
