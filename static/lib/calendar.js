/** A calendar entry for a show (RFC 5545), made in the browser, so that "Remind me" works without an account. */

/** @param {string} text */
const escapeText = (text) => text.replace(/[\\;,]/g, (c) => `\\${c}`).replace(/\r?\n/g, '\\n');

/** @param {number} ms */
const stamp = (ms) => new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '');

/** Lines of at most 75 octets, continued by a space. @param {string} line */
function fold(line) {
  const encoder = new TextEncoder();
  const parts = [''];
  let octets = 0;
  for (const letter of line) {
    const size = encoder.encode(letter).length;
    if (octets + size > 74) {
      parts.push('');
      octets = 1;
    }
    parts[parts.length - 1] += letter;
    octets += size;
  }
  return parts.join('\r\n ');
}

/**
 * @param {{ id: string, title: string, description: string, starts_at: string | null }} room
 * @param {string} url of the room's page
 * @param {number} [nowMs]
 * @returns {string} an iCalendar object with an alarm ten minutes before
 */
export function calendarEntry(room, url, nowMs = Date.now()) {
  const startMs = Date.parse(room.starts_at ?? '');
  return [
    'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//livehub//show//EN', 'BEGIN:VEVENT',
    `UID:${room.id}@livehub`, `DTSTAMP:${stamp(nowMs)}`, `DTSTART:${stamp(startMs)}`, `DTEND:${stamp(startMs + 3_600_000)}`,
    `SUMMARY:${escapeText(room.title)}`, `DESCRIPTION:${escapeText(`${room.description}\n${url}`.trim())}`, `URL:${url}`,
    'BEGIN:VALARM', 'ACTION:DISPLAY', 'TRIGGER:-PT10M', `DESCRIPTION:${escapeText(room.title)}`, 'END:VALARM',
    'END:VEVENT', 'END:VCALENDAR', '',
  ].map(fold).join('\r\n');
}
