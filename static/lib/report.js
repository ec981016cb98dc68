/** A show in figures, as the server tells it (docs/reports.md). */

import { api } from './api.js';

/**
 * @typedef {{ at: string, viewers: number, viewers_mean: number, entered: number, units: number, taken: number, refunded: number }} ReportPoint
 * @typedef {{ offer: string, sku: string, title: string, variant_title: string, funnel: { view: number, card: number, checkout: number, paid: number },
 *   units: number, returned: number, goods: number, available: number, held: number }} ReportProduct
 * @typedef {{ room: { id: string, title: string, kind: string, state: string, started_at: string|null, ended_at: string|null }, currency: string|null,
 *   made_at: string, money: { goods: number, discounts: number, charges: number, unserved: number, taken: number, refunded: number, net: number },
 *   orders: number, waiting: { orders: number, total: number }, units: number, returned: number,
 *   viewers: { peak: number, mean: number, entered: number }, step_minutes: number, minutes: ReportPoint[], after: ReportPoint,
 *   products: ReportProduct[], questions: { text: string, display_name: string, votes: number, answered: boolean }[] }} Report
 * @typedef {{ room: string, title: string, started_at: string, ended_at: string|null, currency: string, viewers: { peak: number, mean: number },
 *   orders: number, units: number, taken: number, refunded: number, net: number }} ShowFigures
 */

/** @param {string} room @param {AbortSignal} [signal] @returns {Promise<Report>} */
export const loadReport = (room, signal) => api.get(`/rooms/${room}/report`, { signal });

/** The store's shows, the latest first. @param {string} store @param {number} most @returns {Promise<ShowFigures[]>} */
export const loadShows = async (store, most) => (await api.get(`/stores/${store}/shows?limit=${most}`)).items;

/** @param {string} room @param {'minutes'|'products'|'money'|'questions'} part */
export const sheetAddress = (room, part) => `/api/v1/rooms/${room}/report/${part}.csv`;
