// One stream on its way from the connection to a canvas: of its pictures one is in work and the newest
// other one waits, so that none grows old here. The stream that is shown alone is one, and each tile of a grid.

import { Meter, now } from './measure.js';
import { numbersIn } from './numbers.js';
import { isPicture, isText, readable } from './payload.js';
import { fit } from './screen.js';

/** @typedef {import('../messages').Header} Header */
/** @typedef {import('../messages').Kind} Kind */
/** @typedef {import('./numbers.js').Found} Found */
/** @typedef {import('./screen.js').Screen} Screen */

/**
 * A frame as it came. `count` is its place among those of its stream on this connection, from 1, and
 * `link` the number of the connection.
 * @typedef {{header: Header, payload: Uint8Array<ArrayBuffer>, count: number, link: number, heard: number}} Arrival
 */

/**
 * What stands on the canvas, or beside it. `heard` and `at` are when it came and when it was shown.
 * @typedef {{header: Header, blob: Blob, kind: Kind, width: number, height: number, heard: number, at: number}} Shown
 */

/**
 * @typedef {object} Listener
 * @property {(count: number, link: number) => void} done with all frames up to this one
 * @property {() => void} changed what it shows is of another kind than before
 * @property {(words: string, error: boolean) => void} text to be shown in place of a picture
 * @property {(found: Found, frame: {header: Header, heard: number}) => void} [numbers] the frame's text is numbers
 */

export class Feed {
    meter = new Meter();
    /** @type {Shown | null} */
    shown = null;
    /** Pictures left out because a newer one was there before they were begun. */
    drops = 0;
    /** What the server had counted on earlier connections. */
    earlierDrops = 0;
    /** Pictures that could not be decoded. */
    bad = 0;
    /** What comes is not shown. */
    held = false;
    #screen;
    #thrifty;
    #listener;
    #closed = false;
    #busy = false;
    /** @type {Arrival | null} */
    #next = null;
    /** The newest that came. @type {Arrival | null} */
    #last = null;
    /** What is shown is to be drawn from its bytes once more. */
    #anew = false;
    /** The picture is kept with fewer pixels than it has. */
    #reduced = false;

    /**
     * @param {Screen} screen
     * @param {boolean} thrifty keeps no more pixels than the screen has
     * @param {Listener} listener
     */
    constructor(screen, thrifty, listener) {
        this.#screen = screen;
        this.#thrifty = thrifty;
        this.#listener = listener;
    }

    /** @param {Arrival} arrival */
    arrive(arrival) {
        this.#last = arrival;
        if (this.held || arrival.header.end === true || this.#isNumbers(arrival)) {
            this.#settle();
            return;
        }
        if (this.#next) {
            ++this.drops;
        }
        this.#next = arrival;
        this.#wake();
    }

    /**
     * Shows what another feed of the same stream showed, until something newer comes.
     * @param {Shown | null} shown
     */
    adopt(shown) {
        if (shown) {
            this.shown = shown;
            this.#anew = true;
            this.#wake();
        }
    }

    /**
     * @param {number} width of the canvas, in device pixels
     * @param {number} height
     */
    resize(width, height) {
        this.#screen.resize(width, height);
        if (this.#reduced && !this.#closed) {
            this.#anew = true;
            this.#wake();
        }
    }

    /** Nothing is shown any more; what is in work is acknowledged nevertheless. */
    close() {
        this.#closed = true;
        this.#next = null;
        this.#anew = false;
        this.#screen.clear();
    }

    /**
     * Numbers go their own way. They stand in for a picture only where there is none.
     * @param {Arrival} arrival
     */
    #isNumbers({ header, payload, heard }) {
        if (!this.#listener.numbers || !isText(header.type) || typeof header.error === 'string') {
            return false;
        }
        const found = numbersIn(payload);
        if (!found) {
            return false;
        }
        this.#listener.numbers(found, { header, heard });
        return this.shown?.kind === 'picture' || (this.#next !== null && isPicture(this.#next.header.type));
    }

    #wake() {
        if (!this.#busy) {
            void this.#work();
        }
    }

    async #work() {
        this.#busy = true;
        for (;;) {
            const arrival = this.#next;
            const shown = this.shown;
            this.#next = null;
            try {
                if (arrival) {
                    await this.#show(arrival);
                } else if (this.#anew && shown) {
                    this.#anew = false;
                    await this.#draw(shown);
                } else {
                    break;
                }
            } catch {
                ++this.bad;
            }
            this.#acknowledge();
        }
        this.#busy = false;
    }

    /** @param {Arrival} arrival */
    async #show({ header, payload, heard }) {
        this.#anew = false;
        const before = this.shown?.kind;
        const kind = isPicture(header.type) ? 'picture' : isText(header.type) ? 'text' : 'other';
        const blob = new Blob([payload], { type: header.type });
        const shown = { header, blob, kind: /** @type {Kind} */ (kind), width: 0, height: 0, heard, at: 0 };
        if (!(await this.#draw(shown))) {
            return;
        }
        this.shown = shown;
        shown.at = now();
        this.meter.count(shown.at, payload.length);
        if (kind !== before) {
            this.#listener.changed();
        }
    }

    /**
     * @param {Shown} shown whose size becomes known
     * @returns {Promise<boolean>} it stands there; false: meanwhile it is no longer wanted
     */
    async #draw(shown) {
        const { header, blob, kind } = shown;
        if (kind !== 'picture') {
            const words = kind === 'text' ? readable(header, new Uint8Array(await blob.arrayBuffer())) : '';
            if (this.#unwanted(shown)) {
                return false;
            }
            this.#screen.clear();
            if (kind === 'text') {
                this.#listener.text(words, typeof header.error === 'string');
            }
            return true;
        }
        const whole = await createImageBitmap(blob);
        shown.width = whole.width;
        shown.height = whole.height;
        const bitmap = await this.#fitted(whole);
        if (this.#unwanted(shown)) {
            bitmap.close();
            return false;
        }
        this.#reduced = bitmap !== whole;
        this.#screen.show(bitmap, header.type !== 'image/jpeg');
        return true;
    }

    /** @param {Shown} shown */
    #unwanted(shown) {
        return this.#closed || (this.held && shown !== this.shown);
    }

    /**
     * The many pictures of a grid would fill the memory with pixels that nobody sees.
     * @param {ImageBitmap} whole
     */
    async #fitted(whole) {
        const { width, height } = this.#screen;
        if (!this.#thrifty || width === 0 || height === 0) {
            return whole;
        }
        const { w, h, scale } = fit(whole.width, whole.height, width, height);
        if (scale >= 1) {
            return whole;
        }
        const small = await createImageBitmap(whole, { resizeWidth: w, resizeHeight: h, resizeQuality: 'high' });
        whole.close();
        return small;
    }

    #settle() {
        if (!this.#busy) {
            this.#acknowledge();
        }
    }

    /** Counts are cumulative: what waits has not been dealt with, and nothing that came after it either. */
    #acknowledge() {
        const { count, link } = this.#next ? { count: this.#next.count - 1, link: this.#next.link } : (this.#last ?? { count: 0, link: 0 });
        if (count > 0) {
            this.#listener.done(count, link);
        }
    }
}
