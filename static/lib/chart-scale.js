/** Heights of charts, as pure functions. */

/** The end of a scale from zero that holds all values: 1, 2, 4, 5 or 10 times a power of ten; 1 at the least. @param {number[]} values */
export function niceTop(values) {
  const most = Math.max(1, ...values);
  const power = 10 ** Math.floor(Math.log10(most));
  return ([1, 2, 4, 5, 10].find((step) => step * power >= most) ?? 10) * power;
}

/** In percent of the scale; what is below zero has no height. @param {{ value: number }[]} points @param {number} top */
export const heightsOf = (points, top) => points.map(({ value }) => Math.max(0, (value / top) * 100));

/** By how much `value` is above or below the mean of others, in percent; null where they say nothing. @param {number} value @param {number[]} others */
export function against(value, others) {
  const mean = others.length ? others.reduce((sum, other) => sum + other, 0) / others.length : 0;
  return mean > 0 ? Math.round((value / mean - 1) * 100) : null;
}
