import { t } from '../lib/i18n.js';
import { errorText } from './states.js';

/**
 * A refusal in the reader's own language, by its code; the server's sentence for codes that have no words here.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function refusalText(error) {
  const code = /** @type {{ code?: string }} */ (error)?.code ?? '';
  return wordsOf(code) || errorText(error);
}

/** @param {string} code */
function wordsOf(code) {
  switch (code) {
    case 'price_guard': return t('While the show is live a price can only go down.');
    case 'stock_short': return t('There is not that much stock. Raise the stock of the product first.');
    case 'auction_running': return t('An auction runs in this show already.');
    case 'stock_changed': return t('The stock has changed in the meantime. Look at it, then count again.');
    case 'import_running': return t('A file is being taken in already.');
    case 'category_taken': return t('There is a category of this name already.');
    case 'coupon_taken': return t('The shop has a running coupon with this code.');
    case 'claim_word_taken': return t('Another product of the show has this keyword.');
    case 'pickup_slot_missing': return t('Please choose when you pick it up.');
    case 'pickup_slot_full': return t('This time is taken now. Please choose another.');
    case 'pickup_slot_closed': return t('This time is not offered any more. Please choose another.');
    case 'price_ceiling': return t('This is more than these goods may cost.');
    case 'cancel_too_late': return t('It is too late to cancel this yourself. Please write to the shop.');
    case 'return_not_possible': return t('This cannot be sent back any more. Please write to the shop.');
    case 'return_open': return t('You have asked already. The shop will answer.');
    case 'already_shipped': return t('A part of this order has left the shop already.');
    case 'shipment_too_much': return t('Everything of this order is packed already.');
    case 'courier_failed': return t('The courier does not answer. Try again in a moment.');
    case 'too_many_pins': return t('Three products are pinned already. Unpin one first.');
    case 'offer_exists': return t('This product is in the show already.');
    case 'room_has_no_store': return t('This show sells for no shop. Choose a shop for it first.');
    case 'sku_taken': return t('Another product has this article number already.');
    case 'picture_unreachable': return t('The picture could not be fetched from there.');
    case 'picture_refused': return t('Pictures are only fetched from the public internet.');
    case 'too_many_pictures': return t('The product has as many pictures as it may have.');
    case 'pictures_changed': return t('Somebody else changed the pictures meanwhile. Save again.');
    case 'picture_unreadable': return t('This is not a picture we can use. Take a JPEG, PNG or WebP.');
    case 'payload_too_large': return t('This file is too large. Pictures may have up to 8 MB.');
    case 'request_timeout': return t('This took too long to reach the server. Please send it again.');
    case 'illegal_transition': return t('That is not possible any more: the state has changed in the meantime.');
    case 'room_has_started': return t('This can only be changed before the show starts.');
    case 'already_recording': return t('The show is being recorded already.');
    case 'not_recording': return t('Nothing is being recorded any more.');
    case 'recording_off': return t('This show is not to be recorded. Its settings say so.');
    case 'recording_not_allowed': return t('A room of this kind cannot be recorded in this way.');
    case 'still_recording': return t('Stop the recording first.');
    case 'disk_full': return t('The server has no room left to record. Delete recordings that are no longer needed.');
    case 'room_is_live': return t('End the show first.');
    case 'too_many_api_keys': return t('Revoke a key that you do not use any more first.');
    case 'url_refused': return t('Webhooks cannot be sent to this address. Use a public address that begins with https://');
    case 'restream_url_refused': return t('Enter an address that begins with rtmp://, rtmps:// or https://, as the service shows it.');
    case 'restream_key_refused': return t('Enter the key as the service shows it.');
    case 'restream_key_unreadable': return t('The key cannot be read any more. Enter it again.');
    case 'restream_busy': return t('Stop it in the other show first.');
    case 'too_many_restream_targets': return t('Remove a service that you do not use any more first.');
    case 'too_many_restreams': return t('The show goes to as many services as it may.');
    case 'poll_open': return t('One poll is open already. Close it first.');
    case 'poll_closed': return t('This poll is closed.');
    case 'too_many_questions': return t('Some of your questions wait for an answer. Give them a little time.');
    case 'question_answered': return t('This question was answered already.');
    case 'draw_running': return t('One draw is running already. Finish it first.');
    case 'draw_closed': return t('Entries for this draw are closed.');
    case 'mail_off': return t('This server sends no e-mail.');
    case 'letter_invalid': return t('This link is not good any more.');
    case 'too_many_follows': return t('You follow as many as one may. Leave one first.');
    case 'nothing_to_remind': return t('This show has begun already.');
    case 'unauthenticated': return t('You are signed out. Sign in again; what you typed is kept.');
    case 'decided_already': return t('Somebody has decided this already.');
    case 'not_undoable': return t('This cannot be undone any more.');
    case 'outranks_you': return t('You cannot do this to somebody of that role.');
    case 'word_unusable': return t('A word has up to 40 letters.');
    case 'too_many_words': return t('A room has at most 500 words.');
    case 'text_not_translated': return t('No engine has a translation of this now. Write it yourself, or try again in a minute.');
    case 'text_not_found': return t('This is not said any more. Close this and open it again.');
    case 'forbidden': return t('You may not do this here.');
    default: return '';
  }
}
