/**
 * What the browser knows about media that arrive, as the few figures that people ask for. Pure: reports in, figures out.
 */

/**
 * @typedef {{ via: 'webrtc'|'hls', bitrateBps: number, width: number, height: number, framesPerSecond: number, codec: string,
 *   lostShare: number, rttMs: number, delayMs: number, dropped: number }} PlaybackStats `NaN` or '' for what is not known;
 *   `delayMs` from the server to the screen with WebRTC, from life to the screen with HLS; `dropped` pictures that came too late
 * @typedef {{ atMs: number, bytes: number, packets: number, lost: number, waitedS: number, emitted: number }} Counted
 */

/**
 * @param {Iterable<any>} reports of RTCPeerConnection.getStats()
 * @param {number} atMs
 * @param {Counted | null} before what the last call counted: shares, rates and delays are those since then
 * @returns {{ stats: PlaybackStats, counted: Counted }}
 */
export function playbackStats(reports, atMs, before) {
  const all = [...reports];
  const incoming = all.filter(({ type }) => type === 'inbound-rtp');
  const pictures = incoming.filter(({ kind }) => kind === 'video').sort((a, b) => (b.framesPerSecond ?? 0) - (a.framesPerSecond ?? 0) || (b.frameWidth ?? 0) - (a.frameWidth ?? 0));
  const picture = pictures[0] ?? {};
  const pair = all.find(({ type, nominated, state }) => type === 'candidate-pair' && nominated && state === 'succeeded') ?? {};
  const codec = all.find(({ type, id }) => type === 'codec' && id === picture.codecId);
  const counted = {
    atMs,
    bytes: sum(incoming, 'bytesReceived'),
    packets: sum(incoming, 'packetsReceived'),
    lost: sum(incoming, 'packetsLost'),
    waitedS: picture.jitterBufferDelay ?? 0,
    emitted: picture.jitterBufferEmittedCount ?? 0,
  };
  const since = before && before.bytes <= counted.bytes ? before : null; // a new connection counts from 0
  const rttMs = 1000 * (pair.currentRoundTripTime ?? NaN);
  const bufferMs = since ? (1000 * (counted.waitedS - since.waitedS)) / (counted.emitted - since.emitted) : NaN;
  return {
    counted,
    stats: {
      via: 'webrtc',
      bitrateBps: since ? (8000 * (counted.bytes - since.bytes)) / Math.max(atMs - since.atMs, 1) : NaN,
      width: picture.frameWidth ?? 0,
      height: picture.frameHeight ?? 0,
      framesPerSecond: picture.framesPerSecond ?? 0,
      codec: codec?.mimeType?.split('/')[1] ?? '',
      lostShare: since ? share(counted.lost - since.lost, counted.packets - since.packets) : NaN,
      rttMs,
      delayMs: bufferMs + (Number.isNaN(rttMs) ? 0 : rttMs / 2),
      dropped: sum(pictures, 'framesDropped'),
    },
  };
}

/** @param {number} lost @param {number} came */
const share = (lost, came) => Math.max(lost, 0) / Math.max(Math.max(lost, 0) + came, 1);

/** @param {any[]} list @param {string} member @returns {number} */
const sum = (list, member) => list.reduce((total, item) => total + (item[member] ?? 0), 0);

/**
 * The layers of a picture that is sent, the largest first; one without a name where it is no simulcast.
 *
 * @typedef {{ rid: string, height: number, framesPerSecond: number, isActive: boolean }} SentLayer
 * @param {Iterable<any>} reports
 * @returns {SentLayer[]}
 */
export function sentLayers(reports) {
  return [...reports]
    .filter(({ type, kind }) => type === 'outbound-rtp' && kind === 'video')
    .map((item) => ({ rid: item.rid ?? '', height: item.frameHeight ?? 0, framesPerSecond: item.framesPerSecond ?? 0, isActive: item.active !== false && (item.framesPerSecond ?? 0) > 0 }))
    .sort((a, b) => b.height - a.height);
}
