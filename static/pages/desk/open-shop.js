import { html } from 'htm/preact';
import { useMemo, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { FormField } from '../../components/form-field.js';
import { refusalText } from '../../components/refusal.js';
import { api } from '../../lib/api.js';
import { locale, t } from '../../lib/i18n.js';
import { formatMoney } from '../../lib/money.js';

/** Shown first, because most shops of the interface's language use them. */
const LIKELY = /** @type {Record<string, string[]>} */ ({
  ar: ['SAR', 'AED', 'EGP', 'MAD', 'USD'], zh: ['CNY', 'TWD', 'HKD', 'USD'], en: ['USD', 'GBP', 'EUR', 'AUD'], es: ['EUR', 'MXN', 'COP', 'ARS', 'USD'],
  fr: ['EUR', 'CHF', 'CAD', 'XOF'], id: ['IDR', 'USD'], ja: ['JPY', 'USD'], ru: ['RUB', 'KZT', 'BYN'], th: ['THB', 'USD'], tr: ['TRY', 'EUR', 'USD'], vi: ['VND', 'USD'],
});

/** The first thing a merchant does: a name and a currency. @param {{ onOpened: (store: import('../../lib/types.js').Store) => void }} props */
export function OpenShop({ onOpened }) {
  const groups = useMemo(currencies, []);
  const [title, setTitle] = useState('');
  const [currency, setCurrency] = useState(groups.likely[0]);
  const [isTouched, touch] = useState(false);
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const fault = title.trim() ? '' : t('Give your shop a name.');

  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    touch(true);
    if (fault) return;
    setBusy(true);
    setProblem('');
    try {
      onOpened(await api.post('/stores', { title: title.trim(), currency }));
    } catch (error) {
      setProblem(refusalText(error));
      setBusy(false);
    }
  };
  const option = (/** @type {string} */ code) => html`<option key=${code} value=${code}>${currencyName(code)}</option>`;

  return html`<form class="open-shop stack" onSubmit=${submit} noValidate>
    <div><h1>${t('Open your shop')}</h1><p class="muted">${t('It takes a minute. You can go on air as soon as one product is in.')}</p></div>
    ${problem && html`<p class="note note-bad" role="alert">${problem}</p>`}
    <${FormField} label=${t('Name of the shop')} value=${title} onInput=${setTitle} maxlength="120" dir="auto" autocomplete="organization" error=${isTouched ? fault : ''} />
    <${FormField} label=${t('Currency')} as="select" value=${currency} onInput=${setCurrency}
      hint=${t('All prices of the shop are in it, like {example}. It cannot be changed later.', { example: formatMoney({ amount_minor: 125_000, currency }) })}>
      <optgroup label=${t('Often used')}>${groups.likely.map(option)}</optgroup>
      <optgroup label=${t('All currencies')}>${groups.rest.map(option)}</optgroup>
    <//>
    <${Button} kind="primary" size="l" type="submit" wide busy=${isBusy}>${t('Open the shop')}<//>
  </form>`;
}

/** @param {string} code */
function currencyName(code) {
  const name = new Intl.DisplayNames([locale()], { type: 'currency' }).of(code) ?? code;
  return `${name} (${code})`;
}

/** Currencies that are money today, named in the reader's language. */
function currencies() {
  const likely = LIKELY[locale()] ?? LIKELY.en;
  const today = Intl.supportedValuesOf('currency').filter((code) => CURRENT.has(code) && !likely.includes(code));
  const order = new Intl.Collator(locale());
  return { likely, rest: today.sort((a, b) => order.compare(currencyName(a), currencyName(b))) };
}

/** The browser also lists money of the past. */
const CURRENT = new Set(
  `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP
  DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT
  LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
  RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF
  XCD XOF XPF YER ZAR ZMW`.split(/\s+/),
);
