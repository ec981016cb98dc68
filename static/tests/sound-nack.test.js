import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offerWithSoundNack, withSoundNack } from '../lib/sound-nack.js';

const OFFER = 'v=0\r\nm=audio 9 X 111 63\r\na=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=rtpmap:63 red/48000/2\r\nm=video 9 X 96\r\na=rtpmap:96 VP8/90000\r\n';
const ASKING = OFFER.replace('opus/48000/2\r\n', 'opus/48000/2\r\na=rtcp-fb:111 nack\r\n');

test('NACK is offered for Opus, once, and nothing else is touched', () => {
  assert.equal(withSoundNack(OFFER), ASKING);
  assert.equal(withSoundNack(ASKING), ASKING);
  assert.equal(withSoundNack('v=0\r\n'), 'v=0\r\n');
});

test('a browser that refuses it gets its own offer', async () => {
  /** @type {unknown[]} */
  const given = [];
  const pc = /** @type {any} */ ({
    createOffer: async () => ({ type: 'offer', sdp: OFFER }),
    setLocalDescription: async (/** @type {{ sdp: string }} */ description) => {
      given.push(description.sdp);
      if (description.sdp !== OFFER) throw new Error('changed');
    },
  });
  const { warn } = console;
  console.warn = () => undefined;
  await offerWithSoundNack(pc);
  console.warn = warn;
  assert.deepEqual(given, [ASKING, OFFER]);
});
