// What the page asks the server's pipeline, until it is answered. Answers are no part of a stream.

import { now } from './measure.js';
import { isPicture, isText, readable } from './payload.js';
import { fileName } from './words.js';

/** @typedef {import('../messages').Answer} Answer */
/** @typedef {import('../messages').Header} Header */

export class Asking {
    #send;
    #tell;
    #count = 0;
    /** By the request's name, in the order in which they were asked. */
    #waiting = /** @type {Map<string, {text: string, asked: number}>} */ (new Map());

    /**
     * @param {(control: {request: string, text: string}) => boolean} send returns whether it went out
     * @param {(answer: Answer) => void} tell
     */
    constructor(send, tell) {
        this.#send = send;
        this.#tell = tell;
    }

    /** How many answers are still to come. */
    get waiting() {
        return this.#waiting.size;
    }

    /** @param {string} text */
    ask(text) {
        const asked = now();
        const request = `page-${++this.#count}`;
        if (this.#send({ request, text })) {
            this.#waiting.set(request, { text, asked });
        } else {
            this.#fail(text, 'There is no connection to the server now, so this was not sent.');
        }
    }

    /**
     * Takes a frame if it is an answer to this page.
     * @param {Header} header
     * @param {Uint8Array<ArrayBuffer>} payload
     * @param {number} heard when it came
     * @returns {boolean} it was one; otherwise it belongs to a stream
     */
    take(header, payload, heard) {
        const question = typeof header['request'] === 'string' ? this.#waiting.get(header['request']) : undefined;
        if (!question) {
            return false;
        }
        // Answers keep the order: what was asked earlier and is still open was dropped for a newer request.
        for (const request of [...this.#waiting.keys()]) {
            this.#waiting.delete(request);
            if (request === header['request']) {
                break;
            }
        }
        const { text, asked } = question;
        if (typeof header.error === 'string') {
            this.#fail(text, header.error);
            return true;
        }
        const { type } = header;
        this.#tell({
            text,
            kind: isPicture(type) ? 'picture' : isText(type) ? 'text' : 'other',
            type,
            blob: new Blob([payload], { type }),
            words: isText(type) ? readable(header, payload) : '',
            name: fileName('answer', type, new Date(asked)),
            took: heard - asked,
        });
        return true;
    }

    /** The connection is gone, and with it the answers: the server has forgotten who asked. */
    lost() {
        const last = [...this.#waiting.values()].at(-1);
        const others = this.#waiting.size - 1;
        this.#waiting.clear();
        if (last) {
            const more = others === 0 ? '' : `, as were ${others === 1 ? 'that before it' : `the ${others} before it`}`;
            this.#fail(last.text, `The connection broke, and the answer was lost${more}. Send it again.`);
        }
    }

    /**
     * @param {string} text that was asked
     * @param {string} words why there is no answer
     */
    #fail(text, words) {
        this.#tell({ text, kind: 'error', type: '', blob: null, words, name: '', took: 0 });
    }
}
