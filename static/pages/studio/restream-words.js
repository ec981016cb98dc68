/** What a target is doing, in words. */

import { formatNumber } from '../../lib/format.js';
import { t, tn } from '../../lib/i18n.js';
import { bitrateWords } from './health.js';

/** @typedef {import('../../lib/types.js').Restream['status']} Status */

/** @param {Status} status @returns {{ tone: 'neutral'|'good'|'warn'|'bad', word: string }} */
export function stateWords({ state }) {
  switch (state) {
    case 'live': return { tone: 'good', word: t('On air there') };
    case 'connecting': return { tone: 'warn', word: t('Connecting…') };
    case 'waiting': return { tone: 'warn', word: t('Waiting for a picture') };
    case 'retrying': return { tone: 'warn', word: t('Trying again') };
    case 'failed': return { tone: 'bad', word: t('Does not work') };
    case 'busy': return { tone: 'neutral', word: t('In another show') };
    default: return { tone: 'neutral', word: t('Off') };
  }
}

/** What goes out, or why nothing does. @param {Status} status @param {number} nowMs */
export function detailWords(status, nowMs) {
  if (status.state === 'live') {
    const dropped = status.dropped_frames;
    const rate = status.bitrate_bps ? bitrateWords(status.bitrate_bps) : '';
    const lost = dropped ? tn('{n} picture left out', '{n} pictures left out', dropped) : '';
    return [rate, lost].filter(Boolean).join(' · ');
  }
  if (status.state === 'waiting') return t('It begins by itself as soon as somebody sends a picture.');
  if (status.state === 'busy') return t('Stop it in the other show first.');
  const reason = reasonWords(status);
  if (status.state !== 'retrying' || !status.retry_at) return reason;
  const seconds = Math.max(0, Math.ceil((Date.parse(status.retry_at) - nowMs) / 1000));
  return seconds ? `${reason} ${t('Next try in {n} s.', { n: formatNumber(seconds) })}` : reason;
}

/** @param {Status} status */
function reasonWords({ code, detail }) {
  switch (code) {
    case '': return '';
    case 'unknown_host': return t('There is no server of this name.');
    case 'connection_refused': case 'unreachable': case 'timed_out': return t('The server cannot be reached.');
    case 'address_refused': return t('The address does not lead to the public internet.');
    case 'certificate_refused': case 'tls_failed': return t('The connection is not safe, so the key is not sent there.');
    case 'key_refused': case 'closed_at_start': case 'refused': return t('The service refuses it. Check address and key.');
    case 'key_in_use': return t('The key is wrong, or another program sends with it.');
    case 'server_busy': case 'server_failed': case 'redirected_too_often': return t('The service is busy or has a fault.');
    case 'no_whip': case 'no_rtmp': case 'answer_unreadable': case 'no_media_address': case 'redirected_to_plain_http':
    case 'session_over_plain_http': return t('A show cannot be sent to this address.');
    case 'codec_refused': case 'offer_refused': return t('The service does not take this kind of picture.');
    case 'rtmp_needs_h264': return t('This service takes H.264 only, and VP8 is sent. Choose H.264 in the program that sends.');
    case 'media_unreachable': case 'media_refused': return t('The picture does not get through to the server.');
    case 'connection_closed': case 'connection_lost': return t('The connection ended.');
    case 'too_slow': return t('The service takes the picture too slowly.');
    case 'too_many_restreams': return t('The show goes to as many services as it may.');
    case 'restream_key_unreadable': return t('The key cannot be read any more. Enter it again.');
    default: return detail;
  }
}
