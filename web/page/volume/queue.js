// Which slice to ask for next. One request is under way at most, and what follows it is the newest
// wish, so that a slider never drags a tail of old slices behind it and always ends on the right one.
// While wishes change, small quick pictures; once they rest, the slice with every bit.

/** @typedef {import('../../messages').As} As */
/** @typedef {[number, number]} Size width and height in pixels */

/**
 * @typedef {object} Wish
 * @property {object} request what the server's pipeline is asked, but the size
 * @property {Size} room for the picture on the screen, in device pixels
 * @property {Size} full of the picture as it would come
 */

/**
 * @typedef {object} Question
 * @property {number} id
 * @property {string} key whose wish it is
 * @property {string} text
 * @property {As} as
 */

export const REST_AFTER = 150; // milliseconds without another wish
const SLOW = 80; // milliseconds that an answer takes, from which on pictures get smaller,
const QUICK = 35; // and until which they get larger again
const SMALLEST = 1 / 4;

/**
 * The size to ask for while things move.
 * @param {Size} full
 * @param {Size} room
 * @param {number} share of the room, 0 to 1
 * @returns {Size | null} null: the picture is not larger than that anyway
 */
export function draftSize(full, room, share) {
    const size = /** @type {Size} */ (room.map((length) => Math.max(16, Math.round(length * share))));
    return full[0] > size[0] || full[1] > size[1] ? size : null;
}

export class SliceQueue {
    #ask;
    #later;
    #count = 0;
    #open = false;
    #share = 1;
    #moving = false;
    #held = false;
    /** @type {unknown} */
    #timer;
    /** @type {Question | null} */
    #underWay = null;
    /**
     * In the order in which they were asked for last: the first has waited longest.
     * `stage` is what was asked of it: nothing yet, a draft, or all.
     */
    #wishes = /** @type {Map<string, Wish & {words: string, stage: 'new' | 'draft' | 'full'}>} */ (new Map());

    /**
     * @param {(question: Question) => void} ask
     * @param {{set: (action: () => void, ms: number) => unknown, clear: (timer: any) => void}} [later] another clock in tests
     */
    constructor(ask, later = { set: (action, ms) => setTimeout(action, ms), clear: (timer) => clearTimeout(timer) }) {
        this.#ask = ask;
        this.#later = later;
    }

    /** Every wish is fulfilled, as far as it can be while they change. */
    get idle() {
        return this.#underWay === null && [...this.#wishes.values()].every(({ stage }) => stage !== 'new');
    }

    /**
     * These are wanted now, by the name of whoever wants; what was wanted before is not, unless it is here again.
     * @param {Map<string, Wish>} wishes
     */
    want(wishes) {
        let changed = false;
        for (const key of this.#wishes.keys()) {
            if (!wishes.has(key)) {
                this.#wishes.delete(key);
            }
        }
        for (const [key, wish] of wishes) {
            const words = JSON.stringify(wish.request);
            const old = this.#wishes.get(key);
            if (old?.words === words) {
                Object.assign(old, wish);
            } else {
                this.#wishes.set(key, { ...wish, words, stage: 'new' });
                changed = true;
            }
        }
        if (changed) {
            this.#moving = true;
            this.#startRest();
            this.#next();
        }
    }

    /**
     * While it is held there is no rest: the next wish is sure to come.
     * @param {boolean} on
     */
    hold(on) {
        this.#held = on;
        this.#startRest();
    }

    /**
     * The answer to a question is there, or it is known that none will come.
     * @param {number} id
     * @param {number} took in milliseconds; 0: there is no answer
     * @returns {string | null} whose it is; null: nobody waits for it any more
     */
    answered(id, took) {
        if (this.#underWay?.id !== id) {
            return null;
        }
        const { key, as } = this.#underWay;
        this.#underWay = null;
        if (as === 'image' && took > SLOW) {
            this.#share = Math.max(SMALLEST, this.#share / 2);
        } else if (as === 'image' && took > 0 && took < QUICK) {
            this.#share = Math.min(1, this.#share * 2);
        }
        this.#next();
        return this.#wishes.has(key) ? key : null;
    }

    /** @param {boolean} open there is a connection; a new one knows nothing of what was asked before */
    link(open) {
        if (open === this.#open) {
            return;
        }
        this.#open = open;
        this.#underWay = null;
        for (const wish of this.#wishes.values()) {
            wish.stage = 'new';
        }
        this.#next();
    }

    /** Nothing is wanted, and nothing comes any more. */
    close() {
        this.#wishes.clear();
        this.#underWay = null;
        this.#later.clear(this.#timer);
    }

    #startRest() {
        this.#later.clear(this.#timer);
        if (this.#moving && !this.#held) {
            this.#timer = this.#later.set(() => {
                this.#moving = false;
                this.#next();
            }, REST_AFTER);
        }
    }

    #next() {
        if (this.#underWay || !this.#open) {
            return;
        }
        const all = [...this.#wishes];
        const [key, wish] = all.find(([, { stage }]) => stage === 'new') ?? (this.#moving ? [] : all.find(([, { stage }]) => stage === 'draft')) ?? [];
        if (!key || !wish) {
            return;
        }
        const size = this.#moving ? draftSize(wish.full, wish.room, this.#share) : null;
        wish.stage = this.#moving ? 'draft' : 'full';
        // To the end: the others have waited longer now.
        this.#wishes.delete(key);
        this.#wishes.set(key, wish);
        this.#underWay = {
            id: ++this.#count,
            key,
            text: JSON.stringify(size ? { ...wish.request, size } : wish.request),
            as: this.#moving ? 'image' : 'lossless',
        };
        this.#ask(this.#underWay);
    }
}
