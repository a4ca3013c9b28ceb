// The frame format, as in framepipe-frames(5): magic, two lengths, a JSON header, the payload.

/** @typedef {import('../messages').Header} Header */

const MAGIC = 0x46504631; // "FPF1"
const PREFIX = 16;
const MAX_HEADER = 65536;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Takes a message apart that holds exactly one frame. The payload is a view into the message.
 * @param {ArrayBuffer} message
 * @returns {{header: Header, payload: Uint8Array<ArrayBuffer>}}
 * @throws {Error} saying what is wrong with it
 */
export function parseFrame(message) {
    if (message.byteLength < PREFIX) {
        throw new Error(`a frame has at least ${PREFIX} bytes, not ${message.byteLength}`);
    }
    const view = new DataView(message);
    if (view.getUint32(0) !== MAGIC) {
        throw new Error('it does not begin with FPF1');
    }
    const headerLength = view.getUint32(4, true);
    const payloadLength = view.getBigUint64(8, true);
    if (headerLength < 2 || headerLength > MAX_HEADER) {
        throw new Error(`a header length of ${headerLength} is not between 2 and ${MAX_HEADER}`);
    }
    if (BigInt(PREFIX + headerLength) + payloadLength !== BigInt(message.byteLength)) {
        throw new Error(`lengths of ${headerLength} and ${payloadLength} do not make ${message.byteLength} bytes`);
    }
    return {
        header: parseHeader(new Uint8Array(message, PREFIX, headerLength)),
        payload: new Uint8Array(message, PREFIX + headerLength),
    };
}

/**
 * @param {Uint8Array} bytes
 * @returns {Header}
 */
function parseHeader(bytes) {
    let header;
    try {
        header = JSON.parse(utf8.decode(bytes));
    } catch {
        throw new Error('the header is not JSON');
    }
    if (header === null || typeof header !== 'object' || Array.isArray(header)) {
        throw new Error('the header is not an object');
    }
    if (typeof header.type !== 'string') {
        throw new Error('the header has no type');
    }
    if (header.stream !== undefined && typeof header.stream !== 'string') {
        throw new Error('the stream is not a string');
    }
    return header;
}
