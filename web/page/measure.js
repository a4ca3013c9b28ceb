// Times and rates. All times are milliseconds since the epoch on this machine's clock, with fractions.

/** @returns {number} now, from a clock that does not jump while the page is open */
export function now() {
    return performance.timeOrigin + performance.now();
}

/**
 * How far the server's clock is ahead of ours. A ping's answer was written about half way between
 * the two times we know; of the last few, the quickest round trip knows best.
 */
export class ServerClock {
    #samples = /** @type {{trip: number, ahead: number}[]} */ ([]);
    /** From a message that was no answer: too small by the way it took. */
    #guess = 0;

    /**
     * @param {number} sent when the ping left
     * @param {number} heard when its answer came
     * @param {number} time_us the server's time in it
     */
    answered(sent, heard, time_us) {
        this.#samples.push({ trip: heard - sent, ahead: time_us / 1000 - (sent + heard) / 2 });
        if (this.#samples.length > 8) {
            this.#samples.shift();
        }
    }

    /**
     * A first idea, from any message with the server's time, until a ping is answered.
     * @param {number} heard
     * @param {number} time_us
     */
    heard(heard, time_us) {
        this.#guess = time_us / 1000 - heard;
    }

    /** A new connection may be to another machine. */
    forget() {
        this.#samples = [];
    }

    /**
     * A time of the server's clock on ours.
     * @param {number} time_us
     */
    local(time_us) {
        const best = this.#samples.reduce((a, b) => (b.trip < a.trip ? b : a), { trip: Infinity, ahead: this.#guess });
        return time_us / 1000 - best.ahead;
    }

    /**
     * When a frame was taken, on our clock; one that does not say it, when it came.
     * @param {{header: import('../messages').Header, heard: number}} frame
     */
    taken({ header, heard }) {
        return typeof header.time_us === 'number' ? this.local(header.time_us) : heard;
    }
}

const WINDOW = 2000;

/** Events and bytes a second, over the last two seconds or, of rarer events, the last two. */
export class Meter {
    #events = /** @type {{at: number, bytes: number}[]} */ ([]);

    /**
     * @param {number} at
     * @param {number} bytes
     */
    count(at, bytes) {
        this.#events.push({ at, bytes });
        this.#trim(at);
    }

    clear() {
        this.#events = [];
    }

    /**
     * @param {number} at
     * @returns {{fps: number, bytes: number}} 0 when nothing came for longer than its own pace explains
     */
    rates(at) {
        this.#trim(at);
        const first = this.#events[0];
        const last = this.#events.at(-1);
        if (!first || !last || last.at <= first.at) {
            return { fps: 0, bytes: 0 };
        }
        const pace = (last.at - first.at) / (this.#events.length - 1);
        if (at - last.at > 2 * pace + 1000) {
            return { fps: 0, bytes: 0 };
        }
        const bytes = this.#events.reduce((sum, event) => sum + event.bytes, 0) - first.bytes;
        return { fps: 1000 / pace, bytes: (bytes * 1000) / (last.at - first.at) };
    }

    /** @param {number} at */
    #trim(at) {
        let old = 0;
        while (this.#events.length - old > 2 && (this.#events[old]?.at ?? at) < at - WINDOW) {
            ++old;
        }
        this.#events.splice(0, old);
    }
}
