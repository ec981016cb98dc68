import { html } from 'htm/preact';
import { refusalText } from './refusal.js';
import { IconButton, Button } from './button.js';
import { toast } from './toast.js';
import { t } from '../lib/i18n.js';

/** @typedef {{ connection: import('../lib/protocol.js').RoomConnection, state: import('../lib/room-state.js').RoomState }} Place */
/** @typedef {{ identity: string, name: string }} Somebody */

/**
 * What hosts do about the stage; each says what came of it.
 *
 * @param {Place} place
 */
export function stageActions({ connection, state }) {
  const act = async (/** @type {string} */ call, /** @type {Record<string, unknown>} */ payload, /** @type {string} */ done) => {
    try {
      await connection.call(call, payload);
      if (done) toast(done, { kind: 'good' });
    } catch (error) {
      toast(refusalText(error), { kind: 'bad' });
    }
  };
  return {
    invite: (/** @type {Somebody} */ { identity, name }) => act('stage:invite', { identity }, t('{name} is invited.', { name })),
    remove: (/** @type {Somebody} */ { identity, name }) => act('stage:remove', { identity }, t('{name} is off the stage.', { name })),
    withdraw: (/** @type {Somebody} */ { identity }) => act('stage:remove', { identity }, t('The invitation is taken back.')),
    mute: (/** @type {Somebody} */ { identity }) => act('stage:mute', { identity, audio: !isHeld(state, identity) }, ''),
    pin: (/** @type {Somebody} */ { identity }) => act('stage:pin', { identity, pinned: !isPinned(state, identity) }, ''),
  };
}

/** @param {import('../lib/room-state.js').RoomState} state @param {string} identity */
export const isHeld = (state, identity) => state.mutedMembers.value.get(identity)?.by_host.includes('audio') ?? false;

/** @param {import('../lib/room-state.js').RoomState} state @param {string} identity */
export const isPinned = (state, identity) => state.pins.value.some((pin) => pin.identity === identity && !pin.source);

/** The buttons beside somebody who is on stage. @param {{ place: Place, person: import('../lib/stage.js').Person }} props */
export function OnStageButtons({ place, person }) {
  const actions = stageActions(place);
  const held = isHeld(place.state, person.identity);
  const pinned = isPinned(place.state, person.identity);
  const somebody = { identity: person.identity, name: person.name };
  return html`<span class="stage-buttons">
    <${IconButton} icon=${held ? 'micOff' : 'mic'} class=${held ? 'is-held' : ''} aria-pressed=${held ? 'true' : 'false'} label=${t('Mute {name}', { name: person.name })} onClick=${() => actions.mute(somebody)} />
    <${IconButton} icon="pin" class=${pinned ? 'is-pinned' : ''} aria-pressed=${pinned ? 'true' : 'false'} label=${t('Pin {name} for everybody', { name: person.name })} onClick=${() => actions.pin(somebody)} />
    <${IconButton} icon="close" label=${t('Take {name} off the stage', { name: person.name })} onClick=${() => actions.remove(somebody)} />
  </span>`;
}

/** Invite somebody, or take the invitation back. @param {{ place: Place, somebody: Somebody }} props */
export function InviteButton({ place, somebody }) {
  const actions = stageActions(place);
  const isInvited = place.state.invited.value.some(({ identity }) => identity === somebody.identity);
  return isInvited
    ? html`<${Button} size="s" kind="quiet" aria-label=${t('Take the invitation of {name} back', { name: somebody.name })} onClick=${() => actions.withdraw(somebody)}>${t('Invited')}<//>`
    : html`<${Button} size="s" icon="stage" aria-label=${t('Invite {name} on stage', { name: somebody.name })} onClick=${() => actions.invite(somebody)}>${t('Invite')}<//>`;
}
