import { html } from 'htm/preact';
import { api } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { Button } from './button.js';
import { NoticeWays } from './notice-ways.js';
import { refusalText } from './refusal.js';
import { ErrorState, SkeletonText } from './states.js';
import { toast } from './toast.js';
import { useLoad } from './use-load.js';

/** @typedef {{ subject: string, title: string }} Follow */

/** Whom I follow and how I am told, for the account page. */
export function FollowList() {
  const { data, error, reload } = useLoad((signal) => /** @type {Promise<{ items: Follow[] }>} */ (api.get('/follows', { signal })), []);
  const leave = async (/** @type {Follow} */ { subject }) => {
    await api.delete(`/follows/${encodeURIComponent(subject)}`).catch((problem) => toast(refusalText(problem), { kind: 'bad' }));
    reload();
  };
  return html`<section class="card stack" aria-labelledby="notices-title">
    <h2 id="notices-title" class="account-h2">${t('Notices')}</h2>
    <p class="muted">${t('We tell you when a show begins of those whom you follow.')}</p>
    <${NoticeWays} />
    ${error && !data && html`<${ErrorState} error=${error} onRetry=${reload} />`}
    ${!data && !error && html`<${SkeletonText} lines=${2} />`}
    ${data && !data.items.length && html`<p class="muted">${t('You follow nobody yet. The plus beside the name in a show does it.')}</p>`}
    <ul class="follow-list">
      ${data?.items.map((follow) => html`<li key=${follow.subject} class="row"><bdi class="grow">${follow.title}</bdi>
        <${Button} size="s" kind="quiet" aria-label=${t('Stop following {name}', { name: follow.title })} onClick=${() => leave(follow)}>${t('Stop following')}<//></li>`)}
    </ul>
  </section>`;
}
