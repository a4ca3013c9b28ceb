// Receives frames, decodes the newest one and draws it. Runs in a worker, or on the page where a
// canvas cannot leave it.

import { Asking } from './asking.js';
import { Connection } from './connection.js';
import { Meter, ServerClock, now } from './measure.js';
import { isPicture, isText, readable } from './payload.js';
import { Screen } from './screen.js';
import { Slices, volumeIn } from './slices.js';
import { chooseStream, fileName, neighbour } from './words.js';
import { parseFrame } from './wire.js';

/** @typedef {import('../messages').Control} Control */
/** @typedef {import('../messages').Header} Header */
/** @typedef {import('../messages').Kind} Kind */
/** @typedef {import('../messages').Order} Order */
/** @typedef {import('../messages').Report} Report */
/** @typedef {import('../messages').Stream} Stream */
/** @typedef {{header: Header, payload: Uint8Array<ArrayBuffer>, stream: string, count: number, link: number, heard: number}} Arrival */

const REPORT_EVERY = 250;

export class Engine {
    #tell;
    #connection;
    #asking;
    #slices;
    /** The description of the server's volume, as it came; empty: there is none. */
    #described = '';
    #clock = new ServerClock();
    #meter = new Meter();
    /** @type {Screen | null} */
    #screen = null;
    #base = '';
    /** @type {Stream[]} */
    #streams = [];
    /** @type {string | null} */
    #stream = null;
    #named = false;
    #listed = false;
    #version = '';
    #responds = false;
    #paused = false;
    #hidden = false;
    #covered = false;
    #details = false;
    /** Counts the connections: a frame in work may have come over an earlier one. */
    #link = 0;
    /** Frames of each stream that came over this connection. */
    #received = /** @type {Map<string, number>} */ (new Map());
    /** @type {Arrival | null} */
    #next = null;
    #busy = false;
    /** @type {{header: Header, blob: Blob, kind: Kind, width: number, height: number, heard: number, at: number} | null} */
    #shown = null;
    #ownDrops = 0;
    #earlierDrops = 0;
    #bad = 0;

    /** @param {(report: Report, transfer?: Transferable[]) => void} tell what is in `transfer` is the page's from then on */
    constructor(tell) {
        this.#tell = tell;
        this.#connection = new Connection({
            address: () => this.#address(),
            opened: () => this.#opened(),
            frame: (message) => this.#arrive(message),
            control: (control) => this.#control(control),
            changed: () => this.#changed(),
        });
        this.#asking = new Asking(
            (control) => this.#connection.send(control),
            (answer) => tell({ report: 'answer', answer }),
        );
        this.#slices = new Slices(
            (control) => this.#connection.send(control),
            (slice) => tell({ report: 'slice', slice }, slice.bitmap ? [slice.bitmap] : []),
        );
    }

    /** @param {Order} order */
    obey(order) {
        switch (order.order) {
            case 'start':
                this.#screen = new Screen(order.canvas, order.width, order.height);
                this.#base = order.url;
                this.#stream = order.stream;
                this.#named = order.stream !== null;
                this.#connection.connect();
                setInterval(() => this.#report(), REPORT_EVERY);
                break;
            case 'size':
                this.#screen?.resize(order.width, order.height);
                break;
            case 'stream':
                this.#choose(order.name);
                break;
            case 'step':
                this.#choose(neighbour(this.#streams, this.#stream, order.by));
                break;
            case 'place':
                this.#choose(this.#streams[order.place]?.name ?? null);
                break;
            case 'pause':
                this.#paused = !this.#paused;
                this.#rest();
                break;
            case 'hide':
                if (this.#hidden !== order.on) {
                    this.#hidden = order.on;
                    this.#rest();
                }
                break;
            case 'details':
                this.#details = order.on;
                this.#report();
                break;
            case 'save':
                this.#save();
                break;
            case 'ask':
                this.#asking.ask(order.text);
                this.#report();
                break;
            case 'slice':
                this.#slices.ask(order.id, order.text, order.as);
                break;
            case 'cover':
                if (this.#covered !== order.on) {
                    this.#covered = order.on;
                    this.#rest();
                }
                break;
            case 'wake':
                this.#connection.wake();
                break;
        }
    }

    #address() {
        const url = new URL(this.#base);
        if (this.#stream !== null) {
            url.searchParams.set('stream', this.#stream);
        }
        return url.href;
    }

    #changed() {
        if (this.#connection.state !== 'open') {
            this.#asking.lost();
            this.#slices.lost();
        }
        this.#report();
    }

    #opened() {
        ++this.#link;
        this.#received.clear();
        this.#clock.forget();
        this.#listed = false;
        this.#earlierDrops += this.#current()?.drops ?? 0;
        for (const stream of this.#streams) {
            stream.drops = 0;
        }
        if (this.#paused || this.#hidden || this.#covered) {
            this.#connection.send({ pause: true });
        }
    }

    /** @param {Control} control */
    #control(control) {
        if (typeof control.pong === 'number' && typeof control.time_us === 'number') {
            this.#clock.answered(control.pong, now(), control.time_us);
        } else if (typeof control.time_us === 'number') {
            this.#clock.heard(now(), control.time_us);
        }
        if (typeof control.server?.version === 'string') {
            this.#version = control.server.version;
            this.#responds = control.server.responds === true;
            // Said once a connection, and again when it changes.
            if (control.server.describes !== undefined || !this.#listed) {
                this.#describe(control.server.describes);
            }
        }
        if (Array.isArray(control.streams)) {
            this.#streams = control.streams;
            if (this.#stream === null) {
                this.#stream = chooseStream(this.#streams);
                if (this.#stream !== null && this.#listed) {
                    // The server chose for us when we came, and then there was nothing to choose from.
                    this.#connection.send({ subscribe: [this.#stream] });
                }
            }
            this.#listed = true;
            this.#report();
        }
        if (typeof control.error === 'string') {
            this.#tell({ report: 'notice', text: control.error });
        }
    }

    /** @param {unknown} description of what the server answers with */
    #describe(description) {
        const volume = volumeIn(description);
        const described = volume ? JSON.stringify(volume) : '';
        if (described !== this.#described) {
            this.#described = described;
            this.#tell({ report: 'volume', volume });
        }
    }

    #current() {
        return this.#streams.find((stream) => stream.name === this.#stream);
    }

    /** @param {string | null} name null: there is nothing to choose */
    #choose(name) {
        if (name === null || name === this.#stream) {
            return;
        }
        this.#stream = name;
        this.#named = true;
        this.#connection.send({ subscribe: [name] });
        this.#shown = null;
        this.#screen?.clear();
        this.#meter.clear();
        this.#ownDrops = this.#earlierDrops = this.#bad = 0;
        if (this.#paused) {
            this.#paused = false; // a still picture of another stream is nothing to hold on to
            this.#rest();
        }
        this.#report();
    }

    /** The server need not send what nobody sees. */
    #rest() {
        this.#connection.send({ pause: this.#paused || this.#hidden || this.#covered });
        this.#meter.clear();
        this.#report();
    }

    /** @param {ArrayBuffer} message */
    #arrive(message) {
        const heard = now();
        let frame;
        try {
            frame = parseFrame(message);
        } catch {
            ++this.#bad;
            return;
        }
        if (this.#asking.take(frame.header, frame.payload, heard) || this.#slices.take(frame.header, frame.payload, heard)) {
            this.#report();
            return;
        }
        const stream = frame.header.stream ?? '';
        this.#stream ??= stream;
        const count = (this.#received.get(stream) ?? 0) + 1;
        this.#received.set(stream, count);
        if (stream !== this.#stream || this.#paused || frame.header.end === true) {
            this.#acknowledge(stream, count, this.#link);
            return;
        }
        if (this.#next) {
            ++this.#ownDrops;
        }
        this.#next = { ...frame, stream, count, link: this.#link, heard };
        if (!this.#busy) {
            void this.#work();
        }
    }

    /** One picture is in work, the newest other one waits. */
    async #work() {
        this.#busy = true;
        while (this.#next) {
            const arrival = this.#next;
            this.#next = null;
            try {
                await this.#show(arrival);
            } catch {
                ++this.#bad;
            }
            this.#acknowledge(arrival.stream, arrival.count, arrival.link);
        }
        this.#busy = false;
    }

    /** @param {Arrival} arrival */
    async #show({ header, payload, stream, heard }) {
        const blob = new Blob([payload], { type: header.type });
        const bitmap = isPicture(header.type) ? await createImageBitmap(blob) : null;
        if (stream !== this.#stream || this.#paused) {
            bitmap?.close();
            return;
        }
        const before = this.#shown?.kind;
        const kind = bitmap ? 'picture' : isText(header.type) ? 'text' : 'other';
        this.#shown = { header, blob, kind, width: bitmap?.width ?? 0, height: bitmap?.height ?? 0, heard, at: 0 };
        if (bitmap) {
            this.#screen?.show(bitmap, header.type !== 'image/jpeg');
        } else {
            this.#screen?.clear();
        }
        if (kind === 'text') {
            this.#tell({ report: 'text', text: readable(header, payload), error: typeof header.error === 'string' });
        }
        this.#shown.at = now();
        this.#meter.count(this.#shown.at, payload.length);
        if (kind !== before) {
            this.#report();
        }
    }

    /**
     * @param {string} stream
     * @param {number} count
     * @param {number} link
     */
    #acknowledge(stream, count, link) {
        if (link === this.#link) {
            this.#connection.send(stream === '' ? { ack: count } : { ack: count, stream });
        }
    }

    #save() {
        if (this.#shown) {
            const { header, blob, at } = this.#shown;
            const taken = typeof header.time_us === 'number' ? header.time_us / 1000 : at;
            this.#tell({ report: 'saved', blob, name: fileName(header.stream ?? '', header.type, new Date(taken)) });
        }
    }

    #report() {
        const time = now();
        const { fps, bytes } = this.#meter.rates(time);
        const shown = this.#shown;
        const taken = shown ? this.#taken(shown) : 0;
        const coming = fps > 0 && shown && time - shown.at < 1000;
        this.#tell({
            report: 'view',
            view: {
                link: this.#connection.state,
                again: this.#connection.again,
                retryIn: this.#connection.retryIn,
                refusal: this.#connection.refusal,
                silent: this.#connection.silent,
                version: this.#version,
                responds: this.#responds,
                asking: this.#asking.waiting,
                streams: this.#streams,
                stream: this.#stream,
                named: this.#named,
                paused: this.#paused,
                kind: shown?.kind ?? 'none',
                type: shown?.header.type ?? '',
                width: shown?.width ?? 0,
                height: shown?.height ?? 0,
                bytes: shown?.blob.size ?? 0,
                fps,
                age: shown ? Math.max(0, (coming ? shown.at : time) - taken) : -1,
                drops: this.#earlierDrops + (this.#current()?.drops ?? 0) + this.#ownDrops,
                bad: this.#bad,
            },
        });
        if (this.#details && shown) {
            this.#tell({ report: 'details', header: shown.header, steps: this.#steps(shown), rate: bytes });
        }
    }

    /** @param {{header: Header, heard: number}} shown */
    #taken({ header, heard }) {
        return typeof header.time_us === 'number' ? this.#clock.local(header.time_us) : heard;
    }

    /** @param {{header: Header, heard: number, at: number}} shown */
    #steps({ header, heard, at }) {
        const taken = this.#taken({ header, heard });
        const stages = Object.entries(header.stages ?? {}).filter(([, time]) => typeof time === 'number');
        return [
            ...stages.map(([name, time]) => ({ name, at: this.#clock.local(time) - taken })).sort((a, b) => a.at - b.at),
            { name: 'received', at: heard - taken },
            { name: 'shown', at: at - taken },
        ];
    }
}
