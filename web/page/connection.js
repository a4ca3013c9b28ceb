// A WebSocket to the server that comes back by itself: after a growing, uneven pause, or at once when
// somebody looks. It also finds out that a link is dead though nobody closed it.

import { now } from './measure.js';

/** @typedef {import('../messages').Control} Control */
/** @typedef {import('../messages').Link} Link */

/**
 * @typedef {object} Listener
 * @property {() => string} address where to connect to now
 * @property {() => void} opened
 * @property {(message: ArrayBuffer) => void} frame
 * @property {(control: Control) => void} control
 * @property {() => void} changed the link's state is another one
 */

const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 8000;
const STEADY = 3000; // a link that held for this long begins anew with the shortest pause
const HANDSHAKE_LIMIT = 10000;
const PING_EVERY = 2000;
const SILENCE_LIMIT = 30000; // a large picture on a slow link is a long silence
const DOUBT = 3000; // once somebody looks, a silence of two missed status messages is worth a test,
const TEST_LIMIT = 1500; // which a living link passes in this time

/**
 * How long to wait before an attempt: doubling, at most eight seconds, and less by up to a half so
 * that a server's viewers do not all come back in the same instant.
 * @param {number} failures so far in a row
 * @param {number} random 0 to 1
 */
export function pauseAfter(failures, random) {
    return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(failures, 10)) * (1 - random / 2);
}

export class Connection {
    /** @type {Link} */
    state = 'connecting';
    /** It was open before. */
    again = false;
    /** What the server said when it refused us. */
    refusal = '';
    #listener;
    #Socket;
    /** @type {WebSocket | null} */
    #socket = null;
    #failures = 0;
    #openedAt = 0;
    #heardAt = 0;
    #retryAt = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #timer;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    #pinger;

    /**
     * @param {Listener} listener
     * @param {typeof WebSocket} [Socket] another one in tests
     */
    constructor(listener, Socket = WebSocket) {
        this.#listener = listener;
        this.#Socket = Socket;
    }

    get retryIn() {
        return this.state === 'lost' ? Math.max(0, this.#retryAt - now()) : 0;
    }

    get silent() {
        return this.state === 'open' ? now() - this.#heardAt : 0;
    }

    connect() {
        this.#drop();
        this.#turn('connecting');
        let socket;
        try {
            socket = new this.#Socket(this.#listener.address(), 'framepipe.v1');
        } catch {
            this.#fail();
            return;
        }
        this.#socket = socket;
        socket.binaryType = 'arraybuffer';
        socket.onopen = () => this.#open();
        socket.onclose = () => this.#fail();
        socket.onmessage = (event) => this.#hear(event.data);
        this.#timer = setTimeout(() => this.#fail(), HANDSHAKE_LIMIT);
    }

    /** Somebody looks, or the network is back: try now what would be tried later. */
    wake() {
        if (this.state === 'lost') {
            this.connect();
        } else if (this.state === 'open' && this.silent > DOUBT) {
            this.ping();
            clearTimeout(this.#timer);
            this.#timer = setTimeout(() => this.silent > DOUBT && this.#fail(), TEST_LIMIT);
        }
    }

    close() {
        this.#drop();
        this.#turn('lost');
    }

    ping() {
        this.send({ ping: now() });
    }

    /**
     * @param {object} control
     * @returns {boolean} it went out
     */
    send(control) {
        if (!this.#socket || this.state !== 'open') {
            return false;
        }
        this.#socket.send(JSON.stringify(control));
        return true;
    }

    #open() {
        clearTimeout(this.#timer);
        this.#openedAt = this.#heardAt = now();
        this.refusal = '';
        this.#turn('open');
        this.again = true;
        this.#listener.opened();
        this.ping();
        this.#pinger = setInterval(() => {
            if (this.silent > SILENCE_LIMIT) {
                this.#fail();
            } else {
                this.ping();
            }
        }, PING_EVERY);
    }

    /** @param {ArrayBuffer | string} data */
    #hear(data) {
        this.#heardAt = now();
        if (typeof data !== 'string') {
            this.#listener.frame(data);
            return;
        }
        let control;
        try {
            control = JSON.parse(data);
        } catch {
            return; // not ours to judge: a later server may say more
        }
        if (control !== null && typeof control === 'object') {
            this.#listener.control(control);
        }
    }

    #fail() {
        const held = this.state === 'open' ? now() - this.#openedAt : 0;
        const refused = this.state === 'connecting' && !this.again;
        this.#drop();
        this.#failures = held > STEADY ? 0 : this.#failures + 1;
        const pause = pauseAfter(Math.max(0, this.#failures - 1), Math.random());
        this.#retryAt = now() + pause;
        this.#timer = setTimeout(() => this.connect(), pause);
        this.#turn('lost');
        if (refused) {
            void this.#ask();
        }
    }

    /** A browser does not tell why a WebSocket was refused; the same server's plain answer does. */
    async #ask() {
        try {
            const url = new URL(this.#listener.address().replace(/^ws/, 'http'));
            url.pathname = url.pathname.replace(/ws$/, 'streams');
            const answer = await fetch(url, { cache: 'no-store', signal: AbortSignal.timeout(5000) });
            this.refusal = answer.ok ? '' : (await answer.text()).trim().slice(0, 300);
        } catch {
            this.refusal = '';
        }
        this.#listener.changed();
    }

    #drop() {
        clearTimeout(this.#timer);
        clearInterval(this.#pinger);
        if (this.#socket) {
            // A dead link takes its time to close: nothing more is heard of it.
            this.#socket.onopen = this.#socket.onclose = this.#socket.onmessage = null;
            this.#socket.close();
            this.#socket = null;
        }
    }

    /** @param {Link} state */
    #turn(state) {
        this.state = state;
        this.#listener.changed();
    }
}
