/** Cameras, microphones and the loudness of a stream. Knows the browser's media API, no DOM elements. */

/** @typedef {'denied'|'missing'|'busy'|'insecure'|'unknown'} DeviceProblem */

/** @param {unknown} error @returns {DeviceProblem} */
export function deviceProblem(error) {
  if (!navigator.mediaDevices) return 'insecure';
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'missing';
  return name === 'NotReadableError' || name === 'AbortError' ? 'busy' : 'unknown';
}

/**
 * @param {{ cameraId?: string, microphoneId?: string, facingMode?: 'user'|'environment', portrait?: boolean }} [wish]
 * @returns {Promise<MediaStream>}
 */
export function openCamera({ cameraId, microphoneId, facingMode, portrait = false } = {}) {
  const size = portrait ? { width: { ideal: 720 }, height: { ideal: 1280 } } : { width: { ideal: 1280 }, height: { ideal: 720 } };
  return navigator.mediaDevices.getUserMedia({
    video: { ...size, frameRate: { ideal: 30 }, ...(cameraId ? { deviceId: { exact: cameraId } } : facingMode ? { facingMode } : {}) },
    audio: { echoCancellation: true, noiseSuppression: true, ...(microphoneId ? { deviceId: { exact: microphoneId } } : {}) },
  });
}

/** @returns {Promise<MediaStream>} */
export const openScreen = () => navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 30 } }, audio: true });

/** @returns {Promise<{ cameras: MediaDeviceInfo[], microphones: MediaDeviceInfo[] }>} */
export async function listDevices() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return { cameras: devices.filter((d) => d.kind === 'videoinput'), microphones: devices.filter((d) => d.kind === 'audioinput') };
}

/**
 * Report a stream's loudness about 20 times a second, from 0 (silence) to 1 (as loud as it can be).
 *
 * @param {MediaStream} stream
 * @param {(level: number) => void} onLevel
 * @returns {() => void} stops
 */
export function watchLevel(stream, onLevel) {
  if (!stream.getAudioTracks().length) return () => {};
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, x) => sum + x * x, 0) / samples.length;
    const decibels = 10 * Math.log10(power || 1e-10);
    onLevel(Math.min(1, Math.max(0, (decibels + 60) / 60)));
  }, 50);
  return () => {
    clearInterval(timer);
    context.close();
  };
}

/** Play a short tone through the loudspeaker, so that somebody hears which one is in use. */
export function playTestTone() {
  const context = new AudioContext();
  const [tone, gain] = [context.createOscillator(), context.createGain()];
  tone.frequency.value = 523.25;
  gain.gain.setValueAtTime(0.0001, context.currentTime);
  gain.gain.exponentialRampToValueAtTime(0.2, context.currentTime + 0.05);
  gain.gain.exponentialRampToValueAtTime(0.0001, context.currentTime + 0.8);
  tone.connect(gain).connect(context.destination);
  tone.onended = () => context.close();
  tone.start();
  tone.stop(context.currentTime + 0.85);
}
