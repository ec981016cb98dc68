"""What can go wrong with auctions."""

from livehub.errors import Conflict, Forbidden, NotFound


class AuctionNotFound(NotFound):
    code, title = "auction_not_found", "There is no such auction"


class AuctionRunning(Conflict):
    """A room has one at a time."""

    code, title = "auction_running", "An auction runs in this room already"


class TooManyAuctions(Conflict):
    """``limit`` says how many a room may have."""

    code, title = "too_many_auctions", "This room has had as many auctions as it may"


class AuctionClosed(Conflict):
    code, title = "auction_closed", "This auction is over"


class AuctionFull(Conflict):
    code, title = "auction_full", "This auction takes no more bids"


class BidTooLow(Conflict):
    """``minimum_minor`` says from where on; to the leader it is one more than their own maximum."""

    code, title = "bid_too_low", "Bid more than that"


class BidKeyReused(Conflict):
    code, title = "bid_key_reused", "This Idempotency-Key was used for another bid"


class OwnAuction(Forbidden):
    """Who sells does not bid."""

    code, title = "own_auction", "You cannot bid in an auction that you run"


class AwardMissing(Conflict):
    """Won by somebody else, ordered already, or the time to order is over."""

    code, title = "auction_not_yours", "There is nothing for you to order from this auction"
