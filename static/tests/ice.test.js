import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fragmentOf, StallWatch, withFragment } from '../lib/ice.js';

const crlf = (/** @type {string[]} */ ...lines) => lines.map((line) => `${line}\r\n`).join('');
const OFFER = crlf('v=0', 's=-', 'a=group:BUNDLE 0 1',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=ice-ufrag:abcd', 'a=ice-pwd:0123456789012345678901', 'a=ice-options:trickle', 'a=mid:0',
  'm=video 9 UDP/TLS/RTP/SAVPF 96', 'a=ice-ufrag:abcd', 'a=ice-pwd:0123456789012345678901', 'a=mid:1');
const ANSWER = crlf('v=0', 's=-', 'a=ice-lite', 'a=group:BUNDLE 0 1',
  'm=audio 7000 UDP/TLS/RTP/SAVPF 111', 'a=ice-ufrag:old', 'a=ice-pwd:oldoldoldoldoldoldoldold', 'a=candidate:1 1 udp 1 127.0.0.1 7000 typ host', 'a=end-of-candidates', 'a=mid:0',
  'm=video 0 UDP/TLS/RTP/SAVPF 0', 'a=inactive', 'a=mid:1');
const FRAGMENT = crlf('a=ice-lite', 'a=ice-ufrag:new', 'a=ice-pwd:newnewnewnewnewnewnewnew', 'a=candidate:1 1 udp 1 127.0.0.1 7001 typ host', 'a=end-of-candidates');

test('a fragment has the credentials and the section they are for', () => {
  assert.equal(fragmentOf(OFFER), crlf('a=ice-ufrag:abcd', 'a=ice-pwd:0123456789012345678901', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:0'));
  const early = crlf('v=0', 'a=ice-ufrag:abcd', 'a=ice-pwd:x', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:a');
  assert.match(fragmentOf(early), /^a=ice-ufrag:abcd\r\na=ice-pwd:x\r\nm=audio/);
});

test('an answer keeps everything but its ICE', () => {
  const renewed = withFragment(ANSWER, FRAGMENT);
  assert.equal(renewed, crlf('v=0', 's=-', 'a=ice-lite', 'a=group:BUNDLE 0 1',
    'm=audio 7000 UDP/TLS/RTP/SAVPF 111', 'a=mid:0', 'a=ice-ufrag:new', 'a=ice-pwd:newnewnewnewnewnewnewnew', 'a=candidate:1 1 udp 1 127.0.0.1 7001 typ host', 'a=end-of-candidates',
    'm=video 0 UDP/TLS/RTP/SAVPF 0', 'a=inactive', 'a=mid:1'));
});

/** Which samples, `everyMs` apart, are told to be the end of a flow. */
const ends = (/** @type {number[]} */ samples, everyMs = 300) => {
  const watch = new StallWatch();
  return samples.flatMap((bytes, index) => (watch.sample(bytes, index * everyMs) ? [index] : []));
};

test('a flow that stops is told once', () => {
  assert.deepEqual(ends([0, 10, 20, 30, 30, 30, 30, 30, 30, 30, 30]), [6]);
});

test('what never flowed has not stopped', () => {
  assert.deepEqual(ends(Array(50).fill(0)), []);
  assert.deepEqual(ends([7, ...Array(50).fill(8)].slice(0, 1)), []);
});

test('what flows again may stop again', () => {
  assert.deepEqual(ends([1, 2, 3, 3, 3, 3, 3, 4, 5, 6, 6, 6, 6, 6, 6]).length, 2);
});

test('pauses that are usual are none', () => {
  const reports = Array.from({ length: 60 }, (_, index) => 100 * (1 + Math.floor(index / 3)));
  assert.deepEqual(ends([1, 2, ...reports]), [], 'one each 900 ms');
  const silent = Array(12).fill(reports.at(-1));
  assert.equal(ends([1, 2, ...reports, ...silent]).length, 1);
});

test('a connection that begins to count anew has not stopped', () => {
  assert.deepEqual(ends([100, 200, 0, 0, 0, 0, 0]), []);
});
