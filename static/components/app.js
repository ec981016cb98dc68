import { Component } from 'preact';
import { html } from 'htm/preact';
import { t } from '../lib/i18n.js';
import { ErrorState } from './states.js';
import { ToastHost } from './toast.js';

/** Keeps a defect in a page from leaving a white screen. */
export class App extends Component {
  /** @param {{ page: any, params: Record<string, unknown> }} props */
  constructor(props) {
    super(props);
    this.state = { error: null };
  }

  /** @param {unknown} error */
  componentDidCatch(error) {
    console.error('livehub: the page failed', error);
    this.setState({ error });
  }

  render() {
    const { page, params } = /** @type {any} */ (this.props);
    const { error } = /** @type {any} */ (this.state);
    if (error) {
      return html`<main id="main" class="page">
        <${ErrorState} error=${null} title=${t('This page stopped working')} onRetry=${() => window.location.reload()} />
      </main>`;
    }
    return html`<${page} ...${params} /><${ToastHost} />`;
  }
}
