import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { FLOOR_VOLUME } from '../lib/interpreting.js';
import { isForMe, ReadAloud } from '../lib/read-aloud.js';
import { ServerVoice } from '../lib/server-voice.js';
import { loudness, ownVolume, underReading } from '../lib/volume.js';

/** What is asked of a browser's voices, one at a time, as `speechSynthesis` does it. @param {string[]} langs */
function makeVoices(langs) {
  /** @type {any[]} */
  const spoken = [];
  const synthesis = {
    /** @type {any} */ now: null,
    cancels: 0,
    getVoices: () => langs.map((lang, index) => ({ lang, localService: index > 0, name: `${lang} ${index}` })),
    speak(/** @type {any} */ utterance) {
      assert.equal(synthesis.now, null, 'two would talk over each other');
      synthesis.now = utterance;
      spoken.push(utterance);
    },
    cancel() {
      synthesis.cancels += 1;
      const cut = synthesis.now;
      synthesis.now = null;
      cut?.onerror({ error: 'interrupted' });
    },
    /** Its first sound. */
    start: () => synthesis.now.onstart(),
    /** It came to its end. */
    end() {
      const ended = synthesis.now;
      synthesis.now = null;
      ended.onend();
    },
  };
  class Spoken {
    /** @param {string} text */
    constructor(text) {
      this.text = text;
    }
  }
  const aloud = new ReadAloud(/** @type {any} */ (synthesis), /** @type {any} */ (Spoken));
  return { aloud, synthesis, spoken, texts: () => spoken.map(({ text }) => text) };
}

/** @param {object} [more] @returns {any} */
const line = (more = {}) => ({ id: 'm', author: { identity: 'bob', display_name: 'Bob' }, text: 'hi', mentions: [], ...more });

test('who is answered, named or told by an announcement is read to; nobody hears their own lines', () => {
  assert.equal(isForMe(line(), 'ana', 'all'), true);
  assert.equal(isForMe(line(), 'ana', 'replies'), false);
  assert.equal(isForMe(line({ reply_to: { id: 'x', author: { identity: 'ana' } } }), 'ana', 'replies'), true);
  assert.equal(isForMe(line({ reply_to: { id: 'x', author: { identity: 'cem' } } }), 'ana', 'replies'), false);
  assert.equal(isForMe(line({ mentions: [{ identity: 'ana', display_name: 'Ana' }] }), 'ana', 'replies'), true);
  assert.equal(isForMe(line({ announcement: true }), 'ana', 'replies'), true);
  assert.equal(isForMe(line({ announcement: true }), 'ana', 'none'), false);
  for (const more of [{ author: { identity: 'ana' } }, { deleted: true }, { pending: true }]) assert.equal(isForMe(line(more), 'ana', 'all'), false);
});

test('one after the other, products before captions before chat, and the oldest of a kind give way', () => {
  const { aloud, synthesis, texts } = makeVoices(['en-US']);
  aloud.say('chat', 'first', 'en');
  for (let n = 1; n <= 6; n += 1) aloud.say('chat', `line ${n}`, 'en');
  aloud.say('caption', 'one', 'en');
  aloud.say('caption', 'two', 'en');
  aloud.say('caption', 'three', 'en');
  assert.deepEqual(texts(), ['first']);
  for (let n = 0; n < 7; n += 1) if (synthesis.now) synthesis.end();
  assert.deepEqual(texts(), ['first', 'two', 'three', 'line 3', 'line 4', 'line 5', 'line 6']);
  assert.equal(synthesis.now, null);
  assert.equal(aloud.current, null);
  aloud.stop(); // its timer
});

test('a product cuts off a chat line, and not a caption', () => {
  const { aloud, synthesis, texts } = makeVoices(['en-US']);
  aloud.say('chat', 'a long story', 'en');
  aloud.say('product', 'Cup, 5 euros', 'en');
  assert.deepEqual(texts(), ['a long story', 'Cup, 5 euros']);
  synthesis.end();
  aloud.say('caption', 'what is said', 'en');
  aloud.say('product', 'Bowl, 9 euros', 'en');
  aloud.say('product', 'Vase, 20 euros', 'en');
  assert.equal(synthesis.now.text, 'what is said');
  synthesis.end();
  assert.equal(synthesis.now.text, 'Vase, 20 euros'); // the bowl is not shown any more
  aloud.stop();
});

test('silence is at once, for what is heard and for what waits, and what comes later is read', () => {
  const { aloud, synthesis, texts } = makeVoices(['en-US']);
  aloud.say('chat', 'one', 'en');
  aloud.say('chat', 'two', 'en');
  aloud.stop();
  assert.equal(synthesis.now, null);
  assert.deepEqual(texts(), ['one']);
  aloud.say('chat', 'three', 'en');
  assert.deepEqual(texts(), ['one', 'three']);
  aloud.stop();
});

test('a voice that never ends is given up', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { aloud, synthesis, texts } = makeVoices(['en-US']);
  aloud.say('chat', 'one', 'en');
  aloud.say('chat', 'two', 'en');
  mock.timers.tick(29_000);
  assert.deepEqual(texts(), ['one']);
  mock.timers.tick(1_500);
  assert.deepEqual(texts(), ['one', 'two']);
  assert.equal(synthesis.cancels, 1);
  aloud.stop();
  mock.timers.reset();
});

test('the language of the text chooses the voice, one of the device first; links are not read out', () => {
  const { aloud, synthesis, spoken } = makeVoices(['th-TH', 'en_US', 'th-TH']);
  aloud.say('chat', 'ราคา https://example.org/a?b=c', 'th');
  assert.deepEqual([spoken[0].lang, spoken[0].voice.name, spoken[0].text], ['th-TH', 'th-TH 2', 'ราคา …']);
  synthesis.end();
  aloud.say('chat', 'مرحبا', 'ar');
  assert.deepEqual([spoken[1].lang, spoken[1].voice], ['ar', undefined]);
  synthesis.end();
  aloud.say('chat', '   ', 'ar');
  assert.equal(spoken.length, 2);
  aloud.stop();
});

test('what was taken back is not read, nor to its end', () => {
  const { aloud, synthesis, texts } = makeVoices(['en-US']);
  for (const id of ['a', 'b', 'c']) aloud.say('chat', id, 'en', { of: 'message', id });
  aloud.say('caption', 'said', 'en');
  aloud.keep(({ id }) => id !== 'b');
  assert.equal(synthesis.now.text, 'a');
  aloud.keep(({ id }) => id === 'c');
  assert.equal(synthesis.now.text, 'said');
  synthesis.end();
  assert.deepEqual(texts(), ['a', 'said', 'c']);
  aloud.stop();
});

test('a voice speaks the language that is meant, under whatever code, of the country of who listens', () => {
  const { aloud } = makeVoices(['zh-TW', 'zh-HK', 'yue-HK', 'cmn-Hans-CN', 'zh_CN', 'in_ID', 'es-ES', 'es-MX', 'zh-TW']);
  aloud.tags = () => ['es-MX', 'zh-CN'];
  assert.equal(aloud.voiceFor('zh')?.lang, 'zh_CN');
  assert.equal(aloud.voiceFor('es')?.lang, 'es-MX');
  assert.equal(aloud.voiceFor('id')?.lang, 'in_ID');
  aloud.tags = () => [];
  assert.equal(aloud.voiceFor('zh')?.lang, 'cmn-Hans-CN');
  const cantonese = makeVoices(['en-US', 'zh-HK', 'zh-Hant-MO']);
  assert.equal(cantonese.aloud.voiceFor('zh'), null);
});

/** A server with a voice for Thai, whose sounds a test ends. */
function makeServer() {
  /** @type {string[]} */
  const asked = [];
  /** @type {any[]} */
  const players = [];
  const answers = { /** @type {any} */ problem: null };
  let nowMs = 0;
  const server = new ServerVoice('room_1', ['th'], {
    ask: async (path, signal) => {
      asked.push(path);
      if (answers.problem) throw answers.problem;
      signal.throwIfAborted();
      return new Blob(['sound']);
    },
    player: () => {
      const audio = { play: async () => {}, paused: 0, pause: () => void (audio.paused += 1), onended: /** @type {any} */ (null), onerror: /** @type {any} */ (null) };
      players.push(audio);
      return { audio, done: () => {} };
    },
    now: () => nowMs,
  });
  return { server, asked, players, answers, pass: (/** @type {number} */ ms) => (nowMs += ms) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('the server speaks a language that the browser has no voice of, in the same queue', async () => {
  const { aloud, spoken, synthesis } = makeVoices(['en-US']);
  const { server, asked, players } = makeServer();
  aloud.server = server;
  aloud.say('chat', 'Bob: ราคา', 'th', { of: 'message', id: 'msg_1' });
  aloud.say('chat', 'Bob: hello', 'en', { of: 'message', id: 'msg_2' });
  await settled();
  assert.deepEqual(asked, ['/rooms/room_1/speech?of=message&id=msg_1&locale=th']);
  assert.equal(spoken.length, 0, 'the English line waits for the Thai one');
  players[0].onended();
  assert.deepEqual(spoken.map(({ text }) => text), ['Bob: hello']); // the browser's own voice does that
  synthesis.end();
  aloud.say('system', 'I read to you', 'th', { of: 'greeting' });
  await settled();
  assert.equal(asked[1], '/rooms/room_1/speech?of=greeting&locale=th');
  aloud.say('product', 'ถ้วย', 'th', { of: 'offer', id: 'ofr_1' });
  await settled();
  assert.equal(asked.length, 2, 'a greeting is not cut off');
  aloud.stop();
  assert.equal(players[1].paused, 1);
  players[1].onended(); // a late end is nobody's
  assert.equal(aloud.current, null);
});

test('a chat line of the server is cut off by a product, also while it is still on the way', async () => {
  const { aloud } = makeVoices([]);
  const { server, asked, players } = makeServer();
  aloud.server = server;
  aloud.say('chat', 'Bob: ราคา', 'th', { of: 'message', id: 'msg_1' });
  aloud.say('product', 'ถ้วย', 'th', { of: 'offer', id: 'ofr_1' });
  await settled();
  assert.deepEqual(asked.map((path) => new URLSearchParams(path.split('?')[1]).get('of')), ['message', 'offer']);
  assert.equal(players.length, 1, 'of the line nothing is heard');
  assert.equal(aloud.current?.kind, 'product');
  aloud.stop();
});

test('where the server cannot, the browser reads as well as it can, and the server rests', async () => {
  const { aloud, spoken, synthesis } = makeVoices(['en-US']);
  const { server, asked, answers, pass } = makeServer();
  aloud.server = server;
  answers.problem = { status: 503 };
  aloud.say('chat', 'ราคา', 'th', { of: 'message', id: 'msg_1' });
  await settled();
  assert.deepEqual([asked.length, spoken[0].text, spoken[0].lang], [1, 'ราคา', 'th']);
  synthesis.end();
  aloud.say('chat', 'แพง', 'th', { of: 'message', id: 'msg_2' });
  await settled();
  assert.deepEqual([asked.length, spoken.length], [1, 2]);
  synthesis.end();
  pass(31_000);
  answers.problem = { status: 404 }; // a line that was taken back
  aloud.say('chat', 'หาย', 'th', { of: 'message', id: 'msg_3' });
  await settled();
  assert.equal(spoken.length, 2, 'what is gone is read by nobody');
  answers.problem = null;
  aloud.say('chat', 'ขอบคุณ', 'th', { of: 'message', id: 'msg_4' });
  await settled();
  assert.equal(asked.length, 3, 'one that is gone is no reason to rest');
  aloud.stop();
});

test('a browser without any voices reads by the server alone, and without one not at all', async () => {
  const { server, players } = makeServer();
  const aloud = new ReadAloud(null, /** @type {any} */ (undefined));
  aloud.say('chat', 'hello', 'en', { of: 'message', id: 'msg_1' });
  assert.equal(aloud.current, null);
  aloud.server = server;
  aloud.say('chat', 'hello', 'en', { of: 'message', id: 'msg_1' });
  aloud.say('chat', 'ราคา', 'th', { of: 'message', id: 'msg_2' });
  await settled();
  assert.equal(players.length, 1);
  assert.equal(aloud.current?.text, 'ราคา');
  aloud.stop();
});

test('a voice is heard from its first sound until nothing follows, however it ends', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { aloud, synthesis } = makeVoices(['en-US']);
  /** @type {boolean[]} */
  const heard = [];
  const end = aloud.isHeard.subscribe((is) => heard.push(is));
  const isHeard = () => aloud.isHeard.value;
  aloud.say('chat', 'one', 'en');
  aloud.say('chat', 'two', 'en');
  assert.equal(isHeard(), false, 'nothing is turned down for a voice that has not begun');
  synthesis.start();
  synthesis.end();
  assert.equal(isHeard(), true, 'the next one follows');
  synthesis.start();
  synthesis.end();
  assert.deepEqual(heard, [false, true, false], 'it does not go up and down between two lines');

  aloud.say('chat', 'three', 'en');
  synthesis.start();
  aloud.stop();
  assert.equal(isHeard(), false);

  aloud.say('chat', 'four', 'en');
  synthesis.start();
  const failed = synthesis.now;
  synthesis.now = null;
  failed.onerror({ error: 'synthesis-failed' });
  assert.equal(isHeard(), false);

  aloud.say('chat', 'five', 'en');
  synthesis.start();
  mock.timers.tick(31_000);
  assert.equal(isHeard(), false, 'a voice that never ends is given up');

  aloud.say('chat', 'six', 'en', { of: 'message', id: 'six' });
  synthesis.start();
  aloud.keep(() => false);
  assert.equal(isHeard(), false);

  aloud.say('chat', 'seven', 'en');
  const late = synthesis.now;
  aloud.stop();
  late.onstart();
  assert.equal(isHeard(), false, 'a late first sound is nobody’s');
  end();
  mock.timers.reset();
});

test('the server’s voice is heard once it plays', async () => {
  const { aloud } = makeVoices([]);
  const { server, players } = makeServer();
  aloud.server = server;
  aloud.say('chat', 'ราคา', 'th', { of: 'message', id: 'msg_1' });
  assert.equal(aloud.isHeard.value, false, 'it is still on its way');
  await settled();
  assert.equal(aloud.isHeard.value, true);
  players[0].onended();
  assert.equal(aloud.isHeard.value, false);
});

test('what is under a voice is low, and comes back as the viewer had it', () => {
  assert.deepEqual([underReading(false), underReading(true)], [1, FLOOR_VOLUME]);
  const low = loudness(0.8, FLOOR_VOLUME);
  assert.equal(ownVolume(low, 0.8, FLOOR_VOLUME), 0.8, 'that was set here');
  assert.equal(ownVolume(0.4, 1, 1), 0.4, 'that was the viewer');
  // what they set meanwhile stays as they hear it, and is not louder than can be afterwards
  const own = ownVolume(0.5, 0.8, FLOOR_VOLUME);
  assert.ok(Math.abs(loudness(own, FLOOR_VOLUME) - 0.5) < 1e-9);
  assert.equal(loudness(own, 1), 1);
  assert.equal(ownVolume(0.3, 0.8, 0), 0.8, 'of nothing nobody knows the share');
});
