/** What changes a stock, in words. */

import { t } from '../../lib/i18n.js';

/** Reasons that somebody can choose, and which way each goes. */
export const REASONS = /** @type {const} */ ([
  ['received', 1], ['returned', 1], ['found', 1], ['damaged', -1], ['lost', -1], ['given_away', -1],
]);

/** @param {string} reason */
export function reasonWord(reason) {
  switch (reason) {
    case 'received': return t('Goods came in');
    case 'returned': return t('Returned by a buyer');
    case 'found': return t('Found again');
    case 'damaged': return t('Damaged');
    case 'lost': return t('Lost');
    case 'given_away': return t('Given away');
    case 'counted': return t('Counted');
    case 'corrected': return t('Corrected');
    case 'synced': return t('By another system');
    case 'imported': return t('By a file');
    case 'opening': return t('First stock');
    default: return reason;
  }
}
