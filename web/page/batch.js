// Gathers the numbers that come flat out, so that the page hears of them once a frame of the screen.

/** @typedef {import('../messages').Sample} Sample */
/** @typedef {import('./numbers.js').Found} Found */

const EVERY = 16;
const MOST = 4096;

export class Batch {
    #tell;
    /** Newest last. */
    #numbers = /** @type {Sample[]} */ ([]);
    /** The newest of each key. */
    #lists = /** @type {Map<string, Sample>} */ (new Map());
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #timer;

    /** @param {(samples: Sample[]) => void} tell */
    constructor(tell) {
        this.#tell = tell;
    }

    /**
     * @param {Found} found
     * @param {number} at when they were taken
     */
    put(found, at) {
        for (const [key, value] of found) {
            if (Array.isArray(value)) {
                this.#lists.set(key, { key, at, value });
            } else {
                this.#numbers.push({ key, at, value });
            }
        }
        if (this.#numbers.length > 2 * MOST) {
            this.#numbers.splice(0, MOST);
        }
        this.#timer ??= setTimeout(() => this.#flush(), EVERY);
    }

    /** They are of no use any more. */
    clear() {
        clearTimeout(this.#timer);
        this.#timer = undefined;
        this.#numbers = [];
        this.#lists.clear();
    }

    #flush() {
        const samples = [...this.#numbers, ...this.#lists.values()];
        this.clear();
        this.#tell(samples);
    }
}
