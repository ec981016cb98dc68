"""Low-latency HLS: what is on stage as files that any HTTP server or CDN can carry. Video is not touched.

::

    tap → Frame ─┬─ H.264, VP8 ─→ TrackTime ─→ Segmenter ─┬────→ boxes ─→ FileWriter ─→ events
                 ├─ Opus ─→ SoundEncoder (thread) ─┘      │ cuts and sound
                 └─ smaller layers ─→ TrackTime ───→ Follower ──→ boxes ─→ …

Sound and picture are in one fragment: a player makes one request for each part, and a discontinuity is one.

**On disk**, below ``{data_dir}/hls``, every file written under another name and then renamed::

    {room}/{run}/{rendition}/init-{era}.mp4       initialisation segment: ftyp, moov
    {room}/{run}/{rendition}/{msn}.{part}.m4s     a part: one moof and mdat
    {room}/{run}/{rendition}/{msn}.m4s            a segment: its parts, one after the other

``run``: one packaging of the room; sorts by time. ``rendition``: one encoding of the picture, ``video`` the largest;
smaller layers of a camera are ``medium`` and ``small`` (``small-2`` when they are made anew), with the same eras,
segments and parts. ``era``: counts the discontinuities from 0 (another publisher, another picture size, a hole in
time). ``msn``: the media sequence number, from 0, going on over eras. Decode times count from an epoch shortly before
the run, in every era of it, so ``init-0.mp4`` and the segments of era 0 in a row are one playable file.

**Events** (:mod:`livehub.media.hls.events`) tell of each file when it is whole. Segments leave the disk behind the
window; whoever keeps them (a recording) makes a hard link when HlsSegmentWritten comes. What a crash left behind is
removed at the next start.
"""
