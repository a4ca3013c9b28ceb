// What the page says, and how it writes numbers. Pure functions.

/** @typedef {import('../messages').Stream} Stream */
/** @typedef {import('../messages').View} View */

/**
 * @typedef {object} Status
 * @property {string} code for the style
 * @property {string} label a word or two for the bar
 * @property {string} title what stands in the middle while there is no picture
 * @property {string} hint one more sentence
 */

const SILENCE = 5000; // the server speaks once a second

/**
 * @param {View} view
 * @returns {Status}
 */
export function statusOf(view) {
    if (view.link === 'lost' || (view.link === 'connecting' && (view.again || view.refusal !== ''))) {
        const seconds = Math.ceil(view.retryIn / 1000);
        const hint = view.refusal || (seconds > 1 ? `Next attempt in ${seconds} s.` : 'Trying now.');
        const title = view.again ? 'Connection lost' : 'Cannot connect';
        return { code: 'reconnecting', label: 'Reconnecting', title, hint };
    }
    if (view.link === 'connecting') {
        return { code: 'connecting', label: 'Connecting', title: 'Connecting', hint: '' };
    }
    if (view.silent > SILENCE) {
        const hint = `Nothing heard for ${Math.floor(view.silent / 1000)} s.`;
        return { code: 'reconnecting', label: 'No answer', title: 'The server does not answer', hint };
    }
    if (view.paused) {
        return { code: 'paused', label: 'Paused', title: 'Paused', hint: '' };
    }
    if (view.tiles) {
        return statusOfAll(view.streams);
    }
    if (view.kind === 'none' && view.bad > 0) {
        const hint = `${view.bad === 1 ? 'One came' : `${view.bad} came`}, and this browser can decode none of them.`;
        return { code: 'damaged', label: 'Damaged', title: 'The pictures cannot be shown', hint };
    }
    const stream = view.streams.find(({ name }) => name === view.stream);
    if (stream?.state === 'ended') {
        const hint = view.kind === 'none' ? 'It brought no picture.' : 'This is its last picture.';
        return { code: 'ended', label: 'Input ended', title: 'Input ended', hint };
    }
    if (stream?.state === 'failed') {
        return { code: 'failed', label: 'Failed', title: 'The source has failed', hint: 'It is started again.' };
    }
    if (view.responds && view.kind === 'none' && !stream && !view.named) {
        if (view.trouble) {
            return { code: 'failed', label: 'Failed', title: 'Nothing here answers', hint: `${view.trouble}; it is started again.` };
        }
        return { code: 'ready', label: 'Ready', title: 'Type something', hint: 'What the server makes of it appears here.' };
    }
    if (view.kind === 'none' || !stream || stream.state === 'waiting') {
        const hint =
            view.stream && !stream
                ? `The stream “${view.stream}” does not exist yet.`
                : 'It appears here as soon as it comes through the pipe.';
        return { code: 'waiting', label: 'Waiting', title: 'Waiting for the first picture', hint };
    }
    if (stream.state === 'idle') {
        return { code: 'idle', label: 'Idle', title: 'The source is idle', hint: '' };
    }
    return { code: 'live', label: 'Live', title: '', hint: '' };
}

/**
 * @param {Stream[]} streams that stand beside each other
 * @returns {Status}
 */
function statusOfAll(streams) {
    const has = (/** @type {string} */ state) => streams.some((stream) => stream.state === state);
    if (streams.length === 0) {
        const hint = 'They appear here as soon as they come.';
        return { code: 'waiting', label: 'Waiting', title: 'Waiting for the first stream', hint };
    }
    if (has('live')) {
        const live = streams.filter(({ state }) => state === 'live').length;
        return { code: 'live', label: live === streams.length ? 'Live' : `${live} of ${streams.length} live`, title: '', hint: '' };
    }
    if (has('failed')) {
        return { code: 'failed', label: 'Failed', title: '', hint: '' };
    }
    if (has('idle')) {
        return { code: 'idle', label: 'Idle', title: '', hint: '' };
    }
    if (has('waiting')) {
        return { code: 'waiting', label: 'Waiting', title: '', hint: '' };
    }
    return { code: 'ended', label: 'Input ended', title: '', hint: '' };
}

/** Streams that are shown at once: as many as one subscription can name. */
export const MOST_TILES = 64;

/**
 * The stream to begin with, by the same rule as the server's.
 * @param {Stream[]} streams
 * @returns {string | null}
 */
export function chooseStream(streams) {
    return streams.some(({ name }) => name === '') ? '' : (streams[0]?.name ?? null);
}

/**
 * The stream a number of places further in the list, around its ends.
 * @param {Stream[]} streams
 * @param {string | null} current
 * @param {number} step
 * @returns {string | null} null: there is no other one
 */
export function neighbour(streams, current, step) {
    const at = streams.findIndex(({ name }) => name === current);
    const next = at < 0 ? streams[0] : streams[(at + step + streams.length) % streams.length];
    return next && next.name !== current ? next.name : null;
}

/**
 * @param {string} name
 * @returns {string}
 */
export function streamTitle(name) {
    return name === '' ? 'unnamed' : name;
}

const STATES = /** @type {Record<string, string>} */ ({ waiting: 'waiting', live: 'live', idle: 'idle', ended: 'ended', failed: 'failed' });

/**
 * @param {string} state of a stream; of a later server it may be one that is not known here
 */
export function stateText(state) {
    return STATES[state] ?? '';
}

const ENDINGS = /** @type {Record<string, string>} */ ({
    'image/jpeg': 'jpg',
    'image/svg+xml': 'svg',
    'image/x-raw': 'raw',
    'text/plain': 'txt',
    'application/json': 'json',
});

/**
 * @param {string} type a MIME type, perhaps with parameters
 */
export function fileEnding(type) {
    const bare = (type.split(';')[0] ?? '').trim().toLowerCase();
    const last = bare.split('/')[1] ?? '';
    return ENDINGS[bare] ?? (/^[a-z0-9]{1,8}$/.test(last) ? last : 'bin');
}

/**
 * A name that sorts by time and is welcome on every file system.
 * @param {string} stream
 * @param {string} type
 * @param {Date} taken
 */
export function fileName(stream, type, taken) {
    const safe = stream
        .replace(/[^\p{L}\p{N}._-]+/gu, '-')
        .replace(/^[.-]+|[.-]+$/g, '')
        .slice(0, 60);
    const two = (/** @type {number} */ number) => String(number).padStart(2, '0');
    const day = `${taken.getFullYear()}-${two(taken.getMonth() + 1)}-${two(taken.getDate())}`;
    const time = `${two(taken.getHours())}-${two(taken.getMinutes())}-${two(taken.getSeconds())}`;
    const fraction = String(taken.getMilliseconds()).padStart(3, '0');
    return `${safe || 'framepipe'}_${day}_${time}.${fraction}.${fileEnding(type)}`;
}

/** @param {number} bytes */
export function sizeText(bytes) {
    if (bytes < 1000) {
        return `${Math.round(bytes)} B`;
    }
    return bytes < 999500 ? `${short(bytes / 1000)} kB` : `${short(bytes / 1e6)} MB`;
}

/** @param {number} fps */
export function rateText(fps) {
    return fps >= 99.95 ? String(Math.round(fps)) : fps >= 0.95 || fps === 0 ? fps.toFixed(fps === 0 ? 0 : 1) : fps.toFixed(2);
}

/** @param {number} milliseconds negative: not known */
export function ageText(milliseconds) {
    if (milliseconds < 0) {
        return '–';
    }
    if (milliseconds < 999.5) {
        return `${Math.round(milliseconds)} ms`;
    }
    const seconds = milliseconds / 1000;
    if (seconds < 59.95) {
        return `${seconds.toFixed(1)} s`;
    }
    if (seconds < 3600) {
        return `${Math.floor(seconds / 60)} min`;
    }
    return seconds < 86400 * 2 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86400)} days`;
}

/** @param {number} value */
function short(value) {
    return value < 9.95 ? value.toFixed(1) : String(Math.round(value));
}
