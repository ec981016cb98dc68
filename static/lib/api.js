/**
 * The HTTP side of the wire: JSON under /api/v1, errors as problem documents (RFC 9457). Knows no DOM.
 */

const BASE = '/api/v1';

/** A token that outranks the cookies; '' leaves it to them. */
let token = '';

/** @param {string} joinToken for all requests from now on */
export const speakAs = (joinToken) => {
  token = joinToken;
};

/** The token that requests carry, for connections of other kinds. */
export const bearer = () => token;

/** An answer that is no success. Switch on `code`, show `message`. */
export class Problem extends Error {
  /**
   * @param {{ status?: number, code?: string, title?: string, detail?: string, field?: string, retry_after_s?: number }} document
   */
  constructor(document) {
    super(document.detail || document.title || document.code || 'error');
    this.name = 'Problem';
    this.status = document.status ?? 0;
    this.code = document.code ?? 'unknown';
    this.title = document.title ?? '';
    this.detail = document.detail ?? '';
    /** The member of the body that is wrong, such as `lines[0].quantity`. */
    this.field = document.field ?? '';
    this.retryAfterS = document.retry_after_s ?? 0;
    /** The whole document: some codes carry members of their own, such as `free` of `stock_short`. */
    this.document = /** @type {Record<string, unknown>} */ (document);
  }
}

/**
 * One request. Objects are sent as JSON; strings and blobs as they are, with the given content type.
 *
 * @param {string} method
 * @param {string} path below /api/v1, or absolute when it begins with /api/ or is a whole address
 * @param {{ body?: unknown, headers?: Record<string, string>, signal?: AbortSignal, keepalive?: boolean, isSentOn?: boolean }} [options]
 *   `isSentOn`: the server may send the request on to another one (307), which is to get the token as well: browsers take it out
 *   of what goes to another origin
 * @returns {Promise<Response>} a successful response
 * @throws {Problem} any other answer; code `offline` when the server cannot be reached, `aborted` when cancelled
 */
export async function request(method, path, { body, headers = {}, signal, keepalive, isSentOn = false } = {}) {
  const isRaw = body === undefined || typeof body === 'string' || body instanceof Blob;
  const url = /^(\/api\/|https?:)/.test(path) ? path : BASE + path;
  /** @type {Response} */
  let response;
  try {
    response = await fetch(url, {
      method,
      signal,
      keepalive,
      credentials: 'same-origin',
      headers: { Accept: 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}), ...(isRaw ? {} : { 'Content-Type': 'application/json' }), ...headers },
      body: isRaw ? /** @type {BodyInit | undefined} */ (body) : JSON.stringify(body),
    });
  } catch (error) {
    if (signal?.aborted) throw new Problem({ code: 'aborted' });
    throw new Problem({ code: 'offline', detail: error instanceof Error ? error.message : '' });
  }
  if (isSentOn && token && [401, 403].includes(response.status) && response.redirected && new URL(response.url).origin !== new URL(url, location.href).origin) {
    return request(method, response.url, { body, headers, signal, keepalive });
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** @param {Response} response */
async function problemOf(response) {
  const retryAfter = Number(response.headers.get('Retry-After')) || undefined;
  const fallback = { status: response.status, code: `http_${response.status}`, title: response.statusText, retry_after_s: retryAfter };
  if (!(response.headers.get('Content-Type') ?? '').includes('json')) return new Problem(fallback);
  try {
    return new Problem({ ...fallback, ...(await response.json()) });
  } catch {
    return new Problem(fallback); // a proxy cut the body short; the status still tells
  }
}

/**
 * @template T
 * @param {string} method
 * @param {string} path
 * @param {Parameters<typeof request>[2]} [options]
 * @returns {Promise<T>}
 */
async function json(method, path, options) {
  const response = await request(method, path, options);
  return response.status === 204 ? /** @type {T} */ (undefined) : response.json();
}

/** JSON in, JSON out. Type the answer at the call: `/** @type {Room} *\/ (await api.get(…))`. */
export const api = {
  /** @param {string} path @param {Parameters<typeof request>[2]} [options] @returns {Promise<any>} */
  get: (path, options) => json('GET', path, options),
  /** @param {string} path @param {unknown} [body] @param {Parameters<typeof request>[2]} [options] @returns {Promise<any>} */
  post: (path, body, options) => json('POST', path, { ...options, body: body ?? {} }),
  /** @param {string} path @param {unknown} [body] @param {Parameters<typeof request>[2]} [options] @returns {Promise<any>} */
  patch: (path, body, options) => json('PATCH', path, { ...options, body }),
  /** @param {string} path @param {unknown} [body] @param {Parameters<typeof request>[2]} [options] @returns {Promise<any>} */
  put: (path, body, options) => json('PUT', path, { ...options, body }),
  /** @param {string} path @param {Parameters<typeof request>[2]} [options] @returns {Promise<any>} */
  delete: (path, options) => json('DELETE', path, options),
};

/**
 * Every page of a list, following `next`.
 *
 * @param {string} path
 * @param {number} [limit] stop after that many items
 * @returns {Promise<any[]>}
 */
export async function listAll(path, limit = 500) {
  const items = [];
  let after = '';
  do {
    const joint = path.includes('?') ? '&' : '?';
    const page = await api.get(after ? `${path}${joint}after=${encodeURIComponent(after)}` : path);
    items.push(...page.items);
    after = page.next;
  } while (after && items.length < limit);
  return items;
}
