"""Which argument names the object: where none is called an id, the one by which a query asks for one such object."""

import pytest

from yett.formats.graphql_types import from_definitions
from yett.rules.probing.graphql import Endpoint, operations

SDL = """
type Query { booking(label: String!): Booking bookings: [Booking] seat(row: Int!, column: Int!): Seat }
type Mutation {
  updateBooking(text: String!, label: String!): Booking
  deleteBooking(label: String!): Boolean
  updateSeat(row: Int!, column: Int!): Seat
  renameGuest(label: String!, to: String!): Guest
}
type Booking { label: String text: String }
type Seat { row: Int }
type Guest { label: String }
"""


@pytest.mark.parametrize(
    ("field", "naming"),
    [
        ("updateBooking", ("/label",)),
        ("deleteBooking", ("/label",)),
        ("updateSeat", ()),
        ("renameGuest", ()),
    ],
)
def test_what_a_query_asks_by_names_what_a_mutation_changes(field: str, naming: tuple[str, ...]) -> None:
    endpoint = Endpoint(path="/graphql", schema=from_definitions(SDL))
    one = next(one for one in operations(endpoint) if one.field == field)
    assert one.meant is not None
    assert one.meant.naming == naming
