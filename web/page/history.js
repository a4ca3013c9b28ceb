// The numbers that a chart shows: of a list its newest values, of a single number the last minute.

/** @typedef {import('../messages').Sample} Sample */
/** @typedef {{key: string, values: number[], at: number}} List the newest one of its key */
/** @typedef {{key: string, points: {at: number, value: number}[]}} Trace a number over time, oldest first */

export const WINDOW = 60000;
const MOST_KEYS = 16; // more lines nobody can tell apart
const MOST_POINTS = 6000;

export class History {
    #lists = /** @type {Map<string, List>} */ (new Map());
    #traces = /** @type {Map<string, Trace>} */ (new Map());
    /** When the newest was taken, in milliseconds. */
    newest = -Infinity;

    get lists() {
        return [...this.#lists.values()];
    }

    get traces() {
        return [...this.#traces.values()];
    }

    get empty() {
        return this.#lists.size === 0 && this.#traces.size === 0;
    }

    clear() {
        this.#lists.clear();
        this.#traces.clear();
        this.newest = -Infinity;
    }

    /** @param {Sample[]} samples */
    put(samples) {
        for (const { key, at, value } of samples) {
            if (at < this.newest - WINDOW) {
                this.clear(); // the clock was set back, or a recording begins again
            }
            this.newest = Math.max(this.newest, at);
            if (Array.isArray(value)) {
                this.#traces.delete(key);
                this.#lists.set(key, { key, values: value, at });
            } else {
                this.#lists.delete(key);
                const trace = this.#traces.get(key) ?? { key, points: [] };
                trace.points.push({ at, value });
                this.#traces.set(key, trace);
            }
        }
        this.#trim();
    }

    /** What is older than the window goes, and beyond the bounds the longest silent. */
    #trim() {
        const start = this.newest - WINDOW;
        for (const [key, { points }] of this.#traces) {
            const first = points.findIndex(({ at }) => at >= start);
            if (first < 0) {
                this.#traces.delete(key);
            } else {
                points.splice(0, Math.max(first, points.length - MOST_POINTS));
            }
        }
        for (const [key, { at }] of this.#lists) {
            if (at < start) {
                this.#lists.delete(key);
            }
        }
        while (this.#lists.size + this.#traces.size > MOST_KEYS) {
            const all = [...this.lists, ...this.traces.map(({ key, points }) => ({ key, at: points.at(-1)?.at ?? 0 }))];
            const { key } = all.reduce((a, b) => (b.at < a.at ? b : a));
            this.#lists.delete(key);
            this.#traces.delete(key);
        }
    }
}
