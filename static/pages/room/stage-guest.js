/** My own place on stage: coming there by invitation or by role, what I send, and leaving. Signals out, no drawing. */

import { signal } from '@preact/signals';
import { announce } from '../../lib/announce.js';
import { t } from '../../lib/i18n.js';

/** @typedef {import('../studio/broadcast.js').Broadcast} Broadcast */

export class StageGuest {
  /** @param {import('./show-session.js').ShowSession} session */
  constructor(session) {
    this.session = session;
    /** Camera and microphone, while I look at them before going on stage and while I am there. */
    this.broadcast = signal(/** @type {Broadcast | null} */ (null));
    this.isOnStage = signal(false);
    /** A sentence for the person, when the host has changed something. */
    this.news = signal(/** @type {{ text: string, key: number } | null} */ (null));
    this.wasMuted = false;
  }

  /** Whether I may go there now, without an invitation. */
  get mayEnter() {
    const { state } = this.session;
    return state.room.value?.state === 'live' && state.can('publish') && !['host', 'cohost'].includes(state.me.value?.role ?? '');
  }

  /** Camera and microphone for the preview. What a viewer never needs is loaded only now. */
  async prepare() {
    if (this.broadcast.value) return;
    const { Broadcast } = await import('../studio/broadcast.js');
    const broadcast = new Broadcast(this.session.id);
    this.broadcast.value = broadcast;
    await broadcast.open();
  }

  /** Camera and microphone off: not now. */
  dismiss() {
    if (!this.isOnStage.value) this.close();
  }

  async decline() {
    this.dismiss();
    if (this.session.state.invitation.value) await this.session.connection.call('stage:answer', { accepted: false });
  }

  /** @throws {import('../../lib/protocol.js').CallError} the invitation is over */
  async enter() {
    const { connection, state } = this.session;
    if (state.invitation.value) {
      const { can } = await connection.call('stage:answer', { accepted: true });
      if (state.me.value) state.me.value = { ...state.me.value, can };
    }
    this.isOnStage.value = true;
    await this.tellMuted();
    await this.broadcast.value?.publish({ isRehearsal: true }); // a reload must not bring anybody on stage by itself
    announce(t('You are on stage. Everybody sees and hears you.'));
  }

  leave() {
    this.isOnStage.value = false;
    this.close();
    announce(t('You have left the stage.'));
  }

  stop() {
    this.isOnStage.value = false;
    this.close();
  }

  close() {
    this.broadcast.value?.stop();
    this.broadcast.value?.close();
    this.broadcast.value = null;
  }

  async toggleMic() {
    this.broadcast.value?.toggleMic();
    await this.tellMuted();
  }

  async toggleCamera() {
    this.broadcast.value?.toggleCamera();
    await this.tellMuted();
  }

  /** The others see by a mark who has closed their microphone. */
  async tellMuted() {
    const { connection, state } = this.session;
    const broadcast = this.broadcast.value;
    const identity = state.me.value?.identity;
    if (!broadcast || !identity) return;
    await connection.call('stage:mute', { identity, audio: !broadcast.isMicOn.value, video: !broadcast.isCameraOn.value });
  }

  /** What the host decides about me while I am there. */
  follow() {
    const { state } = this.session;
    const isLive = state.room.value?.state === 'live' && !state.removed.value;
    const mayStay = isLive && state.can('publish');
    const isMuted = state.muted.value.by_host.includes('audio');
    if (this.isOnStage.value && state.me.value && !mayStay) {
      this.stop();
      if (isLive) this.tell(t('The host has taken you off the stage.'));
    } else if (this.isOnStage.value && isMuted !== this.wasMuted) {
      this.tell(isMuted ? t('The host has muted your microphone.') : t('The host lets you speak again.'));
    }
    this.wasMuted = isMuted;
  }

  /** @param {string} text */
  tell(text) {
    announce(text);
    this.news.value = { text, key: (this.news.peek()?.key ?? 0) + 1 };
  }
}
