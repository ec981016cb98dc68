import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { FormField } from '../../components/form-field.js';
import { formatClock } from '../../lib/format.js';
import { locale, t, tn } from '../../lib/i18n.js';
import { loadCues, searchCues } from '../../lib/replay-captions.js';

/** @typedef {import('../../lib/replay-captions.js').Cue} Cue */

/** The cues of a replay, in the reader's language. @param {string} room @returns {Cue[]} empty until they are here, or where there are none */
export function useCues(room) {
  const [cues, setCues] = useState(/** @type {Cue[]} */ ([]));
  const tag = locale();
  useEffect(() => {
    let isGone = false;
    loadCues(room, tag).then((found) => isGone || setCues(found), (error) => console.warn('livehub: no captions', error));
    return () => void (isGone = true);
  }, [room, tag]);
  return cues;
}

/** Everything that was said, to look for a word and go there. @param {{ cues: Cue[], onShow: (cue: Cue) => void }} props */
export function WhatWasSaid({ cues, onShow }) {
  const [words, setWords] = useState('');
  if (!cues.length) return null;
  const found = words.trim() ? searchCues(cues, words) : cues;
  return html`<section class="replay-chapters replay-said" aria-labelledby="said">
    <h3 id="said" class="replay-chapters-title">${t('What was said')}</h3>
    <${FormField} label=${t('Search in what was said')} type="search" value=${words} onInput=${setWords} maxlength="100" />
    <p class="sr-only" role="status">${words.trim() ? tn('{n} place found', '{n} places found', found.length) : ''}</p>
    ${!found.length && html`<p>${t('Nobody said that.')}</p>`}
    <ol class="replay-said-list" tabindex="0" aria-labelledby="said">
      ${found.slice(0, 200).map(
        (cue) => html`<li key=${cue.start_s}>
          <button type="button" class="replay-chapter" onClick=${() => onShow(cue)}>
            <span class="replay-chapter-title" lang=${cue.locale} dir="auto">${cue.text}</span><span class="tabular replay-chapter-time">${formatClock(cue.start_s)}</span>
          </button>
        </li>`,
      )}
    </ol>
  </section>`;
}
