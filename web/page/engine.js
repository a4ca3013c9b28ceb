// Receives frames and gives each to the feed that shows its stream: one, or the tiles of a grid. Runs
// in a worker, or on the page where a canvas cannot leave it.

import { Asking } from './asking.js';
import { Batch } from './batch.js';
import { Connection } from './connection.js';
import { Feed } from './feed.js';
import { ServerClock, now } from './measure.js';
import { dropsOf, stepsOf, viewOf } from './report.js';
import { Screen } from './screen.js';
import { Slices, volumeIn } from './slices.js';
import { Tiles } from './tiles.js';
import { MOST_TILES, chooseStream, fileName, neighbour } from './words.js';
import { parseFrame } from './wire.js';

/** @typedef {import('../messages').Control} Control */
/** @typedef {import('../messages').Order} Order */
/** @typedef {import('../messages').Report} Report */
/** @typedef {import('../messages').Stream} Stream */

const REPORT_EVERY = 250;

export class Engine {
    #tell;
    #connection;
    #asking;
    #slices;
    /** The description of the server's volume, as it came; empty: there is none. */
    #described = '';
    #clock = new ServerClock();
    /** @type {Screen | null} */
    #screen = null;
    /** Of the one stream that is shown. @type {Feed | null} */
    #feed = null;
    /** Of the grid, while that is shown. */
    #tiles = new Tiles((stream, count, link) => this.#acknowledge(stream, count, link));
    #grid = false;
    /** What the grid has subscribed to. */
    #wanted = '';
    #numbers;
    #base = '';
    /** @type {Stream[]} */
    #streams = [];
    /** @type {string | null} */
    #stream = null;
    #named = false;
    #listed = false;
    #version = '';
    #responds = false;
    #trouble = '';
    #paused = false;
    #hidden = false;
    #covered = false;
    #details = false;
    /** Counts the connections: a frame in work may have come over an earlier one. */
    #link = 0;
    /** Frames of each stream that came over this connection. */
    #received = /** @type {Map<string, number>} */ (new Map());
    /** Messages that are no frame. */
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
        this.#numbers = new Batch((samples) => tell({ report: 'numbers', stream: this.#stream ?? '', samples }));
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
                this.#grid = order.grid;
                this.#connection.connect();
                setInterval(() => this.#report(), REPORT_EVERY);
                break;
            case 'size':
                this.#screen?.resize(order.width, order.height);
                break;
            case 'grid':
                this.#turn(order.on);
                break;
            case 'tile':
                this.#open(order);
                break;
            case 'tile-size':
                this.#tiles.resize(order.name, order.width, order.height);
                break;
            case 'tile-gone':
                this.#tiles.close(order.name);
                break;
            case 'stream':
                this.#choose(order.name);
                break;
            case 'step':
                this.#choose(neighbour(this.#streams, this.#stream, order.by));
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
        for (const [name, feed] of this.#feeds()) {
            feed.earlierDrops += dropsOf(this.#streams, name);
        }
        for (const stream of this.#streams) {
            stream.drops = 0;
        }
        this.#wanted = '';
        if (this.#grid) {
            this.#subscribe();
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
            this.#trouble = control.server.trouble ?? '';
            // Said once a connection, and again when it changes.
            if (control.server.describes !== undefined || !this.#listed) {
                this.#describe(control.server.describes);
            }
        }
        if (Array.isArray(control.streams)) {
            this.#streams = control.streams;
            if (this.#stream === null) {
                this.#stream = chooseStream(this.#streams);
                if (this.#listed && !this.#grid) {
                    // The server chose for us when we came, and then there was nothing to choose from.
                    this.#subscribe();
                }
            }
            if (this.#grid) {
                this.#subscribe(); // there may be too many now
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

    /** @returns {[string, Feed][]} those that show something, by their streams */
    #feeds() {
        return this.#grid ? this.#tiles.feeds : this.#feed && this.#stream !== null ? [[this.#stream, this.#feed]] : [];
    }

    /** @param {string | null} name null: there is nothing to choose */
    #choose(name) {
        if (name === null || (name === this.#stream && !this.#grid)) {
            return;
        }
        const known = this.#tiles.feed(name)?.shown ?? null;
        this.#stream = name;
        this.#named = true;
        this.#grid = false;
        this.#begin();
        this.#tiles.clear();
        this.#feed = this.#newFeed(name);
        this.#feed?.adopt(known); // the server has sent that already
        this.#subscribe();
        this.#report();
    }

    /** @param {boolean} on the grid is what is shown; otherwise the stream that was */
    #turn(on) {
        if (on === this.#grid) {
            return;
        }
        const stream = this.#stream ?? chooseStream(this.#streams);
        if (!on && stream !== null) {
            this.#choose(stream);
            return;
        }
        this.#grid = on;
        this.#begin();
        this.#subscribe();
        this.#report();
    }

    /** Something else is shown from now on. */
    #begin() {
        this.#numbers.clear();
        if (!this.#grid) {
            this.#feed?.close();
            this.#feed = null;
        }
        this.#bad = 0;
        if (this.#paused) {
            this.#paused = false; // a still picture of another stream is nothing to hold on to
            this.#rest();
        }
    }

    /** @param {string} name */
    #newFeed(name) {
        if (!this.#screen) {
            return null;
        }
        const feed = new Feed(this.#screen, false, {
            done: (count, link) => this.#acknowledge(name, count, link),
            changed: () => this.#report(),
            text: (text, error) => this.#tell({ report: 'text', text, error }),
            numbers: (found, frame) => this.#numbers.put(found, this.#clock.taken(frame)),
        });
        feed.held = this.#paused;
        return feed;
    }

    /** @param {{name: string, canvas: HTMLCanvasElement | OffscreenCanvas, width: number, height: number}} tile */
    #open({ name, canvas, width, height }) {
        if (!this.#grid) {
            return; // it was on its way when the grid was left
        }
        const feed = this.#tiles.open(name, canvas, width, height);
        if (name === this.#stream && this.#feed) {
            feed.adopt(this.#feed.shown);
            this.#feed.close();
            this.#feed = null;
        }
        feed.held = this.#paused;
    }

    #subscribe() {
        if (!this.#grid) {
            this.#wanted = '';
            if (this.#stream !== null) {
                this.#connection.send({ subscribe: [this.#stream] });
            }
            return;
        }
        const names = this.#streams.map(({ name }) => name);
        const subscribe = names.length <= MOST_TILES ? '*' : names.slice(0, MOST_TILES);
        const wanted = JSON.stringify(subscribe);
        if (wanted !== this.#wanted && this.#connection.send({ subscribe })) {
            this.#wanted = wanted;
        }
    }

    /** The server need not send what nobody sees. */
    #rest() {
        this.#connection.send({ pause: this.#paused || this.#hidden || this.#covered });
        for (const [, feed] of this.#feeds()) {
            feed.held = this.#paused;
            feed.meter.clear();
        }
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
        const count = (this.#received.get(stream) ?? 0) + 1;
        this.#received.set(stream, count);
        const arrival = { ...frame, count, link: this.#link, heard };
        if (this.#grid) {
            this.#tiles.arrive(stream, arrival);
        } else if (this.#feedOf(stream)) {
            this.#feed?.arrive(arrival);
        } else {
            this.#acknowledge(stream, count, this.#link);
        }
    }

    /**
     * @param {string} stream
     * @returns {Feed | null} null: it is not the one that is shown
     */
    #feedOf(stream) {
        this.#stream ??= stream;
        return stream === this.#stream ? (this.#feed ??= this.#newFeed(stream)) : null;
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
        const shown = this.#grid ? null : this.#feed?.shown;
        if (shown) {
            const { header, blob, at } = shown;
            const taken = typeof header.time_us === 'number' ? header.time_us / 1000 : at;
            this.#tell({ report: 'saved', blob, name: fileName(header.stream ?? '', header.type, new Date(taken)) });
        }
    }

    #report() {
        const feeds = this.#feeds();
        this.#tell({
            report: 'view',
            view: viewOf({
                connection: this.#connection,
                clock: this.#clock,
                version: this.#version,
                responds: this.#responds,
                trouble: this.#trouble,
                asking: this.#asking.waiting,
                streams: this.#streams,
                stream: this.#stream,
                named: this.#named,
                paused: this.#paused,
                feeds,
                tiles: this.#grid ? this.#tiles.tell((shown) => this.#clock.taken(shown)) : null,
                bad: this.#bad,
            }),
        });
        const feed = this.#grid ? null : feeds[0]?.[1];
        if (this.#details && feed?.shown) {
            const { header } = feed.shown;
            this.#tell({ report: 'details', header, steps: stepsOf(feed.shown, this.#clock), rate: feed.meter.rates(now()).bytes });
        }
    }
}
