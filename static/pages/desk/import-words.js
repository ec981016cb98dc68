/** Files of products in words. */

import { formatNumber } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { MAX_PICTURES } from './gallery-draft.js';

/** @param {string} code */
export function faultWord(code) {
  switch (code) {
    case 'title_missing': return t('The product has no title.');
    case 'price_missing': return t('A new variant needs a price.');
    case 'price_unreadable': return t('This is no price that can be read.');
    case 'count_unreadable': return t('This is no number of units.');
    case 'handle_unusable': return t('A handle has no spaces.');
    case 'handle_again': return t('This handle was in the file before; its lines have to follow each other.');
    case 'sku_again': return t('This article number was in the file before.');
    case 'sku_taken': return t('Another product has this article number already.');
    case 'sku_unusable': case 'text_unusable': return t('This text is too long, or has characters that cannot be used.');
    case 'url_unusable': return t('This is no address of a picture.');
    case 'too_many_pictures': return t('A product has at most {n} pictures.', { n: formatNumber(MAX_PICTURES) });
    case 'too_many_variants': return t('A product has at most 100 variants.');
    case 'changed_meanwhile': return t('It was sold or changed after the preview. Take the file in again.');
    case 'stock_short': return t('There is not that much stock. Raise the stock of the product first.');
    case 'picture_refused': case 'picture_unreachable': return t('The picture could not be fetched.');
    case 'picture_unreadable': return t('This is not a picture we can use. Take a JPEG, PNG or WebP.');
    case 'columns_unknown': return t('The first line names neither a title nor an article number.');
    case 'csv_broken': return t('From this line on it is no CSV: perhaps a quotation mark is missing.');
    case 'too_many_lines': return t('A file has at most 100,000 lines.');
    default: return t('Something went wrong. Please try again.');
  }
}

/** @param {string} field */
export function fieldWord(field) {
  switch (field) {
    case 'title': return t('Name');
    case 'description': return t('Description');
    case 'category': return t('Category');
    case 'picture': case 'variant_picture': return t('Picture');
    case 'pictures': return t('Pictures');
    case 'variant': return t('Variant');
    case 'price': return t('Price');
    case 'stock': return t('In stock');
    case 'low_stock': return t('Tell me from how few on');
    default: return t('Handle');
  }
}
