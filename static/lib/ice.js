/**
 * What an ICE restart by PATCH needs (RFC 9725 section 4.3.3, RFC 8840): fragments out of descriptions and back, and the
 * watch that notices a dead path before the browser does. Pure.
 */

const ICE_LINE = /^a=(?:ice-ufrag|ice-pwd|ice-options|ice-lite|candidate|end-of-candidates)/;

/**
 * The fragment that asks for a restart: the new credentials, by the first media section, which is the bundle's.
 *
 * @param {string} sdp an offer @returns {string}
 */
export function fragmentOf(sdp) {
  const [session, first = ''] = sdp.split(/^(?=m=)/m);
  const find = (/** @type {RegExp} */ pattern) => (first.match(pattern) ?? session.match(pattern))?.[0];
  const lines = [find(/^a=ice-ufrag:.*$/m), find(/^a=ice-pwd:.*$/m), find(/^m=.*$/m), find(/^a=mid:.*$/m)];
  return lines.filter(Boolean).map((line) => `${line?.trim()}\r\n`).join('');
}

/**
 * The answer in force with the credentials and candidates of the server's fragment.
 *
 * @param {string} answer @param {string} fragment @returns {string}
 */
export function withFragment(answer, fragment) {
  const lines = fragment.split(/\r?\n/).filter((line) => ICE_LINE.test(line) && line !== 'a=ice-lite');
  const renewed = [...new Set(lines)].map((line) => `${line}\r\n`).join('');
  const [session, ...media] = answer.split(/^(?=m=)/m);
  return session + media.map((section) => (/^a=ice-ufrag:/m.test(section) ? renew(section, renewed) : section)).join('');
}

/** @param {string} section @param {string} renewed */
function renew(section, renewed) {
  const kept = section.split(/\r?\n/).filter((line) => line && !ICE_LINE.test(line));
  return kept.map((line) => `${line}\r\n`).join('') + renewed;
}

/** Not so short that a busy page is taken for a dead path, and shorter than a browser waits by itself. */
const LEAST_MS = 700;
const MOST_MS = 3_000;
/** How much longer than the longest pause of late a pause must be, and what of that is remembered at each sample. */
const LONGER = 2;
const REMEMBERED = 0.99;

/**
 * Tells when what came without a break comes no more. Says so once for each silence, for what does not come after a restart
 * is not there: the publisher has gone. How long a pause is usual it learns: a camera's is short, reports come twice a second.
 */
export class StallWatch {
  constructor() {
    this.bytes = 0;
    this.sinceMs = 0;
    this.usualMs = 0;
    this.isFlowing = false;
  }

  /** The pause that is too long now. */
  get limitMs() {
    return Math.min(Math.max(LONGER * this.usualMs, LEAST_MS), MOST_MS);
  }

  /**
   * @param {number} bytes received so far @param {number} nowMs
   * @returns {boolean} whether the flow has just been found to have stopped
   */
  sample(bytes, nowMs) {
    if (bytes !== this.bytes) {
      if (this.isFlowing) this.usualMs = Math.max(this.usualMs * REMEMBERED, nowMs - this.sinceMs);
      this.isFlowing = this.bytes > 0 && bytes > this.bytes;
      this.bytes = bytes;
      this.sinceMs = nowMs;
      return false;
    }
    if (!this.isFlowing || nowMs - this.sinceMs < this.limitMs) return false;
    this.isFlowing = false;
    return true;
  }
}
