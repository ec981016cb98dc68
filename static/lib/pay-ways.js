/** What ways to pay are called: those that come with the server in the reader's language, those of packages as they call themselves. */

import { t } from './i18n.js';

/** Where a buyer chooses one. @param {string} id @param {string} title the server's own name for it */
export const payTitle = (id, title) => (id === 'manual' ? t('Pay when I get it') : ourTitle(id) ?? title);

/** Where a shop reads how its money came, also by a way that the server has no more. @param {string} id @param {string | undefined} title */
export const paidTitle = (id, title) => (id === 'manual' ? t('On pick-up or delivery') : ourTitle(id) ?? title ?? id);

/** @param {string} id @returns {string | undefined} */
const ourTitle = (id) => ({ sandbox: t('Test payment'), transfer: t('Bank transfer'), stripe: t('Card and more (Stripe)') })[id];
