// A chat client for the terminal, and all that a client has to know: npm install socket.io-client, then
//   node chat.mjs https://live.example.org room_01k… Ana es
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { io } from 'socket.io-client';

const [url, room, display_name = 'Ana', locale = 'en'] = process.argv.slice(2);
const unsent = new Map(); // client_id → text: what was typed and is not acknowledged yet
let seq = -1; // the last number seen: our whole place in the room

// 1. Be somebody: a guest. (Accounts have a cookie, your own users a join token.)
const headers = { 'Content-Type': 'application/json' };
const answer = await fetch(`${url}/api/v1/guests`, { method: 'POST', headers, body: JSON.stringify({ display_name, locale }) });
const guest = await answer.json();
if (!answer.ok) throw new Error(`${guest.code}: ${guest.detail}`);

// 2. Connect, and join each time the connection is made: socket.io comes back by itself, `since` says where we were.
const socket = io(url, { auth: { token: guest.token }, reconnectionDelayMax: 2000 });
socket.on('connect', join);
socket.on('connect_error', (error) => error.data && fail(error.data)); // a refusal, not a broken network

function join() {
  socket.timeout(10_000).emit('room:join', { room, locale, ...(seq >= 0 && { since: seq }) }, (late, joined) => {
    if (late) return socket.connected && join();
    if (!joined.ok) return joined.error.code === 'rate_limited' ? setTimeout(join, 1000 * joined.error.retry_after_s) : fail(joined.error);
    if (!joined.resumed) {
      // 3. A snapshot: how the room stands at `seq`. Else exactly what we missed follows as events.
      joined.state.messages.filter((message) => message.seq > seq).forEach(show);
      seq = joined.seq;
    }
    console.log(joined.resumed ? '* back again' : `* in ${joined.state.room.title}`);
    unsent.forEach((text, id) => send(text, id));
  });
}

// 4. Numbered events come in order; what is not above the last number has been seen.
function on(name, act) {
  socket.on(name, (event) => {
    if (event.seq !== undefined && event.seq <= seq) return;
    seq = event.seq ?? seq;
    act(event);
  });
}
on('chat:messages', ({ items }) => items.forEach(show));
on('chat:translations', ({ items }) => items.forEach(({ id, text }) => console.log(`  [${id}] ${text}`)));
on('chat:deleted', ({ id }) => console.log(`* ${id} was taken back`));
on('room:removed', ({ reason }) => fail({ code: reason, message: 'The server has let us go' }));
['room:state', 'chat:pinned', 'offer:pinned', 'offer:changed', 'order:paid'].forEach((name) => on(name, () => undefined)); // keep `seq`

function show({ id, author, text, translation, reply_to, deleted }) {
  if (!deleted) console.log(`[${id}] ${author.display_name}: ${reply_to ? `(${reply_to.text ?? '…'}) ` : ''}${translation?.text ?? text}`);
}

// 5. Say something. The same client_id is the same line, however often it has to be sent.
function send(text, client_id = randomUUID()) {
  unsent.set(client_id, text);
  if (!socket.connected) return;
  socket.timeout(10_000).emit('chat:send', { room, text, client_id }, (late, sent) => {
    if (late) return;
    if (sent.error?.code === 'rate_limited') return setTimeout(send, 1000 * sent.error.retry_after_s, text, client_id);
    unsent.delete(client_id);
    if (sent.held) console.log('* waits for a moderator');
    if (!sent.ok) console.log(`* ${sent.error.code}: ${sent.error.message}`);
  });
}

function fail({ code, message }) {
  console.error(`${code}: ${message}`);
  process.exit(1);
}
createInterface({ input: process.stdin }).on('line', (text) => send(text)).on('close', () => socket.disconnect());
