/** Playing what was kept of a show: HLS by hls.js, or by the browser where it can. Knows a video element, and no page. */

import { api, bearer } from './api.js';

/** @typedef {import('./types.js').Chapter} Chapter */

const PLAYLIST = 'application/vnd.apple.mpegurl';

/**
 * Show a playlist in a video element, or play one that is sound alone in an audio element.
 *
 * @param {HTMLMediaElement} video
 * @param {string} url of the multivariant playlist
 * @param {(problem: Error) => void} onFailed when it cannot go on by itself
 * @returns {Promise<() => void>} what ends it
 */
export async function playReplay(video, url, onFailed) {
  const { default: Hls } = await import('hls.js');
  if (!Hls.isSupported()) return playByBrowser(video, url, onFailed);
  const hls = new Hls({
    enableWorker: false, // fragments are played as they come, so there is nothing to do beside the page
    backBufferLength: 60,
    xhrSetup: (xhr) => {
      if (bearer()) xhr.setRequestHeader('Authorization', `Bearer ${bearer()}`);
    },
  });
  let recovered = false;
  hls.on(Hls.Events.ERROR, (_, { fatal, type, details }) => {
    if (!fatal) return;
    if (type === Hls.ErrorTypes.MEDIA_ERROR && !recovered) {
      recovered = true;
      hls.recoverMediaError();
      return;
    }
    hls.destroy();
    onFailed(new Error(details));
  });
  hls.loadSource(url);
  hls.attachMedia(video);
  return () => hls.destroy();
}

/** @param {HTMLMediaElement} video @param {string} url @param {(problem: Error) => void} onFailed */
function playByBrowser(video, url, onFailed) {
  if (!video.canPlayType(PLAYLIST)) {
    onFailed(new Error('hls'));
    return () => undefined;
  }
  const fail = () => onFailed(new Error(video.error?.message ?? ''));
  video.addEventListener('error', fail);
  video.src = url;
  return () => {
    video.removeEventListener('error', fail);
    video.removeAttribute('src');
    video.load();
  };
}

/** @param {string} room @returns {Promise<Chapter[]>} */
export async function loadChapters(room) {
  const { items } = await api.get(`/rooms/${encodeURIComponent(room)}/chapters`);
  return items;
}

/** The chapter at a moment, or -1. @param {Chapter[]} chapters @param {number} timeS */
export const chapterAt = (chapters, timeS) => chapters.findIndex(({ start_s, end_s }) => timeS >= start_s && timeS < end_s);

/** Where a recording's file is fetched: by the browser itself, so that it can go on after a break. @param {string} id */
export const fileAddress = (id) => `/api/v1/recordings/${id}/file`;
