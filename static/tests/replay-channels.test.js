import assert from 'node:assert/strict';
import { test } from 'node:test';

globalThis.HTMLMediaElement ??= /** @type {any} */ ({ HAVE_NOTHING: 0, HAVE_FUTURE_DATA: 3 });
const { inStep, placeOf, playChannel } = await import('../lib/replay-channels.js');

const stretches = [
  { start_s: 1.5, at_s: 0, duration_s: 4 },
  { start_s: 20, at_s: 4, duration_s: 2 },
];

test('a moment of the replay has its place in the channel, or none', () => {
  assert.equal(placeOf(stretches, 0), null);
  assert.equal(placeOf(stretches, 1.5), 0);
  assert.equal(placeOf(stretches, 4), 2.5);
  assert.equal(placeOf(stretches, 5.5), null);
  assert.equal(placeOf(stretches, 21), 5);
  assert.equal(placeOf(stretches, 22), null);
  assert.equal(placeOf([], 1), null);
});

test('sound that is far away jumps, and what is near goes a little faster or slower at any speed', () => {
  assert.deepEqual(inStep(10, 0, 1), { jump: true, rate: 1 });
  assert.deepEqual(inStep(10, 12, 1.5), { jump: true, rate: 1.5 });
  assert.deepEqual(inStep(10, 10.02, 2), { jump: false, rate: 2 });
  const late = inStep(10, 9.8, 2);
  assert.equal(late.jump, false);
  assert.ok(late.rate > 2 && late.rate < 2.2);
  const early = inStep(10, 10.2, 1);
  assert.equal(early.jump, false);
  assert.ok(early.rate < 1 && early.rate > 0.9);
});

/** A media element that seeks when it is told to have arrived. */
class Fake extends EventTarget {
  paused = true;
  ended = false;
  seeking = false;
  muted = false;
  volume = 1;
  playbackRate = 1;
  readyState = 4;
  at = 0;
  get currentTime() {
    return this.at;
  }
  set currentTime(atS) {
    this.at = atS;
    this.seeking = true;
  }
  /** @param {string} name */
  tell(name) {
    this.dispatchEvent(new Event(name));
  }
  arrive() {
    this.seeking = false;
    this.tell('seeked');
  }
  play() {
    this.paused = false;
    return Promise.resolve();
  }
  pause() {
    this.paused = true;
  }
  canPlayType = () => 'maybe';
  removeAttribute() {}
  load() {}
}

test('a channel follows the picture, whose volume is the floor while somebody interprets', () => {
  const [video, audio] = [new Fake(), new Fake()];
  const end = playChannel(/** @type {any} */ (video), /** @type {any} */ (audio), { locale: 'th', url: '/th.m3u8', stretches }, () => assert.fail());
  video.play();
  video.tell('playing');
  assert.deepEqual([video.volume, audio.paused], [1, true]); // nobody has begun
  video.at = 2;
  video.tell('timeupdate');
  assert.deepEqual([video.volume, audio.volume, audio.paused, audio.at], [0.15, 1, false, 0.5]);
  audio.arrive();
  video.volume = 0.075; // by the controls
  video.muted = true;
  video.playbackRate = 2;
  video.tell('volumechange');
  assert.deepEqual([audio.volume, audio.muted, audio.playbackRate], [0.5, true, 2]);
  video.pause();
  video.tell('pause');
  assert.equal(audio.paused, true);
  video.play();
  video.at = 6; // nobody interprets
  video.tell('timeupdate');
  assert.deepEqual([video.volume, audio.volume, audio.paused], [0.5, 0.5, true]);
  video.at = 21;
  video.tell('timeupdate');
  end();
  assert.deepEqual([video.volume, audio.paused], [0.5, true]);
  video.at = 2;
  video.tell('timeupdate');
  assert.equal(audio.at, 5, 'it is over');
});

test('who drags the picture about while the sound is still on its way has both at one place in the end', () => {
  const [video, audio] = [new Fake(), new Fake()];
  playChannel(/** @type {any} */ (video), /** @type {any} */ (audio), { locale: 'th', url: '/th.m3u8', stretches }, () => assert.fail());
  video.at = 2;
  video.tell('seeking');
  video.at = 5;
  video.tell('seeking');
  video.tell('seeked');
  assert.equal(audio.at, 0.5); // on its way to where the picture was first
  audio.arrive();
  assert.equal(audio.at, 3.5);
  audio.at = 4.5; // a gap, over which the player went
  audio.arrive();
  assert.equal(audio.at, 4.5, 'it does not try for ever');
});
