"""A room's packets sent on to other services: by WHIP untouched, by RTMP with the sound as AAC."""
