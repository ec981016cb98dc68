import assert from 'node:assert/strict';
import { test } from 'node:test';
import { playbackStats, sentLayers } from '../lib/media-stats.js';

const reports = (more = {}) => [
  { type: 'inbound-rtp', kind: 'video', codecId: 'c1', bytesReceived: 100_000, packetsReceived: 100, packetsLost: 0, frameWidth: 640, frameHeight: 360, framesPerSecond: 30, framesDropped: 2, jitterBufferDelay: 1, jitterBufferEmittedCount: 10, ...more },
  { type: 'inbound-rtp', kind: 'video', codecId: 'c1', bytesReceived: 10_000, packetsReceived: 10, frameWidth: 160, frameHeight: 90, framesPerSecond: 15 },
  { type: 'inbound-rtp', kind: 'audio', codecId: 'c2', bytesReceived: 5_000, packetsReceived: 50, packetsLost: 0 },
  { type: 'codec', id: 'c1', mimeType: 'video/H264' },
  { type: 'candidate-pair', nominated: true, state: 'succeeded', currentRoundTripTime: 0.04 },
  { type: 'candidate-pair', nominated: true, state: 'failed', currentRoundTripTime: 9 },
];

test('the first look tells sizes and the round trip, and no rates yet', () => {
  const { stats } = playbackStats(reports(), 1_000, null);
  assert.deepEqual([stats.width, stats.height, stats.framesPerSecond, stats.codec, stats.rttMs, stats.dropped], [640, 360, 30, 'H264', 40, 2]);
  assert.ok(Number.isNaN(stats.bitrateBps) && Number.isNaN(stats.lostShare));
});

test('the next tells what was since: bitrate of all, loss, delay', () => {
  const { counted } = playbackStats(reports(), 1_000, null);
  const { stats } = playbackStats(reports({ bytesReceived: 350_000, packetsReceived: 190, packetsLost: 10, jitterBufferDelay: 4, jitterBufferEmittedCount: 40 }), 3_000, counted);
  assert.equal(stats.bitrateBps, 1_000_000);
  assert.equal(stats.lostShare, 0.1);
  assert.equal(stats.delayMs, 100 + 20);
});

test('a connection that began anew is not compared with the one before', () => {
  const { counted } = playbackStats(reports(), 1_000, null);
  const { stats } = playbackStats([{ type: 'inbound-rtp', kind: 'video', bytesReceived: 500, packetsReceived: 1 }], 2_000, counted);
  assert.ok(Number.isNaN(stats.bitrateBps));
});

test('without reports nothing is made up', () => {
  const { stats } = playbackStats([], 0, null);
  assert.equal(stats.codec, '');
  assert.ok(Number.isNaN(stats.rttMs) && Number.isNaN(stats.delayMs));
});

test('layers that are sent, the largest first', () => {
  const layers = sentLayers([
    { type: 'outbound-rtp', kind: 'video', rid: 'q', frameHeight: 180, framesPerSecond: 30, active: true },
    { type: 'outbound-rtp', kind: 'video', rid: 'f', frameHeight: 720, framesPerSecond: 0, active: false },
    { type: 'outbound-rtp', kind: 'audio' },
  ]);
  assert.deepEqual(layers.map(({ rid, isActive }) => [rid, isActive]), [['f', false], ['q', true]]);
});
