/** Sending a file with its progress, which fetch does not tell. */

import { Problem } from './api.js';

/**
 * @param {string} path below /api/v1
 * @param {Blob} file
 * @param {(share: number) => void} onProgress from 0 to 1
 * @param {'PUT'|'POST'} [method]
 * @returns {Promise<any>} the answer's JSON
 * @throws {Problem}
 */
export function upload(path, file, onProgress, method = 'PUT') {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, `/api/v1${path}`);
    request.responseType = 'json';
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onerror = () => reject(new Problem({ code: 'offline' }));
    request.onload = () => {
      if (request.status < 300) resolve(request.response);
      else reject(new Problem({ status: request.status, code: `http_${request.status}`, ...request.response }));
    };
    request.send(file);
  });
}

const LONGEST_SIDE_PX = 1600;
const SENT_AS_IT_IS_BYTES = 1_500_000;

/**
 * Make a phone's photo small enough to send over a phone's network; pictures that are small, or that the browser cannot
 * read, stay as they are and the server judges.
 *
 * @param {File} file
 * @returns {Promise<Blob>}
 */
export async function shrinkPicture(file) {
  const isSendable = ['image/jpeg', 'image/png', 'image/webp'].includes(file.type);
  if (isSendable && file.size <= SENT_AS_IT_IS_BYTES) return file;
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
    const scale = Math.min(1, LONGEST_SIDE_PX / Math.max(bitmap.width, bitmap.height));
    const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
    const context = canvas.getContext('2d');
    if (!context) return file;
    context.fillStyle = '#fff'; // JPEG has no transparency
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    return await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.88 });
  } catch {
    return file;
  }
}
