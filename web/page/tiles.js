// The streams of a grid, each with a feed and a canvas of its own.

import { now } from './measure.js';
import { Feed } from './feed.js';
import { Screen } from './screen.js';

/** @typedef {import('../messages').Header} Header */
/** @typedef {import('../messages').Tile} Tile */
/** @typedef {import('./feed.js').Arrival} Arrival */
/** @typedef {import('./feed.js').Shown} Shown */

const WORDS = 600; // of a text, as many as a tile can show

export class Tiles {
    #feeds = /** @type {Map<string, Feed>} */ (new Map());
    #words = /** @type {Map<string, string>} */ (new Map());
    /** The newest frame of each stream whose canvas is still on its way here. */
    #early = /** @type {Map<string, Arrival>} */ (new Map());
    #done;

    /** @param {(stream: string, count: number, link: number) => void} done with these frames */
    constructor(done) {
        this.#done = done;
    }

    /** @returns {[string, Feed][]} */
    get feeds() {
        return [...this.#feeds];
    }

    /**
     * @param {string} name of the stream
     * @param {HTMLCanvasElement | OffscreenCanvas} canvas
     * @param {number} width in device pixels
     * @param {number} height
     * @returns {Feed}
     */
    open(name, canvas, width, height) {
        const early = this.#early.get(name);
        this.#early.delete(name);
        this.close(name);
        const feed = new Feed(new Screen(canvas, width, height), true, {
            done: (count, link) => this.#done(name, count, link),
            changed: () => {},
            text: (words) => this.#words.set(name, words.slice(0, WORDS)),
            // Numbers are drawn where a stream is alone; here they only must not take a picture's place.
            numbers: () => {},
        });
        this.#feeds.set(name, feed);
        if (early) {
            feed.arrive(early);
        }
        return feed;
    }

    /**
     * @param {string} name of the stream
     * @param {Arrival} arrival
     */
    arrive(name, arrival) {
        const feed = this.#feeds.get(name);
        if (feed) {
            feed.arrive(arrival);
        } else {
            this.#early.set(name, arrival); // not acknowledged: the server waits with more
        }
    }

    /**
     * @param {string} name
     * @param {number} width
     * @param {number} height
     */
    resize(name, width, height) {
        this.#feeds.get(name)?.resize(width, height);
    }

    /** @param {string} name */
    close(name) {
        const feed = this.#feeds.get(name);
        feed?.close();
        feed?.resize(0, 0); // its pixels need not wait for the garbage collector
        this.#feeds.delete(name);
        this.#words.delete(name);
        const early = this.#early.get(name);
        this.#early.delete(name);
        if (early) {
            this.#done(name, early.count, early.link);
        }
    }

    clear() {
        for (const name of [...this.#feeds.keys(), ...this.#early.keys()]) {
            this.close(name);
        }
    }

    /** @param {string} name */
    feed(name) {
        return this.#feeds.get(name);
    }

    /**
     * @param {(shown: Shown) => number} taken when a picture was taken
     * @returns {Tile[]}
     */
    tell(taken) {
        const time = now();
        return this.feeds.map(([name, { meter, shown, bad }]) => {
            const fps = meter.rates(time).fps;
            const coming = fps > 0 && shown !== null && time - shown.at < 1000;
            const kind = shown?.kind ?? 'none';
            const age = shown ? Math.max(0, (coming ? shown.at : time) - taken(shown)) : -1;
            return { name, kind, width: shown?.width ?? 0, height: shown?.height ?? 0, fps, age, bad, words: kind === 'text' ? (this.#words.get(name) ?? '') : '' };
        });
    }
}
