import { html } from 'htm/preact';

/** Strokes on a 24 × 24 grid. `fill:` before a path fills it instead. */
const SHAPES = {
  alert: ['M12 4 2.8 19.5h18.4z', 'M12 10v4', 'M12 17v.2'],
  back: ['M14.5 6 8.5 12l6 6'],
  bag: ['M5 8h14l1 12H4z', 'M9 8V7a3 3 0 0 1 6 0v1'],
  bell: ['M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15z', 'M10 20.5a2.2 2.2 0 0 0 4 0'],
  calendar: ['M5 6h14v14H5z', 'M5 10.5h14', 'M9 3.5V7', 'M15 3.5V7'],
  camera: ['M3.5 7h12v10h-12z', 'm15.5 11 5-3v8l-5-3'],
  chat: ['M4 5h16v11H11l-4.5 4V16H4z'],
  check: ['m5 12.5 4.5 4.5L19 7.5'],
  clock: ['M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17', 'M12 7.5V12l3 2'],
  close: ['M6 6l12 12', 'M18 6 6 18'],
  copy: ['M9 9h11v11H9z', 'M15 9V4H4v11h5'],
  down: ['m6 9.5 6 6 6-6'],
  download: ['M12 4v11', 'm7 11 5 5 5-5', 'M5 20h14'],
  edit: ['M5 19l.8-4L16 4.8l3.2 3.2L9 18.2z'],
  end: ['M7 7h10v10H7z'],
  eye: ['M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12', 'M12 9.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6'],
  flip: ['M4 9a8 8 0 0 1 14.5-2.5L20 8', 'M20 3.5V8h-4.5', 'M20 15a8 8 0 0 1-14.5 2.5L4 16', 'M4 20.5V16h4.5'],
  globe: ['M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17', 'M3.5 12h17', 'M12 3.5c5 5 5 12 0 17', 'M12 3.5c-5 5-5 12 0 17'],
  grid: ['M4 4.5h7v6.5H4z', 'M13 4.5h7v6.5h-7z', 'M4 13h7v6.5H4z', 'M13 13h7v6.5h-7z'],
  hand: ['M7 12V6.5a1.5 1.5 0 0 1 3 0V11V4.5a1.5 1.5 0 0 1 3 0V11V5.5a1.5 1.5 0 0 1 3 0V13l1.2-2a1.5 1.5 0 0 1 2.6 1.5L17 18a5 5 0 0 1-4.5 2.5c-3 0-4.5-1.5-5.5-4.5z'],
  heart: ['M12 20S4 15 4 9.2A4.2 4.2 0 0 1 12 7.4 4.2 4.2 0 0 1 20 9.2C20 15 12 20 12 20'],
  home: ['m4 11 8-7 8 7', 'M6 10v10h12V10'],
  image: ['M4 5h16v14H4z', 'm4 16 5-5 5 5 2.5-2.5L20 17', 'M15.5 9v.1'],
  live: ['M12 10.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3', 'M7.8 16.2a6 6 0 0 1 0-8.4', 'M16.2 7.8a6 6 0 0 1 0 8.4', 'M5 19a10 10 0 0 1 0-14', 'M19 5a10 10 0 0 1 0 14'],
  lock: ['M6 11h12v9H6z', 'M8.5 11V8a3.5 3.5 0 0 1 7 0v3'],
  mic: ['M12 3.5a2.5 2.5 0 0 0-2.5 2.5v6a2.5 2.5 0 0 0 5 0V6A2.5 2.5 0 0 0 12 3.5', 'M6 12a6 6 0 0 0 12 0', 'M12 18v3'],
  micOff: ['M9.5 9.5V12a2.5 2.5 0 0 0 4 2', 'M14.5 10V6a2.5 2.5 0 0 0-4.7-1.2', 'M6 12a6 6 0 0 0 9.5 4.9', 'M18 12a6 6 0 0 1-.5 2.4', 'M12 18v3', 'M4 4l16 16'],
  minus: ['M6 12h12'],
  more: ['M6 12v.1', 'M12 12v.1', 'M18 12v.1'],
  original: ['M4 6h9', 'M8.5 4v2', 'M11 6c-.8 3.5-3 6-6.5 7.5', 'M6.5 9c1 2 2.5 3.5 4.5 4.5', 'm12 20 4-9 4 9', 'M13.5 17h5'],
  pin: ['M9 4h6l-1 6 3.5 3.5h-11L10 10z', 'M12 13.5V20'],
  pause: ['M8 5.5v13', 'M16 5.5v13'],
  play: ['M8 5.5v13l10.5-6.5z'],
  plus: ['M12 6v12', 'M6 12h12'],
  record: ['M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17', 'M12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5'],
  screen: ['M3.5 5h17v11h-17z', 'M9 20h6', 'M12 16v4'],
  search: ['M10.5 4.5a6 6 0 1 0 0 12 6 6 0 0 0 0-12', 'm15 15 5 5'],
  send: ['M4.5 12 20 4.5 15 20l-3.5-6.5z', 'M11.5 13.5 20 4.5'],
  settings: ['M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6', 'M12 3.5v2.5', 'M12 18v2.5', 'M3.5 12H6', 'M18 12h2.5', 'm6 6 1.8 1.8', 'M16.2 16.2 18 18', 'm18 6-1.8 1.8', 'M7.8 16.2 6 18'],
  share: ['M12 15V4', 'm8 7.5 4-4 4 4', 'M6 12H5v8h14v-8h-1'],
  soundOff: ['M4 9.5h3.5L12 5.5v13l-4.5-4H4z', 'm16 9.5 5 5', 'm21 9.5-5 5'],
  soundOn: ['M4 9.5h3.5L12 5.5v13l-4.5-4H4z', 'M15.5 9a4.2 4.2 0 0 1 0 6', 'M18 6.5a8 8 0 0 1 0 11'],
  speaker: ['M4 5h16v9.5H4z', 'M4 17h4v2.5H4z', 'M10 17h4v2.5h-4z', 'M16 17h4v2.5h-4z'],
  stage: ['M12 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7', 'M5 20.5a7 7 0 0 1 14 0', 'M3 20.5h18'],
  store: ['M4 9.5 5.5 4h13L20 9.5', 'M4 9.5a2.6 2.6 0 0 0 5.3 0 2.6 2.6 0 0 0 5.4 0 2.6 2.6 0 0 0 5.3 0', 'M5.5 12v8h13v-8'],
  smile: ['M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17', 'M8.5 14a4.2 4.2 0 0 0 7 0', 'M9 9.5v.1', 'M15 9.5v.1'],
  trash: ['M5 7h14', 'M9.5 7V4.5h5V7', 'm6.5 7 1 13h9l1-13'],
  truck: ['M3 6.5h11v10H3z', 'M14 10h4l3 3.5v3h-7z', 'M7 15.5a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6', 'M17 15.5a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6'],
  user: ['M12 4.5a3.8 3.8 0 1 0 0 7.6 3.8 3.8 0 0 0 0-7.6', 'M4.5 20a7.5 7.5 0 0 1 15 0'],
  users: ['M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7', 'M2.5 19.5a6.5 6.5 0 0 1 13 0', 'M15.5 5.3a3.5 3.5 0 0 1 0 6.5', 'M18 14a6.5 6.5 0 0 1 3.5 5.5'],
};

/** @typedef {keyof typeof SHAPES} IconName */

/** Icons that point somewhere and so turn around in right-to-left pages. */
const DIRECTED = new Set(['back', 'send']);

/**
 * Decoration: the control around it carries the name.
 *
 * @param {{ name: IconName, size?: number, class?: string }} props
 */
export function Icon({ name, size = 22, class: extra = '' }) {
  return html`<svg
    class=${`icon ${DIRECTED.has(name) ? 'icon-directed' : ''} ${extra}`}
    width=${size}
    height=${size}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width="1.8"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
    focusable="false"
  >${SHAPES[name].map((d) => html`<path d=${d} />`)}</svg>`;
}
