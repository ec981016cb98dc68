"""Letters to those who bid, as the outbox keeps them; what they say is composed when they leave, of what is so then."""

from typing import Final, Literal

import msgspec

#: ``bidmail:<address>``: one letter; ``auctionend:<auction>``: one to each who did not win
BID_TARGET: Final = "bidmail"
END_TARGET: Final = "auctionend"
#: who is outbid is told once in so long of one auction
AGAIN_MS: Final = 60_000
#: letters of that kind to one address, whatever it bids for
OUTBID_PER_HOUR: Final = 12
#: whoever bids again by then, or comes back into the room, is not written to
OUTBID_DELAY_MS: Final = 10_000
#: addresses that are written to in one commit
BATCH: Final = 500

#: ``second``: somebody else won it, and it may still fall to whoever is written to
Kind = Literal["outbid", "won", "lost", "second"]


class BidLetter(msgspec.Struct, frozen=True):
    kind: Kind
    auction: str
