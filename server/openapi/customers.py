"""Customers: whom an organization watches servers for."""

from server.fields.references import customer
from server.openapi.operations import (
    LIST_ERRORS,
    MAKE_ERRORS,
    READ_ERRORS,
    REMOVE_ERRORS,
    WRITE_ERRORS,
    empty,
    in_path,
    linked,
    listed,
    made,
    operation,
    queried,
    request,
    shown,
)
from server.openapi.schemas import IDENTIFIER, TIMESTAMP, UUID, accepted, page, properties, shape
from server.resources.customers import CREATE_FIELDS, FIELDS, FILTERS, REQUIRED, SERVER_SET

TAG = "Customers"
SCHEMAS = {
    "NewCustomer": accepted(properties(CREATE_FIELDS), required=REQUIRED, ignored=SERVER_SET),
    "CustomerPatch": accepted(properties(FIELDS), ignored=SERVER_SET),
    "Customer": shape(
        {
            "id": IDENTIFIER,
            "publicId": UUID,
            "organizationId": IDENTIFIER,
            **properties(FIELDS),
            "createdAt": TIMESTAMP,
        }
    ),
    "CustomerPage": page({"$ref": "#/components/schemas/Customer"}),
}
_CUSTOMER = {
    "id": 10,
    "publicId": "88888888-8888-4888-8888-888888888888",
    "organizationId": 1,
    "name": "Example customer",
    "createdAt": "2026-01-01T12:00:00.000Z",
}
_NAMED = in_path("customerId", customer.schema, "The customer's number or public UUID.", 10)
_SHOWN = shown("The customer.", "Customer", customer=_CUSTOMER)
_LINKS = linked("customerId", "id", "getCustomer", "patchCustomer", "removeCustomer")

PATHS = {
    "/api/customers": {
        "get": operation(
            "listCustomers",
            TAG,
            "A page of customers",
            {200: listed("CustomerPage", _CUSTOMER)},
            errors=LIST_ERRORS,
            parameters=queried(FILTERS),
        ),
        "post": operation(
            "makeCustomer",
            TAG,
            "Make a customer",
            {201: made("The customer.", "Customer", links=_LINKS, customer=_CUSTOMER)},
            errors=(*MAKE_ERRORS, 409),
            body=request("NewCustomer", named={"name": "Another customer"}),
        ),
    },
    "/api/customers/{customerId}": {
        "get": operation("getCustomer", TAG, "A customer", {200: _SHOWN}, errors=READ_ERRORS, parameters=(_NAMED,)),
        "patch": operation(
            "patchCustomer",
            TAG,
            "Rename a customer",
            {200: _SHOWN},
            errors=WRITE_ERRORS,
            parameters=(_NAMED,),
            body=request("CustomerPatch", name={"name": "Renamed customer"}),
        ),
        "delete": operation(
            "removeCustomer",
            TAG,
            "Remove a customer that has no monitors",
            {204: empty("It is gone.")},
            errors=(*REMOVE_ERRORS, 409),
            parameters=(_NAMED,),
        ),
    },
}
