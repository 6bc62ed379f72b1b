"""What GitHub delivers: each delivery once, with the build that it makes."""

from myapp.deliveries.listing import list_deliveries
from myapp.deliveries.model import Delivery, Outcome
from myapp.deliveries.receiving import receive

__all__ = ["Delivery", "Outcome", "list_deliveries", "receive"]
