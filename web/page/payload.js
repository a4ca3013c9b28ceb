// What a frame's payload is to a person: a picture, words, or something that only can be saved.

/** @typedef {import('../messages').Header} Header */

const MAX_TEXT = 100000; // characters that the page lays out; the file that is saved is whole

/** @param {string} type a MIME type */
export function isPicture(type) {
    return type.startsWith('image/') && type !== 'image/x-raw';
}

/** @param {string} type a MIME type */
export function isText(type) {
    return type.startsWith('text/') || type === 'application/json';
}

/**
 * @param {Header} header
 * @param {Uint8Array} payload
 */
export function readable(header, payload) {
    const text = new TextDecoder().decode(payload);
    if (header.type === 'application/json') {
        try {
            return JSON.stringify(JSON.parse(text), null, 2).slice(0, MAX_TEXT);
        } catch {
            return text.slice(0, MAX_TEXT);
        }
    }
    return (text === '' && typeof header.error === 'string' ? header.error : text).slice(0, MAX_TEXT);
}
