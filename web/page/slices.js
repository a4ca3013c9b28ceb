// Slices of the server's volume: asked for by number, decoded where the engine is.

import { now } from './measure.js';
import { isPicture, readable } from './payload.js';

/** @typedef {import('../messages').As} As */
/** @typedef {import('../messages').Header} Header */
/** @typedef {import('../messages').Slice} Slice */
/** @typedef {import('../messages').Volume} Volume */

export class Slices {
    #send;
    #tell;
    #count = 0;
    /** By the request's name. */
    #waiting = /** @type {Map<string, {id: number, asked: number}>} */ (new Map());

    /**
     * @param {(control: {request: string, text: string, as: As}) => boolean} send returns whether it went out
     * @param {(slice: Slice) => void} tell its bitmap is the listener's
     */
    constructor(send, tell) {
        this.#send = send;
        this.#tell = tell;
    }

    /**
     * @param {number} id that the answer is told with
     * @param {string} text
     * @param {As} as
     */
    ask(id, text, as) {
        const request = `slice-${++this.#count}`;
        if (this.#send({ request, text, as })) {
            this.#waiting.set(request, { id, asked: now() });
        } else {
            this.#fail(id, 'There is no connection to the server now.');
        }
    }

    /**
     * Takes a frame if it is a slice that was asked for.
     * @param {Header} header
     * @param {Uint8Array<ArrayBuffer>} payload
     * @param {number} heard when it came
     * @returns {boolean} it was one
     */
    take(header, payload, heard) {
        const request = header['request'];
        const question = typeof request === 'string' ? this.#waiting.get(request) : undefined;
        if (!question || typeof request !== 'string') {
            return false;
        }
        this.#waiting.delete(request);
        const { id, asked } = question;
        if (typeof header.error === 'string') {
            this.#fail(id, header.error || readable(header, payload));
        } else if (!isPicture(header.type)) {
            this.#fail(id, `The answer is ${header.type}, not a picture.`);
        } else {
            void this.#decode(id, header, new Blob([payload], { type: header.type }), heard - asked);
        }
        return true;
    }

    /** The connection is gone, and the answers with it. Whoever asked sees that in the view's link. */
    lost() {
        this.#waiting.clear();
    }

    /**
     * @param {number} id
     * @param {Header} header
     * @param {Blob} blob
     * @param {number} took
     */
    async #decode(id, header, blob, took) {
        let bitmap;
        try {
            bitmap = await createImageBitmap(blob);
        } catch {
            this.#fail(id, `The answer is ${header.type}, which this browser cannot decode.`);
            return;
        }
        this.#tell({ id, took, bitmap, blob, header });
    }

    /**
     * @param {number} id
     * @param {string} words
     */
    #fail(id, words) {
        this.#tell({ id, took: 0, bitmap: null, words });
    }
}

/**
 * The volume that a description is of.
 * @param {unknown} description whatever the server said
 * @returns {Volume | null} null: it describes no volume, or not all that the page needs to know
 */
export function volumeIn(description) {
    const described = /** @type {{volume?: Volume} | null | undefined} */ (description)?.volume;
    // Where no value is a number, the range is the server's for that.
    const volume = described && described.values === null ? { ...described, values: /** @type {[number, number]} */ ([0, 1]) } : described;
    if (!volume || !Array.isArray(volume.planes) || !pair(volume.values) || !Array.isArray(volume.colormaps)) {
        return null;
    }
    return volume.planes.length > 0 && volume.planes.every(isPlane) && volume.planes.some(({ axis }) => axis === volume.axis) ? volume : null;
}

/** @param {unknown} value */
function pair(value) {
    return Array.isArray(value) && value.length === 2 && value.every(Number.isFinite);
}

/** @param {import('../messages').Plane} plane */
function isPlane(plane) {
    const whole = [plane?.depth, plane?.width, plane?.height].every((size) => Number.isInteger(size) && size > 0);
    const axes = [plane?.frame?.index_axis, plane?.frame?.x_axis, plane?.frame?.y_axis];
    return whole && typeof plane.axis === 'string' && pair(plane.spacing) && plane.step > 0 && [0, 1, 2].every((axis) => axes.includes(axis));
}
