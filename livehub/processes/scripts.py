"""The Lua that runs inside Redis: it numbers, orders, keeps and publishes in one step. So all see the same order.

Of each room Redis keeps four keys: ``s`` the numbers (next, last, floor, bytes), ``r`` those that are reserved or wait
behind a reservation, ``w`` what waits (``?deadline`` an outstanding reservation, ``x`` a dropped one, ``!`` and the
entry), ``e`` the entries that were released. An entry is ``<seq> <length of the audience>\\n<audience><packet>``; its
packet is put together around the number, which nobody knows before.

Numbers begin at the server's time in microseconds (or above the highest in SQL), as in one process.
Lua's numbers are doubles: exact up to 2**53, written by ``%.0f``.
"""

from typing import Final

_ROOM: Final = """
local s, r, w, e, ops = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local channel, hint, max_events, max_bytes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local ttl, lease, process, number = ARGV[5], tonumber(ARGV[6]), ARGV[7], tonumber(ARGV[8])
local function text(n) return string.format('%.0f', n) end
if number > 0 then
  if number <= tonumber(redis.call('HGET', ops, process) or 0) then return 0 end
  redis.call('HSET', ops, process, text(number))
end
local time = redis.call('TIME')
local now_us = tonumber(time[1]) * 1000000 + tonumber(time[2])
local next = tonumber(redis.call('HGET', s, 'next'))
if not next then
  next = math.max(now_us, hint)
  redis.call('HSET', s, 'next', text(next), 'last', text(next - 1), 'floor', text(next - 1), 'bytes', '0')
elseif next < hint then
  next = hint
  redis.call('HSET', s, 'next', text(next))
end
local function take()
  local seq = next
  next = next + 1
  redis.call('HSET', s, 'next', text(next))
  return seq
end
local function entry(seq)
  return text(seq) .. ' ' .. #ARGV[9] .. '\\n' .. ARGV[9] .. ARGV[10] .. text(seq) .. ARGV[11]
end
local function emit(seq, made)
  redis.call('RPUSH', e, made)
  redis.call('PUBLISH', channel, made)
  redis.call('HSET', s, 'last', text(seq))
  local bytes = redis.call('HINCRBY', s, 'bytes', #made)
  while bytes > max_bytes or redis.call('LLEN', e) > max_events do
    local gone = redis.call('LPOP', e)
    if not gone then break end
    bytes = redis.call('HINCRBY', s, 'bytes', -#gone)
    redis.call('HSET', s, 'floor', string.match(gone, '^%d+'))
  end
end
local function release()
  while true do
    local head = redis.call('ZRANGE', r, 0, 0)[1]
    if not head then return end
    local waits = redis.call('HGET', w, head) or 'x'
    local kind = string.sub(waits, 1, 1)
    if kind == '?' and tonumber(string.sub(waits, 2)) > now_us then return end
    redis.call('ZREM', r, head)
    redis.call('HDEL', w, head)
    if kind == '!' then emit(tonumber(head), string.sub(waits, 2)) else redis.call('HSET', s, 'last', head) end
  end
end
local function place(seq, what)
  redis.call('ZADD', r, text(seq), text(seq))
  redis.call('HSET', w, text(seq), what)
end
local function append()
  release()
  local seq = take()
  if redis.call('ZCARD', r) == 0 then emit(seq, entry(seq)) else place(seq, '!' .. entry(seq)) end
end
local function finish()
  for _, key in ipairs({s, r, w, e, ops}) do redis.call('PEXPIRE', key, ttl) end
  return redis.call('ZCARD', r)
end
"""

ROOM_SCRIPTS: Final = {
    "append": _ROOM + "append() return finish()",
    "reserve": _ROOM
    + """
release()
local seq = take()
place(seq, '?' .. text(now_us + lease * 1000))
finish()
return text(seq)
""",
    # A reservation that was given up meanwhile, or of a life that is over: told late rather than never.
    "fulfil": _ROOM
    + """
local waits = redis.call('HGET', w, ARGV[12])
if waits and string.sub(waits, 1, 1) == '?' then
  redis.call('HSET', w, ARGV[12], '!' .. entry(tonumber(ARGV[12])))
  release()
else
  append()
end
return finish()
""",
    "drop": _ROOM
    + """
local waits = redis.call('HGET', w, ARGV[12])
if waits and string.sub(waits, 1, 1) == '?' then redis.call('HSET', w, ARGV[12], 'x') end
release()
return finish()
""",
    # ARGV[9]: the highest number that the asker has. Answers floor, last, and the entries above that number.
    "open": _ROOM
    + """
release()
finish()
local have, found = tonumber(ARGV[9]), {}
for _, made in ipairs(redis.call('LRANGE', e, 0, -1)) do
  if tonumber(string.match(made, '^%d+')) > have then found[#found + 1] = made end
end
return {redis.call('HGET', s, 'floor'), redis.call('HGET', s, 'last'), found}
""",
}

#: a document that changes only from the version that the changer has seen. ARGV: field, version seen, document,
#: channel, message. Answers 1, or the version and document that are there.
DOCUMENT_SCRIPTS: Final = {
    "change": """
local known = redis.call('HGET', KEYS[1], ARGV[1])
local version = 0
if known then
  version = tonumber(string.match(known, '^%d+'))
  if version ~= tonumber(ARGV[2]) then return known end
end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', math.max(version, tonumber(ARGV[2])) + 1) .. ' ' .. ARGV[3])
redis.call('PUBLISH', ARGV[4], ARGV[5])
return 1
""",
}

#: a lease on a name: ARGV: who, ms, what others find there. Answers 1 when it is theirs.
LEASE_SCRIPTS: Final = {
    "lease": """
local holder = redis.call('HGET', KEYS[1], 'who')
if holder and holder ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'who', ARGV[1], 'what', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
""",
    "unlease": """
if redis.call('HGET', KEYS[1], 'who') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
""",
}
SCRIPTS: Final = {**ROOM_SCRIPTS, **DOCUMENT_SCRIPTS, **LEASE_SCRIPTS}
